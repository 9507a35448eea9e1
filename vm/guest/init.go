// Package guest is the inside of the virtual machine: PID 1, which prepares
// the system, takes one job from the host, runs it as a child, sends what it
// records and powers off. The kernel panics when PID 1 ends, so nothing here
// may end it.
package guest

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nsconform/nsconform/vm/wire"
	"golang.org/x/sys/unix"
)

// Arg is the argument with which the kernel starts PID 1 (the kernel passes
// on what follows "--" in its command line).
const Arg = "nsconform-guest"

// RecordsFD is the descriptor on which the job writes its records, one JSON
// object a line.
const RecordsFD = 3

// Paths in the initramfs.
const (
	ModulesDir   = "/lib/nsconform/modules"
	ModulesOrder = "/lib/nsconform/modules.order" // file names in ModulesDir, one a line
	Busybox      = "/bin/busybox"
	ToolsList    = "/lib/nsconform/tools" // the packages that the host put into the initramfs, one a line
	JobFile      = "/lib/nsconform/job"   // a [wire.Job] for a guest that is to ask for none
)

// IsInit reports whether this process is PID 1 of one of our guests. A kernel
// that does not know one of its parameters any more passes that on as well,
// ahead of [Arg].
func IsInit() bool {
	return os.Getpid() == 1 && slices.Contains(os.Args[1:], Arg)
}

// Init is the life of PID 1. It never returns.
func Init() {
	defer powerOff()
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(os.Stderr, "nsconform: PID 1 panicked: %v\n%s", r, debug.Stack())
		}
	}()
	shieldFromSignals()
	problems := prepare()
	given := givenJob()
	var w *waiting
	if _, err := os.Stat(Busybox); err != nil && given == nil { // neither a shell nor a job that is there already
		if w, err = startWaiting(); err != nil {
			problems = append(problems, err.Error())
		}
	}
	port, job, err := awaitJob(findPorts(), problems, given)
	if err != nil {
		KernelMarker(NoPort + err.Error())
		return
	}
	port.write(wire.Append(nil, wire.Frame{Kind: wire.KindTaken, Payload: []byte("{}")}), patience)
	applyJob(job)
	last := runJob(job, port, w)
	port.sendLast(last)
}

// shieldFromSignals takes every signal and does nothing about it. Ignoring
// them instead would be inherited by the job.
func shieldFromSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals)
	go func() {
		for range signals {
			continue
		}
	}()
	unix.Reboot(unix.LINUX_REBOOT_CMD_CAD_OFF)
}

// powerOff does not return; a kernel that cannot power off gets a reset,
// which ends QEMU as well.
func powerOff() {
	unix.Sync()
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	for {
		time.Sleep(time.Hour)
	}
}
