package bench

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// set is the kinds of which a container has namespaces of its own, in the order in
// which they are entered: the user namespace gives the capabilities that the others
// take, and the mount namespace hides /proc.
type set []nsutil.Kind

// sets are what runtimes make: the five of old, those and a cgroup and a user
// namespace, and all there are.
var sets = []set{
	{nsutil.UTS, nsutil.IPC, nsutil.PID, nsutil.Net, nsutil.Mnt},
	{nsutil.User, nsutil.UTS, nsutil.IPC, nsutil.PID, nsutil.Net, nsutil.Cgroup, nsutil.Mnt},
	{nsutil.User, nsutil.UTS, nsutil.IPC, nsutil.PID, nsutil.Net, nsutil.Cgroup, nsutil.Time, nsutil.Mnt},
}

func (k set) flags() int {
	flags := 0
	for _, kind := range k {
		flags |= kind.Flag()
	}
	return flags
}

func (k set) needs() []nsutil.Feature {
	needs := []nsutil.Feature{nsutil.Clone3}
	for _, kind := range k {
		needs = append(needs, kind.Feature())
	}
	return needs
}

// creationsOfSets measure how long a container's namespaces take to be made: by one
// call of clone3(2), by one of unshare(2), and one by one. The three take turns, so
// that they can be compared.
func creationsOfSets() []experiment {
	var all []experiment
	for _, k := range sets {
		flags := nsutil.FlagString(k.flags())
		name := func(way string) string { return fmt.Sprintf("set/%s/%d", way, len(k)) }
		all = append(all, experiment{
			benchmarks: []reports.PlannedBenchmark{
				benchmark(name("clone"), "", "clone3(CLONE_VM|CLONE_VFORK|"+flags+"), until the child has ended"),
				benchmark(name("unshare"), "", "unshare("+flags+")"),
				benchmark(name("unshare-each"), "", fmt.Sprintf("unshare(2) of %v, one after the other", k)),
			},
			needs: k.needs(),
			times: 12,
			run:   func(l *lab) { l.createSet(k) },
		})
	}
	return all
}

func (l *lab) createSet(k set) {
	s := l.subject()
	var each []harness.Step
	for _, kind := range k {
		each = append(each, unshare(kind.Flag()))
	}
	atOnce := []harness.Step{own(unshare(k.flags()), 2)}
	each = span(3, each...)
	l.makesSet(s, k, k.flags())
	l.makesSet(s, k, 0, atOnce...)
	l.makesSet(s, k, 0, each...)
	l.sample(s, 2, l.times(),
		own(l.child(s, vfork|k.flags()), 1), wait(harness.Kept(1)),
		l.child(s, vfork, atOnce...), wait(harness.Kept(1)),
		l.child(s, vfork, each...), wait(harness.Kept(1)))
	l.settle(nsutil.Net)
}

// makesSet sees that a child made with the flags, or the steps it takes, makes a new
// namespace of each kind.
func (l *lab) makesSet(s *harness.Subject, k set, flags int, create ...harness.Step) {
	steps := slices.Clone(create)
	for _, kind := range k {
		look := open(selfFile(fileInChild(kind)), unix.O_RDONLY)
		if kind == nsutil.PID && flags == 0 { // it has a member when there is another child
			steps = append(steps, l.child(s, unix.CLONE_FILES, look), wait(harness.Kept(1)))
			continue
		}
		steps = append(steps, look)
	}
	first := l.nextFD(s)
	l.perform(s, 1, l.child(s, vforkSharing|flags, steps...), wait(harness.Kept(1)))
	for i, kind := range k {
		l.isNew(s, first+i, kind)
	}
}
