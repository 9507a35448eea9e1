package reports

import (
	"fmt"
	"slices"
	"strconv"
)

// notes say what differs between two runs, beside their kernels.
type notes []string

// differ notes what is in one run and in the other, where that is not the same.
func (n *notes) differ(what, in, other string) {
	if in != other {
		*n = append(*n, fmt.Sprintf("%s differs: %s, %s", what, orNone(in), orNone(other)))
	}
}

// differences says what, beside their kernels, differs between two runs and moves costs.
func differences(a, b *Run) []string {
	var all notes
	if a.Begin != nil && b.Begin != nil {
		all.differ("the version of nsconform", a.Begin.Version, b.Begin.Version)
		all.differ("the number of rounds", strconv.Itoa(a.Begin.Rounds), strconv.Itoa(b.Begin.Rounds))
		if !slices.EqualFunc(a.Begin.Benchmarks, b.Begin.Benchmarks, func(x, y PlannedBenchmark) bool { return x.Name == y.Name }) {
			all = append(all, "not the same benchmarks were asked for: each finds the kernel as those before have left it, which moves some")
		}
	}
	ea, eb := a.Environment, b.Environment
	if ea == nil || eb == nil {
		return append(all, "what a run ran on is not known")
	}
	all.differ("the machine", ea.Machine, eb.Machine)
	all.differ("the number of cpus", strconv.Itoa(ea.CPUs), strconv.Itoa(eb.CPUs))
	all.differ("the accelerator", accelerator(ea), accelerator(eb))
	all.differ("the clocksource", ea.Clocksource, eb.Clocksource)
	all.differ("CONFIG_HZ", ea.Config["CONFIG_HZ"], eb.Config["CONFIG_HZ"])
	all.differ("preemption", preemption(ea), preemption(eb))
	all.differ("mitigations", ea.Tuning["mitigations"], eb.Tuning["mitigations"])
	if ea.VM != nil && eb.VM != nil {
		all.differ("QEMU", ea.VM.QEMU, eb.VM.QEMU)
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
