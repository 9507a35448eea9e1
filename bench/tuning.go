package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
)

// tuning returns what moves the numbers of a benchmark besides the kernel's version
// and configuration. It takes some milliseconds.
func tuning() map[string]string {
	all := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			all[name] = value
		}
	}
	set("rcu_expedited", text("/sys/kernel/rcu_expedited"))
	set("rcu_normal", text("/sys/kernel/rcu_normal"))
	set("thp", chosen(text("/sys/kernel/mm/transparent_hugepage/enabled")))
	set("smt", text("/sys/devices/system/cpu/smt/active"))
	set("governor", text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"))
	set("mitigations", mitigations())
	set("ticks_per_us", fmt.Sprint(harness.TicksPerMicrosecond()))
	set("stamp_ticks", fmt.Sprint(stampTicks()))
	set("pmu", "no")
	if _, err := os.Stat("/sys/bus/event_source/devices/cpu"); err == nil {
		set("pmu", "yes")
	}
	return all
}

func text(path string) string {
	b, _ := os.ReadFile(path)
	return strings.TrimSpace(string(b))
}

// chosen is the alternative in brackets.
func chosen(alternatives string) string {
	_, rest, _ := strings.Cut(alternatives, "[")
	choice, _, _ := strings.Cut(rest, "]")
	return choice
}

// mitigations names those that the kernel has in effect.
func mitigations() string {
	var all []string
	files, _ := filepath.Glob("/sys/devices/system/cpu/vulnerabilities/*")
	for _, file := range files {
		if what, ok := strings.CutPrefix(text(file), "Mitigation: "); ok {
			all = append(all, filepath.Base(file)+": "+what)
		}
	}
	if len(all) == 0 && len(files) > 0 {
		return "none"
	}
	return strings.Join(all, "; ")
}

// stampTicks is what the stamps themselves take of each sample: the median of many
// pairs of readings with nothing between them.
func stampTicks() uint64 {
	pairs := make([]uint64, 1001)
	for i := range pairs {
		begin := harness.Ticks()
		pairs[i] = harness.Ticks() - begin
	}
	slices.Sort(pairs)
	return pairs[len(pairs)/2]
}
