package guest

import (
	"os"

	"golang.org/x/sys/unix"
)

// schedulerFeatures is where the scheduler's features can be changed (since Linux 5.13;
// kernel/sched/debug.c).
const schedulerFeatures = "/sys/kernel/debug/sched/features"

// DropPreciseTick has the scheduler end time slices with the plain tick, where there is
// a debugfs to tell it. Debian's kernels from 7.2 on program a timer at each switch
// between processes (feature HRTICK), which takes a fourth of a suite's time where the
// timer is emulated. Measurements must not drop it: it is the kernel's own choice.
func DropPreciseTick() {
	const debugfs = "/sys/kernel/debug"
	if err := unix.Mount("debugfs", debugfs, "debugfs", tight, ""); err != nil {
		return
	}
	defer unix.Unmount(debugfs, unix.MNT_DETACH)
	os.WriteFile(schedulerFeatures, []byte("NO_HRTICK"), 0)
}
