package harness

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Getpid executes getpid(2).
func (s *Subject) Getpid() (int, error) {
	pid, err := s.Syscall("getpid", unix.SYS_GETPID)
	return int(pid), err
}

// Getppid executes getppid(2).
func (s *Subject) Getppid() (int, error) {
	pid, err := s.Syscall("getppid", unix.SYS_GETPPID)
	return int(pid), err
}

// Kill executes kill(2); pid is as the subject sees it.
func (s *Subject) Kill(pid int, sig unix.Signal) error {
	_, err := s.Syscall("kill", unix.SYS_KILL, pid, int(sig))
	return err
}

// Prctl executes prctl(2).
func (s *Subject) Prctl(option int, args ...any) (int, error) {
	all := append([]any{option}, args...)
	for len(all) < 5 {
		all = append(all, 0)
	}
	r, err := s.Syscall("prctl", unix.SYS_PRCTL, all...)
	return int(r), err
}

// PidfdOpen executes pidfd_open(2) (since Linux 5.3); pid is as the subject sees it.
func (s *Subject) PidfdOpen(pid int) (int, error) {
	fd, err := s.Syscall("pidfd_open", unix.SYS_PIDFD_OPEN, pid, 0)
	return int(fd), err
}

// Setrlimit executes prlimit(2) for the subject itself: soft and hard limit are both set.
func (s *Subject) Setrlimit(resource int, limit uint64) error {
	both := unix.Rlimit{Cur: limit, Max: limit}
	_, err := s.Syscall("prlimit64", unix.SYS_PRLIMIT64, 0, resource, Struct(&both), nil)
	return err
}

// Setresuid executes setresuid(2).
func (s *Subject) Setresuid(real, effective, saved int) error {
	s.takesIDs(ownIDs().uids, real, effective, saved)
	_, err := s.shedding(Call{"setresuid", unix.SYS_SETRESUID, []any{real, effective, saved}})
	return err
}

// Setresgid executes setresgid(2).
func (s *Subject) Setresgid(real, effective, saved int) error {
	s.takesIDs(ownIDs().gids, real, effective, saved)
	_, err := s.shedding(Call{"setresgid", unix.SYS_SETRESGID, []any{real, effective, saved}})
	return err
}

// Setgroups executes setgroups(2).
func (s *Subject) Setgroups(groups ...int) error {
	s.takesSetgroups()
	s.takesIDs(ownIDs().gids, groups...)
	return s.setgroups(groups...)
}

func (s *Subject) setgroups(groups ...int) error {
	var list []byte
	for _, g := range groups {
		list = binary.NativeEndian.AppendUint32(list, uint32(g))
	}
	_, err := s.Syscall("setgroups", unix.SYS_SETGROUPS, len(groups), In(list))
	return err
}

// become sets all ids and drops the supplementary groups, unless nobody in this
// process's user namespace can. It stays dumpable, so
// that this process keeps seeing its namespaces.
func (s *Subject) become(uid, gid int) error {
	if err := s.setgroups(); err != nil && !ownIDs().groupsFixed {
		return fmt.Errorf("drop supplementary groups: %w", err)
	}
	if err := s.Setresgid(gid, gid, gid); err != nil {
		return fmt.Errorf("become group %d: %w", gid, err)
	}
	if err := s.Setresuid(uid, uid, uid); err != nil {
		return fmt.Errorf("become user %d: %w", uid, err)
	}
	_, err := s.Prctl(unix.PR_SET_DUMPABLE, 1)
	return err
}

// Capabilities is a thread's capability sets, one bit a capability.
type Capabilities struct {
	Effective, Permitted, Inheritable uint64
}

// Capget executes capget(2) for the subject itself.
func (s *Subject) Capget() (Capabilities, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	_, err := s.Syscall("capget", unix.SYS_CAPGET, Struct(&header), Struct(&data))
	return Capabilities{
		Effective:   uint64(data[1].Effective)<<32 | uint64(data[0].Effective),
		Permitted:   uint64(data[1].Permitted)<<32 | uint64(data[0].Permitted),
		Inheritable: uint64(data[1].Inheritable)<<32 | uint64(data[0].Inheritable),
	}, err
}

// Capset executes capset(2) for the subject itself.
func (s *Subject) Capset(c Capabilities) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(c.Effective), Permitted: uint32(c.Permitted), Inheritable: uint32(c.Inheritable)},
		{Effective: uint32(c.Effective >> 32), Permitted: uint32(c.Permitted >> 32), Inheritable: uint32(c.Inheritable >> 32)},
	}
	_, err := s.shedding(Call{"capset", unix.SYS_CAPSET, []any{Struct(&header), Struct(&data)}})
	return err
}

// DropCapabilities removes the given CAP_* from the effective and permitted sets.
func (s *Subject) DropCapabilities(caps ...int) error {
	have, err := s.Capget()
	if err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	for _, c := range caps {
		have.Effective &^= 1 << c
		have.Permitted &^= 1 << c
	}
	return s.Capset(have)
}
