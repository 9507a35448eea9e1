package main

import (
	"os"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/guest"
	"github.com/nsconform/nsconform/vm/kvmprobe"
)

// dispatchSpecialProcesses does not return where this process is no command: it
// is a guest's PID 1, the process that runs the specs, or the probe that may
// hang in KVM.
func dispatchSpecialProcesses() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == suiteArg:
		os.Exit(report(runSuite(os.Args[2]), os.Stderr))
	case guest.IsInit():
		guest.Init()
	case len(os.Args) == 2 && os.Args[1] == kvmprobe.ChildArg:
		kvmprobe.Child()
	}
}

// mark writes a spec's begin and end to the console of a guest, so that what the
// kernel says in between can be told from the rest.
func mark(e reports.Event) {
	if init, err := os.Readlink("/proc/1/exe"); err != nil || init != "/init" {
		return
	}
	switch e.Type {
	case reports.SpecBegins:
		guest.MarkSpecBegins(e.Spec)
	case reports.SpecEnds:
		guest.MarkSpecEnds(e.Result.Spec)
	}
}
