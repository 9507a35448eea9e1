package bench

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// carries measure what clone, exec and exit take for a process that is the first in
// a new namespace. The baselines fork and vfork are the same without one.
func carries() []experiment {
	var all []experiment
	for _, kind := range kinds {
		flag := nsutil.FlagString(kind.Flag())
		needs := []nsutil.Feature{kind.Feature(), nsutil.Clone3}
		all = append(all, experiment{
			benchmarks: []reports.PlannedBenchmark{
				benchmark("carry/vfork/"+string(kind), kind, "clone3(CLONE_VM|CLONE_VFORK|"+flag+"), until the child has ended"),
			},
			needs: needs, times: 60,
			run: func(l *lab) { l.carryVfork(kind) },
		}, experiment{
			benchmarks: []reports.PlannedBenchmark{
				benchmark("carry/fork/"+string(kind), kind, "clone3("+flag+")"),
				benchmark("carry/exit/"+string(kind), kind, "wait4, from when clone3("+flag+") has returned until the child has ended"),
			},
			needs: needs, times: 40,
			run: func(l *lab) { l.carryFork(kind) },
		}, experiment{
			benchmarks: []reports.PlannedBenchmark{
				benchmark("carry/exec/"+string(kind), kind, "clone3(CLONE_VM|CLONE_VFORK|"+flag+"), until the child has executed a program"),
			},
			needs: needs, times: 30,
			run: func(l *lab) { l.carryExec(kind) },
		})
	}
	return all
}

func (l *lab) carryVfork(kind nsutil.Kind) {
	s := l.subject()
	l.makesNew(s, kind, vforkSharing)
	l.sampleMaking(s, kind, own(l.child(s, vfork|kind.Flag()), 1), wait(harness.Kept(1)))
}

func (l *lab) carryFork(kind nsutil.Kind) {
	s := l.subject()
	l.makesNew(s, kind, unix.CLONE_FILES)
	l.sampleMaking(s, kind, own(l.child(s, kind.Flag()), 1), own(wait(harness.Kept(1)), 2))
}

func (l *lab) carryExec(kind nsutil.Kind) {
	s := l.subject()
	l.makesNew(s, kind, vforkSharing)
	program := l.program(s)
	var status unix.WaitStatus
	waiting := call("wait4", unix.SYS_WAIT4, harness.Kept(1), harness.Struct(&status), 0, nil)
	l.sampleMaking(s, kind, own(l.child(s, vfork|kind.Flag(), execute(program)), 1), waiting)
	l.happened(status.Exited() && status.ExitStatus() == programStatus, "the program did not end as it does: %#x", uint32(status))
}

// sampleMaking samples steps each of which makes a namespace of the kind.
func (l *lab) sampleMaking(s *harness.Subject, kind nsutil.Kind, steps ...harness.Step) {
	times := l.times()
	if kind == nsutil.Net {
		times = max(2, times/3)
	}
	l.sample(s, 2, times, steps...)
	l.settle(kind)
}

// makesNew sees that clone3 with the kind's flag makes a child in a new namespace.
func (l *lab) makesNew(s *harness.Subject, kind nsutil.Kind, sharing int) {
	fd := l.nextFD(s)
	l.perform(s, 1, l.child(s, sharing|kind.Flag(), open(selfFile(fileInChild(kind)), unix.O_RDONLY)), wait(harness.Kept(1)))
	l.isNew(s, fd, kind)
}
