package bench

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// Calls of which programs are made, besides those of package harness.

func call(name string, nr uintptr, args ...any) harness.Step {
	return harness.Step{Call: harness.Call{Name: name, NR: nr, Args: args}}
}

func open(path string, flags int) harness.Step {
	return call("openat", unix.SYS_OPENAT, unix.AT_FDCWD, path, harness.Hex(flags|unix.O_CLOEXEC), 0)
}

func closing(fd any) harness.Step { return call("close", unix.SYS_CLOSE, fd) }

func wait(pid any) harness.Step { return call("wait4", unix.SYS_WAIT4, pid, nil, 0, nil) }

func unshare(flags int) harness.Step { return harness.Step{Call: harness.UnshareCall(flags)} }

func setns(fd any, nstype int) harness.Step {
	return harness.Step{Call: harness.SetnsCall(fd, nstype)}
}

// own has the step's duration recorded.
func own(s harness.Step, stream harness.Stream) harness.Step {
	s.Own = stream
	return s
}

// keep has the step's result kept.
func keep(s harness.Step, r harness.Register) harness.Step {
	s.Keep = r
	return s
}

// span has recorded how long the steps take together.
func span(stream harness.Stream, steps ...harness.Step) []harness.Step {
	steps[0].Begin, steps[len(steps)-1].End = true, stream
	return steps
}

// Flags of clone calls whose child runs before its parent goes on.
const (
	vfork        = unix.CLONE_VM | unix.CLONE_VFORK
	vforkSharing = vfork | unix.CLONE_FILES // what the child opens its parent has
)

// child is a step that makes a child, whose id goes to register 1.
func (l *lab) child(s *harness.Subject, flags int, steps ...harness.Step) harness.Step {
	step, err := s.Child(flags, steps...)
	if err != nil {
		l.Fatalf("prepare a child: %v", err)
	}
	step.Keep = 1
	return step
}

// file is the name of the file, in a process's ns directory, of the namespace that
// unshare(2) makes: that for children where the caller itself stays.
func file(kind nsutil.Kind) string {
	if kind == nsutil.PID || kind == nsutil.Time {
		return string(kind) + "_for_children"
	}
	return string(kind)
}

// fileInChild is the name of the file, in a child's ns directory, of the namespace that
// the clone call made for it. A child that shares memory is not in a new time namespace,
// and one that does not is since Linux 6.3; its children always are.
func fileInChild(kind nsutil.Kind) string {
	if kind == nsutil.Time {
		return file(kind)
	}
	return string(kind)
}

func selfFile(name string) string { return "/proc/self/ns/" + name }

// home opens the subject's namespace of the kind.
func (l *lab) home(s *harness.Subject, kind nsutil.Kind) int {
	return l.must2(s.Open(selfFile(string(kind)), unix.O_RDONLY|unix.O_CLOEXEC))
}

// nextFD returns the descriptor that the subject's next open gives.
func (l *lab) nextFD(s *harness.Subject) int {
	fd, err := s.Open("/proc/self/ns/user", unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		l.Fatalf("open a file: %v", err)
	}
	if err := s.Close(fd); err != nil {
		l.Fatalf("close a file: %v", err)
	}
	return fd
}
