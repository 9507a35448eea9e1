package harness

import (
	"cmp"
	"fmt"
	"os"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// UnshareCall is unshare(2) with the given CLONE_* flags.
func UnshareCall(flags int) Call { return Call{"unshare", unix.SYS_UNSHARE, []any{nsFlags(flags)}} }

// SetnsCall is setns(2): fd is the subject's descriptor of a namespace file or a
// pidfd, nstype a CLONE_NEW* flag, several with a pidfd, or 0.
func SetnsCall(fd any, nstype int) Call {
	return Call{"setns", unix.SYS_SETNS, []any{fd, nsFlags(nstype)}}
}

// Unshare executes unshare(2) with the given CLONE_* flags.
func (s *Subject) Unshare(flags int) error {
	_, err := s.shedding(UnshareCall(flags))
	return err
}

// Setns executes setns(2); see [SetnsCall].
func (s *Subject) Setns(fd, nstype int) error {
	_, err := s.shedding(SetnsCall(fd, nstype))
	return err
}

// OpenNS opens the file of other's namespace of the given kind through the
// procfs that the subject sees, which must show other under [Subject.PID].
func (s *Subject) OpenNS(other *Subject, kind nsutil.Kind) (int, error) {
	return s.openNS(other.pid, kind)
}

func (s *Subject) openNS(pid int, kind nsutil.Kind) (int, error) {
	return s.Open(kind.File(pid), unix.O_RDONLY|unix.O_CLOEXEC)
}

// Join enters other's namespace of the given kind by setns(2).
func (s *Subject) Join(other *Subject, kind nsutil.Kind) error {
	opened, joined := s.join(other.pid, kind)
	return cmp.Or(opened, joined)
}

// join joins a namespace of a process, by its id in the suite's procfs.
func (s *Subject) join(pid int, kind nsutil.Kind) (opened, joined error) {
	made := s.inSeries(openCall(kind.File(pid), unix.O_RDONLY|unix.O_CLOEXEC), SetnsCall(first{}, kind.Flag()), closeCall(first{}))
	return made[0].err, made[1].err
}

// NS returns the identity of the subject's namespace of the given kind, as this
// process sees it under /proc/PID/ns.
func (s *Subject) NS(kind nsutil.Kind) (nsutil.ID, error) { return nsutil.IDOf(kind.File(s.pid)) }

// Namespaces returns the identities of all the subject's namespaces.
func (s *Subject) Namespaces() (map[nsutil.Kind]nsutil.ID, error) { return nsutil.OfProcess(s.pid) }

// MapIDs writes the extents to the uid_map and gid_map of the subject's user
// namespace from this process. See user_namespaces(7), "User and group ID mappings".
func (s *Subject) MapIDs(uids, gids string) error {
	s.NeedMappable(uids, gids)
	for file, extents := range map[string]string{"uid_map": uids, "gid_map": gids} {
		path := fmt.Sprintf("/proc/%d/%s", s.pid, file)
		if err := os.WriteFile(path, []byte(extents), 0); err != nil {
			return fmt.Errorf("map ids %q: %w", extents, err)
		}
	}
	return nil
}
