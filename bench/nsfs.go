package bench

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// looks measure what the files under /proc/PID/ns are for besides setns(2): telling
// namespaces apart and holding them. That of a UTS namespace stands for those of
// all kinds: measured on Linux 6.18, they differ no more than the rounds of one do when
// opened and read, and by 4 % at most when closed. Nothing else holds it open, so that
// each open makes its inode anew.
func looks() []experiment {
	path := selfFile("uts")
	timed := func(name, timed string, times int, run func(l *lab, s *harness.Subject)) experiment {
		return experiment{
			benchmarks: []reports.PlannedBenchmark{benchmark("nsfs/"+name, nsutil.UTS, timed)},
			needs:      []nsutil.Feature{nsutil.UTS.Feature(), nsutil.Clone3},
			times:      times,
			run: func(l *lab) {
				run(l, l.subject(harness.Isolated(harness.ByClone3, nsutil.UTS)))
			},
		}
	}
	opening := timed("open", "openat(\""+path+"\")", 500, func(l *lab, s *harness.Subject) {
		fd := l.opens(s, open(path, unix.O_RDONLY))
		l.isOf(s, fd, s, nsutil.UTS)
	})
	opening.benchmarks = append(opening.benchmarks, benchmark("nsfs/close", nsutil.UTS, "close of a file under /proc/self/ns"))
	return []experiment{
		opening,
		timed("readlink", "readlinkat(\""+path+"\")", 500, func(l *lab, s *harness.Subject) {
			buffer := make([]byte, 64)
			n := l.returns(s, call("readlinkat", unix.SYS_READLINKAT, unix.AT_FDCWD, path, harness.Out(buffer), len(buffer)))
			want := fmt.Sprintf("uts:[%d]", l.ns(s, nsutil.UTS).Ino)
			l.happened(string(buffer[:n]) == want, "the link reads %q, not %q", buffer[:n], want)
		}),
		timed("stat", "fstatat(\""+path+"\")", 500, func(l *lab, s *harness.Subject) {
			var st unix.Stat_t
			l.returns(s, harness.Step{Call: harness.StatCall(path, &st)})
			l.shows(s, st)
		}),
		timed("fstat", "fstat of a file under /proc/self/ns", 1000, func(l *lab, s *harness.Subject) {
			var st unix.Stat_t
			l.returns(s, call("fstat", unix.SYS_FSTAT, l.must2(s.OpenNS(s, nsutil.UTS)), harness.Struct(&st)))
			l.shows(s, st)
		}),
	}
}

// returns times the step, and returns what it came to at last.
func (l *lab) returns(s *harness.Subject, step harness.Step) uintptr {
	return l.sample(s, 10, l.times(), keep(own(step, 1), 1)).Kept[0]
}

// opens times a step that opens a descriptor, which is closed each time; where there
// is a second benchmark, it is that of the closing. It returns the descriptor that it
// opens once more.
func (l *lab) opens(s *harness.Subject, step harness.Step) (fd int) {
	step = keep(own(step, 1), 1)
	l.sample(s, 10, l.times(), step, own(closing(harness.Kept(1)), 2))
	return int(l.perform(s, 1, step).Kept[0])
}

// isNew sees that the subject's descriptor, which is then closed, is of another
// namespace than the subject's.
func (l *lab) isNew(s *harness.Subject, fd int, kind nsutil.Kind) {
	l.happened(l.idOf(s, fd) != l.ns(s, kind), "the child was in its parent's %s namespace", kind)
	l.must(0, s.Close(fd))
}

// isOf sees that the subject's descriptor is of other's namespace.
func (l *lab) isOf(s *harness.Subject, fd int, other *harness.Subject, kind nsutil.Kind) {
	want, got := l.ns(other, kind), l.idOf(s, fd)
	l.happened(got == want, "the descriptor is of %v, not of %v", got, want)
}

// shows sees that the status is that of the subject's own UTS namespace.
func (l *lab) shows(s *harness.Subject, st unix.Stat_t) {
	got, want := nsutil.ID{Dev: uint64(st.Dev), Ino: st.Ino}, l.ns(s, nsutil.UTS)
	l.happened(got == want, "the status is that of %v, not of %v", got, want)
}

// ns returns the id of a subject's namespace.
func (l *lab) ns(s *harness.Subject, kind nsutil.Kind) nsutil.ID {
	id, err := s.NS(kind)
	if err != nil {
		l.Fatalf("look at a namespace: %v", err)
	}
	return id
}
