package bench

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// mountCounts measure what a mount namespace costs by the mounts that are in it.
func mountCounts() []experiment {
	var all []experiment
	for _, n := range []int{0, 10, 100, 1000} {
		times := 50
		if n == 1000 {
			times = 15
		}
		all = append(all, experiment{
			benchmarks: []reports.PlannedBenchmark{
				point("mounts", "extra mounts", "n", n, nsutil.Mnt, fmt.Sprintf("unshare(CLONE_NEWNS), with %d mounts more than the machine's", n)),
				point("mounts-drop", "extra mounts", "n", n, nsutil.Mnt,
					fmt.Sprintf("close of the last descriptor of a mnt namespace, with %d mounts more than the machine's", n)),
			},
			needs: []nsutil.Feature{nsutil.Mnt.Feature(), nsutil.Clone3},
			times: times,
			run:   func(l *lab) { l.copyMounts(n) },
		})
	}
	return all
}

func (l *lab) copyMounts(n int) {
	s := l.subject(harness.Isolated(harness.ByClone3, nsutil.Mnt))
	l.must(0, s.MakePrivate())
	before := l.mountsOf(s)
	l.addMounts(s, n)
	l.happened(l.mountsOf(s) == before+n, "%d mounts have become %d, not %d more", before, l.mountsOf(s), n)
	home := l.home(s, nsutil.Mnt)
	flag := nsutil.Mnt.Flag()
	create, back := own(unshare(flag), 1), setns(home, flag)
	l.moves(s, nsutil.Mnt, home)

	l.perform(s, 1, create)
	l.happened(l.mountsOf(s) == before+n, "a copy has %d mounts, not %d", l.mountsOf(s), before+n)
	l.perform(s, 1, back)

	steps := []harness.Step{create, keep(open(selfFile("mnt"), unix.O_RDONLY), 1), back, own(closing(harness.Kept(1)), 2)}
	l.sample(s, 1, l.times(), steps...)
	l.must(0, s.End()) // now, not in the next experiment
}

// addMounts makes n bind mounts in the subject's mount namespace, each of an empty
// directory on itself.
func (l *lab) addMounts(s *harness.Subject, n int) {
	dir := l.TempDir()
	dirs := make([]string, n)
	for i := range dirs {
		dirs[i] = strconv.Itoa(i)
	}
	l.must(s.Syscall("chdir", unix.SYS_CHDIR, dir))
	l.perform(s, n, call("mkdirat", unix.SYS_MKDIRAT, unix.AT_FDCWD, harness.EachOf(dirs), 0o755),
		call("mount", unix.SYS_MOUNT, harness.EachOf(dirs), harness.EachOf(dirs), nil, unix.MS_BIND, nil))
	l.must(s.Syscall("chdir", unix.SYS_CHDIR, "/"))
}

// mountsOf counts the mounts in the subject's mount namespace.
func (l *lab) mountsOf(s *harness.Subject) int {
	return strings.Count(text(fmt.Sprintf("/proc/%d/mountinfo", s.PID())), "\n") + 1
}
