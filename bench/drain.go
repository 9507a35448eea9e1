package bench

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// drains measure how long a namespace that nobody refers to any more still counts.
// A user namespace of the subject's own is allowed one more namespace of the kind
// (namespaces(7), /proc/sys/user): the time is that from when the call that drops it
// returns to when another one has been made.
func drains() []experiment {
	times := map[nsutil.Kind]int{nsutil.Net: 4, nsutil.User: 4, nsutil.PID: 4, nsutil.IPC: 8, nsutil.Mnt: 20}
	var all []experiment
	for _, kind := range kinds {
		all = append(all, experiment{
			benchmarks: []reports.PlannedBenchmark{benchmark("drain/"+string(kind), kind,
				fmt.Sprintf("from the end of the call that drops a namespace (%s) until another could be made in its stead", kind))},
			needs:    []nsutil.Feature{kind.Feature(), nsutil.Clone3},
			times:    cmp.Or(times[kind], 40),
			restless: true,
			run:      func(l *lab) { l.record(0, l.drain(kind, l.times())) },
		})
	}
	return all
}

// drain drops n namespaces of the kind, one after the other.
func (l *lab) drain(kind nsutil.Kind, n int) harness.Track {
	s, home := l.limited(kind, 1)
	l.limitHolds(s, kind, home)
	flag := kind.Flag()
	var steps []harness.Step
	if home < 0 {
		clone := own(l.child(s, vfork|flag), 1)
		clone.Until = unix.ENOSPC
		steps = []harness.Step{clone, wait(harness.Kept(1))}
	} else {
		create := own(unshare(flag), 1)
		create.Until = unix.ENOSPC
		steps = []harness.Step{create, setns(home, flag)}
	}
	track := l.perform(s, n+1, steps...).Of(1)
	track.Ticks = track.Ticks[1:] // before the first nothing was dropped
	return track
}

// limited returns a subject in a user namespace of its own that is allowed n more
// namespaces of the kind; and its descriptor of the one it is in, which it can go
// back to, or -1 for a kind whose namespaces only children enter.
func (l *lab) limited(kind nsutil.Kind, n int) (s *harness.Subject, home int) {
	options := []harness.Option{harness.Cloned(nsutil.User), harness.Mapped("0 0 1")}
	children := kind == nsutil.User || kind == nsutil.PID
	if !children {
		options[0] = harness.Isolated(harness.ByClone3, nsutil.User, kind)
	}
	s, home = l.subject(options...), -1
	if !children {
		home = l.home(s, kind)
		n++
	}
	l.limit(s, kind, n)
	return s, home
}

// limit sets how many namespaces of the kind the subject's own user namespace allows.
func (l *lab) limit(s *harness.Subject, kind nsutil.Kind, n int) {
	limit := "/proc/sys/user/max_" + string(kind) + "_namespaces"
	fd, err := s.Open(limit, unix.O_WRONLY|unix.O_CLOEXEC)
	if err != nil {
		l.skipFor(reports.SkipSysctl, "the limit in a user namespace of one's own, %s, cannot be set: %v", limit, err)
	}
	text := fmt.Sprint(n)
	l.must(s.Syscall("write", unix.SYS_WRITE, fd, harness.In([]byte(text)), len(text)))
	l.must(0, s.Close(fd))
}

// limitHolds sees that a second namespace is refused while there is one.
func (l *lab) limitHolds(s *harness.Subject, kind nsutil.Kind, home int) {
	if home < 0 {
		child, err := s.Isolate(harness.ByClone3, kind)
		l.must(0, err)
		_, err = s.Isolate(harness.ByClone3, kind)
		l.happened(errors.Is(err, unix.ENOSPC), "a second %s namespace, where one is allowed: %v", kind, err)
		l.must(0, child.End())
		return
	}
	l.must(0, s.Unshare(kind.Flag()))
	err := s.Unshare(kind.Flag())
	l.happened(errors.Is(err, unix.ENOSPC), "a second %s namespace, where one is allowed: %v", kind, err)
	l.must(0, s.Setns(home, kind.Flag()))
}

// settle waits until the kernel has got through with destroying the namespaces of
// the kind that were dropped before, where it does that by and by: it destroys one
// after the other, so the last is the one that is made and dropped here.
func (l *lab) settle(kind nsutil.Kind) {
	if kind == nsutil.Net || kind == nsutil.IPC {
		l.drain(kind, 1)
	}
}
