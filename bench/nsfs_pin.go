package bench

import (
	"os"
	"path/filepath"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// pins measure the bind mount by which a namespace is kept without a process in it,
// and the two ways to take that off, in a mount namespace of the subject's own.
func pins() []experiment {
	needs := []nsutil.Feature{nsutil.UTS.Feature(), nsutil.Mnt.Feature(), nsutil.Clone3}
	return []experiment{{
		benchmarks: []reports.PlannedBenchmark{
			benchmark("nsfs/pin", nsutil.UTS, "mount(\"/proc/self/ns/uts\", MS_BIND)"),
			benchmark("nsfs/unpin", nsutil.UTS, "umount2 of a bind-mounted namespace file"),
		},
		needs: needs, times: 100,
		run: func(l *lab) { l.pin(0) },
	}, {
		benchmarks: []reports.PlannedBenchmark{
			benchmark("nsfs/unpin-detach", nsutil.UTS, "umount2(MNT_DETACH) of a bind-mounted namespace file"),
		},
		needs: needs, times: 100,
		run: func(l *lab) { l.pin(unix.MNT_DETACH) },
	}}
}

func (l *lab) pin(flags int) {
	s := l.subject(harness.Isolated(harness.ByClone3, nsutil.Mnt))
	l.must(0, s.MakePrivate())
	path := l.emptyFile("pin")
	mount, umount := bindMount(selfFile("uts"), path), unmount(path, flags)
	l.perform(s, 1, mount)
	l.pinned(s, path, l.ns(s, nsutil.UTS), true)
	l.perform(s, 1, umount)
	l.pinned(s, path, l.ns(s, nsutil.UTS), false)
	steps := []harness.Step{own(mount, 1), own(umount, 2)}
	if len(l.benchmarks) == 1 { // which is the other's
		steps = []harness.Step{mount, own(umount, 1)}
	}
	l.sample(s, 3, l.times(), steps...)
}

// emptyFile returns the path of a new file that goes with the round.
func (l *lab) emptyFile(name string) string {
	path := filepath.Join(l.TempDir(), name)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		l.Fatalf("make a file: %v", err)
	}
	return path
}

// pinned sees whether the subject finds the namespace under a path.
func (l *lab) pinned(s *harness.Subject, path string, id nsutil.ID, want bool) {
	got, err := s.NSFile(path)
	if err != nil {
		l.Fatalf("look at a pin: %v", err)
	}
	l.happened((got == id) == want, "under %s is %v; that it is %v should be %t", path, got, id, want)
}

func bindMount(source, target string) harness.Step {
	return call("mount", unix.SYS_MOUNT, source, target, nil, harness.Hex(unix.MS_BIND), nil)
}

func unmount(path string, flags int) harness.Step {
	return call("umount2", unix.SYS_UMOUNT2, path, harness.Hex(flags))
}
