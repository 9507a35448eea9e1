package main

import (
	"os"
	"sync"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/nsconform/nsconform/vm/guest"
	"github.com/nsconform/nsconform/vm/kvmprobe"
)

// dispatchSpecialProcesses does not return where this process is no command: it
// is PID 1, of a guest or of whatever else, the process that runs the specs, or measures, the one that an ordinary
// user's namespaces begin with, or the probe that may hang in KVM.
func dispatchSpecialProcesses() {
	guest.AwaitOrder()
	switch {
	case len(os.Args) == 3 && os.Args[1] == suiteArg:
		os.Exit(report(runSuite(os.Args[2]), os.Stderr))
	case len(os.Args) == 3 && os.Args[1] == measureArg:
		os.Exit(report(runMeasure(os.Args[2]), os.Stderr))
	case len(os.Args) >= 3 && os.Args[1] == ownRootArg && os.Getpid() == 1:
		status, err := ownRoot(os.Args[2:])
		if err != nil {
			status = report(err, os.Stderr)
		}
		os.Exit(status)
	case guest.IsInit():
		guest.Init()
	case os.Getpid() == 1:
		status, err := asInit()
		if err != nil {
			status = report(err, os.Stderr)
		}
		os.Exit(status)
	case len(os.Args) == 2 && os.Args[1] == kvmprobe.ChildArg:
		kvmprobe.Child()
	}
}

// inGuest reports whether this process is PID 1's in a guest of ours.
var inGuest = sync.OnceValue(func() bool {
	init, err := os.Readlink("/proc/1/exe")
	return err == nil && init == "/init"
})

// mark writes a spec's begin to the console of a guest, so that what the kernel
// says from then on can be told from the rest. It writes no end: what the kernel
// says between two specs is the doing of the first.
func mark(e reports.Event) {
	if e.Type == reports.SpecBegins && inGuest() {
		guest.MarkSpecBegins(spec.Mark(e.Spec))
	}
}

// markEnd writes to the console of a guest that all specs have ended.
func markEnd() {
	if inGuest() {
		guest.MarkSpecsEnd()
	}
}
