package bench

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// entriesOfSets measure how long it takes to enter a running container. Each time it
// is another child that enters, with memory of its own: a time namespace takes in
// no process that shares it, and a user namespace is not to be left.
func entriesOfSets() []experiment {
	var all []experiment
	for _, k := range sets {
		pidfd, each := entryOfSet(k), entryOfSet(k)
		pidfd.benchmarks = append(pidfd.benchmarks, benchmark(fmt.Sprintf("set/enter-pidfd/%d", len(k)), "",
			"setns(pidfd, "+nsutil.FlagString(k.flags())+")"))
		pidfd.needs = append(pidfd.needs, nsutil.SetnsPidfd)
		pidfd.run = func(l *lab) { l.enterSet(k, byPidfd) }
		each.benchmarks = append(each.benchmarks, benchmark(fmt.Sprintf("set/enter-each/%d", len(k)), "",
			fmt.Sprintf("setns(2) with open descriptors of %v, one after the other", k)))
		each.run = func(l *lab) { l.enterSet(k, byDescriptors) }
		if len(k) == len(kinds) {
			each.benchmarks = append(each.benchmarks, benchmark(fmt.Sprintf("set/enter-open-each/%d", len(k)), "",
				fmt.Sprintf("open, setns(2) and close of %v, one after the other", k)))
			each.run = func(l *lab) { l.enterSet(k, byDescriptors, byFiles) }
		}
		all = append(all, pidfd, each)
	}
	return all
}

func entryOfSet(k set) experiment { return experiment{needs: k.needs(), times: 100} }

// entrance returns the steps by which s enters all of other's namespaces. How long
// they take is recorded.
type entrance func(l *lab, s, other *harness.Subject, k set, stream harness.Stream) []harness.Step

func byPidfd(l *lab, s, other *harness.Subject, k set, stream harness.Stream) []harness.Step {
	return []harness.Step{own(setns(l.must2(s.PidfdOpen(other.PID())), k.flags()), stream)}
}

func byDescriptors(l *lab, s, other *harness.Subject, k set, stream harness.Stream) []harness.Step {
	var steps []harness.Step
	for _, kind := range k {
		steps = append(steps, setns(l.must2(s.OpenNS(other, kind)), kind.Flag()))
	}
	return span(stream, steps...)
}

func byFiles(_ *lab, _, other *harness.Subject, k set, stream harness.Stream) []harness.Step {
	var steps []harness.Step
	for _, kind := range k {
		steps = append(steps, keep(open(kind.File(other.PID()), unix.O_RDONLY), 2),
			setns(harness.Kept(2), kind.Flag()), closing(harness.Kept(2)))
	}
	return span(stream, steps...)
}

// enterSet has children of a subject enter another's namespaces, by each of the
// entrances in turn.
func (l *lab) enterSet(k set, entrances ...entrance) {
	s, other := l.subject(), l.scope.Spawn(harness.Isolated(harness.ByClone3, k...))
	var steps []harness.Step
	for i, enter := range entrances {
		entering := enter(l, s, other, k, harness.Stream(i+1))
		l.entersAll(s, other, k, entering)
		steps = append(steps, l.child(s, 0, entering...), wait(harness.Kept(1)))
	}
	l.sample(s, 5, l.times(), steps...)
	l.must(0, other.End())
	for fd := range l.nextFD(s) { // which hold what is to be drained
		l.must(0, s.Close(fd))
	}
	l.settle(nsutil.Net)
}

// entersAll sees that the steps take a child into all of other's namespaces.
func (l *lab) entersAll(s, other *harness.Subject, k set, steps []harness.Step) {
	steps = slices.Clone(steps)
	for _, kind := range k {
		steps = append(steps, open(selfFile(file(kind)), unix.O_RDONLY))
	}
	first := l.nextFD(s)
	l.perform(s, 1, l.child(s, unix.CLONE_FILES, steps...), wait(harness.Kept(1)))
	for i, kind := range k {
		l.isOf(s, first+i, other, kind)
		l.must(0, s.Close(first+i))
	}
}
