package harness

import "golang.org/x/sys/unix"

// Getuid executes getuid(2).
func (s *Subject) Getuid() (int, error) {
	uid, err := s.Syscall("getuid", unix.SYS_GETUID)
	return int(uid), err
}

// Setfsuid executes setfsuid(2), which tells nothing of its success, and looks
// whether the id was set.
func (s *Subject) Setfsuid(uid int) error {
	s.takesIDs(ownIDs().uids, uid)
	return s.setfs("setfsuid", unix.SYS_SETFSUID, uid)
}

// Setfsgid executes setfsgid(2) as [Subject.Setfsuid] does setfsuid(2).
func (s *Subject) Setfsgid(gid int) error {
	s.takesIDs(ownIDs().gids, gid)
	return s.setfs("setfsgid", unix.SYS_SETFSGID, gid)
}

func (s *Subject) setfs(name string, nr uintptr, id int) error {
	if _, err := s.shedding(Call{name, nr, []any{id}}); err != nil {
		return err
	}
	now, err := s.Syscall(name, nr, -1)
	if err == nil && int(now) != id {
		err = unix.EPERM
	}
	return err
}
