package reports

import (
	"fmt"
	"slices"
	"strconv"
)

// differences says what, beside their kernels, differs between two runs and moves costs.
func differences(a, b *Run) []string {
	var all []string
	differ := func(what, in, other string) {
		if in != other {
			all = append(all, fmt.Sprintf("%s differs: %s, %s", what, orNone(in), orNone(other)))
		}
	}
	if a.Begin != nil && b.Begin != nil {
		differ("the version of nsconform", a.Begin.Version, b.Begin.Version)
		differ("the number of rounds", strconv.Itoa(a.Begin.Rounds), strconv.Itoa(b.Begin.Rounds))
		if !slices.EqualFunc(a.Begin.Benchmarks, b.Begin.Benchmarks, func(x, y PlannedBenchmark) bool { return x.Name == y.Name }) {
			all = append(all, "not the same benchmarks were asked for: each finds the kernel as those before have left it, which moves some")
		}
	}
	ea, eb := a.Environment, b.Environment
	if ea == nil || eb == nil {
		return append(all, "what a run ran on is not known")
	}
	differ("the machine", ea.Machine, eb.Machine)
	differ("the number of cpus", strconv.Itoa(ea.CPUs), strconv.Itoa(eb.CPUs))
	differ("the accelerator", accelerator(ea), accelerator(eb))
	differ("the clocksource", ea.Clocksource, eb.Clocksource)
	differ("CONFIG_HZ", ea.Config["CONFIG_HZ"], eb.Config["CONFIG_HZ"])
	differ("preemption", preemption(ea), preemption(eb))
	differ("mitigations", ea.Tuning["mitigations"], eb.Tuning["mitigations"])
	if ea.VM != nil && eb.VM != nil {
		differ("QEMU", ea.VM.QEMU, eb.VM.QEMU)
	}
	return all
}

func accelerator(e *Environment) string {
	if e.VM == nil {
		return "none"
	}
	return e.VM.Accelerator
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
