package reports

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// benchFacts says what moves the numbers of a run's benchmarks, in a few lines.
func benchFacts(r *Run) []fact {
	var all []fact
	add := func(name string, parts ...string) {
		if parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" }); len(parts) > 0 {
			all = append(all, fact{name, strings.Join(parts, ", ")})
		}
	}
	if e := r.Environment; e != nil {
		add("on", e.Machine, count(e.CPUs, "cpu"), runsOn(e), prefixed("clocksource ", e.Clocksource), strings.Join(benchConfig(e), " "))
		var tuning []string
		for _, key := range slices.Sorted(maps.Keys(e.Tuning)) {
			tuning = append(tuning, key+" "+e.Tuning[key])
		}
		add("tuning", tuning...)
	}
	for _, when := range []string{"before", "after"} {
		if c := r.census(when); c != nil {
			add(when, c.text())
		}
	}
	return all
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// runsOn says how the kernel runs: "QEMU with kvm".
func runsOn(e *Environment) string {
	switch {
	case e.VM == nil:
		return ""
	case e.VM.Exact:
		return "QEMU with " + e.VM.Accelerator + ", counting instructions"
	}
	return "QEMU with " + e.VM.Accelerator
}

// benchConfig returns the options of the kernel that its costs depend on, those that
// are off left out.
func benchConfig(e *Environment) []string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(e.Config)) {
		value := e.Config[key]
		option := key == "CONFIG_HZ"
		for _, prefix := range []string{"CONFIG_PREEMPT", "CONFIG_RCU_", "CONFIG_TREE_RCU", "CONFIG_PREEMPT_RCU"} {
			option = option || strings.HasPrefix(key, prefix) && value == "y"
		}
		if option {
			all = append(all, key+"="+value)
		}
	}
	return all
}

// census returns the first that was taken before the measurements, or the last after.
func (r *Run) census(when string) *Census {
	var found *Census
	for i := range r.Censuses {
		if r.Censuses[i].When == when && (found == nil || when == "after") {
			found = &r.Censuses[i]
		}
	}
	return found
}

func (c *Census) text() string {
	parts := []string{count(c.Mounts, "mount")}
	switch c.Processes {
	case 1:
		parts = append(parts, "1 process")
	default:
		parts = append(parts, fmt.Sprintf("%d processes", c.Processes))
	}
	if live := c.namespacesText(); live != "" {
		parts = append(parts, "namespaces: "+live)
	}
	return strings.Join(parts, ", ")
}

func (c *Census) namespacesText() string {
	var live []string
	for _, kind := range slices.Sorted(maps.Keys(c.Namespaces)) {
		live = append(live, fmt.Sprintf("%s %d", kind, c.Namespaces[kind]))
	}
	return strings.Join(live, " ")
}
