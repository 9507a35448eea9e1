package harness

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
)

// Joined puts the subject into other's namespaces of the given kinds by setns(2)
// with descriptors of the files under /proc/PID/ns.
func Joined(other *Subject, kinds ...nsutil.Kind) Option {
	return func(o *spawning) {
		o.join = &joining{pid: other.pid, name: other.name, kinds: kinds}
		o.how = fmt.Sprintf(" in the %v namespaces of %s", kinds, other.name)
	}
}

// JoinedByPidfd is [Joined] with one setns(2) call on a pidfd (since Linux 5.8).
func JoinedByPidfd(other *Subject, kinds ...nsutil.Kind) Option {
	return func(o *spawning) {
		Joined(other, kinds...)(o)
		o.join.byPidfd = true
	}
}

// joining is how a subject becomes a member of a process's namespaces.
type joining struct {
	pid     int    // as this process's procfs shows it
	name    string // of the process
	kinds   []nsutil.Kind
	byPidfd bool
	all     bool // see [Entered]
}

// by has the subject join; where the kinds are for children only, a child of it will
// be the member.
func (j *joining) by(s *Subject) error {
	switch {
	case j.all:
		return j.enter(s)
	case j.byPidfd:
		fd, err := j.pidfd(s)
		if err != nil {
			return err
		}
		defer s.Close(fd)
		return s.Setns(fd, flagsOf(j.kinds))
	}
	for _, kind := range userFirst(j.kinds) {
		opened, joined := s.join(j.pid, kind)
		if opened != nil {
			return fmt.Errorf("open %s's %s namespace: %w", j.name, kind, opened)
		}
		if joined != nil {
			return fmt.Errorf("join %s's %s namespace: %w", j.name, kind, joined)
		}
	}
	return nil
}

// pidfd returns a descriptor of the subject's of the process to join.
func (j *joining) pidfd(s *Subject) (int, error) {
	fd, err := s.PidfdOpen(j.pid)
	if err != nil {
		return -1, fmt.Errorf("open a pidfd of %s: %w", j.name, err)
	}
	return fd, nil
}

// userFirst sorts the kinds as they must be joined: the user namespace gives
// the capabilities that the others need, and the mount namespace hides /proc.
func userFirst(kinds []nsutil.Kind) []nsutil.Kind {
	rank := map[nsutil.Kind]int{nsutil.User: -1, nsutil.Mnt: 1}
	sorted := slices.Clone(kinds)
	slices.SortStableFunc(sorted, func(a, b nsutil.Kind) int { return rank[a] - rank[b] })
	return sorted
}
