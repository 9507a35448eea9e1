package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// Entered puts the subject where a process is that somebody else has made, such as a
// container's: into all of its namespaces that are not this process's own, by setns(2)
// with a pidfd (since Linux 5.8), its root and working directory, and its cgroups as
// far as this process may move it there. The pid is as this process's procfs shows it.
// Where the user namespace is another, the subject is its root unless [As] says
// otherwise. That is what nsenter --all and container runtimes do for a further process.
func Entered(pid int) Option {
	return func(o *spawning) {
		o.join = &joining{pid: pid, name: fmt.Sprintf("process %d", pid), all: true}
		o.how = fmt.Sprintf(" where process %d is", pid)
	}
}

// enter has the subject join everything of the process's. The pidfd is what makes sure
// that all of it is of one process.
func (j *joining) enter(s *Subject) error {
	fd, err := j.pidfd(s)
	if err != nil {
		return err
	}
	defer s.Close(fd)
	if j.kinds, err = foreign(j.pid); err != nil {
		return fmt.Errorf("enter %s: %w", j.name, err)
	}
	places, err := j.places(s)
	if err != nil {
		return err
	}
	if err := moveToCgroups(s.pid, j.pid); err != nil {
		return fmt.Errorf("enter %s: %w", j.name, err)
	}
	// The user namespace comes last: who is above all of them has the capabilities for
	// the others, also for those that belong to none of the process's user namespace.
	others := slices.DeleteFunc(slices.Clone(j.kinds), func(k nsutil.Kind) bool { return k == nsutil.User })
	if len(others) > 0 {
		if err := s.Setns(fd, flagsOf(others)); err != nil {
			return fmt.Errorf("join %s's %v namespaces: %w", j.name, others, err)
		}
	}
	if err := places.take(s); err != nil {
		return fmt.Errorf("enter %s: %w", j.name, err)
	}
	if j.asRoot() {
		if err := s.Setns(fd, nsutil.User.Flag()); err != nil {
			return fmt.Errorf("join %s's user namespace: %w", j.name, err)
		}
	}
	return nil
}

// asRoot reports whether the subject has no ids in its user namespace before it
// becomes its root.
func (j *joining) asRoot() bool { return j.all && slices.Contains(j.kinds, nsutil.User) }

// foreign returns the kinds of which the process is in another namespace than this one.
func foreign(pid int) (kinds []nsutil.Kind, err error) {
	own, err := nsutil.OfProcess(0)
	if err != nil {
		return nil, err
	}
	its, err := nsutil.OfProcess(pid)
	if err != nil {
		return nil, err
	}
	for _, kind := range nsutil.Kinds() {
		if its[kind] != own[kind] {
			kinds = append(kinds, kind)
		}
	}
	return kinds, nil
}

// places are a process's root and working directory, opened before the mount namespace
// hides them.
type places struct{ root, cwd int }

func (j *joining) places(s *Subject) (p places, err error) {
	for name, fd := range map[string]*int{"root": &p.root, "cwd": &p.cwd} {
		if *fd, err = s.Open(fmt.Sprintf("/proc/%d/%s", j.pid, name), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC); err != nil {
			return p, fmt.Errorf("open the %s of %s: %w", name, j.name, err)
		}
	}
	return p, nil
}

// take makes them the subject's, and closes them.
func (p places) take(s *Subject) error {
	err := errors.Join(s.Fchdir(p.root), s.Chroot("."), s.Fchdir(p.cwd))
	return errors.Join(err, s.Close(p.root), s.Close(p.cwd))
}

// moveToCgroups moves a process to the cgroups that another is in, each hierarchy's
// that this process may write to.
func moveToCgroups(pid, to int) error {
	entries, err := nsutil.CgroupsOf(to)
	if errors.Is(err, os.ErrNotExist) {
		return nil // the kernel has none
	}
	for _, entry := range entries {
		file := filepath.Join(cgroupFolder(entry), "cgroup.procs")
		if unix.Access(file, unix.W_OK) != nil {
			continue
		}
		if moved := os.WriteFile(file, []byte(strconv.Itoa(pid)), 0); moved != nil {
			err = errors.Join(err, fmt.Errorf("move to its cgroup: %w", moved))
		}
	}
	return err
}
