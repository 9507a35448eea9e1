package harness

import "golang.org/x/sys/unix"

// Sethostname executes sethostname(2) with the whole of name.
func (s *Subject) Sethostname(name string) error {
	_, err := s.Syscall("sethostname", unix.SYS_SETHOSTNAME, name, len(name))
	return err
}

// Setdomainname executes setdomainname(2) with the whole of name.
func (s *Subject) Setdomainname(name string) error {
	_, err := s.Syscall("setdomainname", unix.SYS_SETDOMAINNAME, name, len(name))
	return err
}

// Utsname is what uname(2) tells.
type Utsname struct {
	Sysname, Nodename, Release, Version, Machine, Domainname string
}

// Uname executes uname(2).
func (s *Subject) Uname() (Utsname, error) {
	var u unix.Utsname
	_, err := s.Syscall("uname", unix.SYS_UNAME, Struct(&u))
	return Utsname{
		Sysname: cString(u.Sysname[:]), Nodename: cString(u.Nodename[:]), Release: cString(u.Release[:]),
		Version: cString(u.Version[:]), Machine: cString(u.Machine[:]), Domainname: cString(u.Domainname[:]),
	}, err
}

// Hostname returns the hostname that uname(2) tells.
func (s *Subject) Hostname() (string, error) {
	u, err := s.Uname()
	return u.Nodename, err
}

// Domainname returns the NIS domain name that uname(2) tells.
func (s *Subject) Domainname() (string, error) {
	u, err := s.Uname()
	return u.Domainname, err
}
