package reports

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDifferencesBetweenRuns(t *testing.T) {
	run := func(change func(*Run)) *Run {
		r := &Run{
			Begin: &RunBegin{Version: "1", Rounds: 3, Benchmarks: []PlannedBenchmark{{Name: "create/net"}}},
			Environment: &Environment{
				Machine: "x86_64", CPUs: 1, Clocksource: "tsc", Config: map[string]string{"CONFIG_HZ": "250"},
				VM: &VM{QEMU: "QEMU 7.2", Accelerator: "tcg"},
			},
		}
		change(r)
		return r
	}
	for name, tt := range map[string]struct {
		change func(*Run)
		want   []string
	}{
		"none":       {func(*Run) {}, nil},
		"kernel":     {func(r *Run) { r.Environment.Release = "7.0" }, nil},
		"cpus":       {func(r *Run) { r.Environment.CPUs = 2 }, []string{"the number of cpus differs: 1, 2"}},
		"HZ":         {func(r *Run) { delete(r.Environment.Config, "CONFIG_HZ") }, []string{"CONFIG_HZ differs: 250, (none)"}},
		"QEMU":       {func(r *Run) { r.Environment.VM.QEMU = "QEMU 8" }, []string{"QEMU differs: QEMU 7.2, QEMU 8"}},
		"rounds":     {func(r *Run) { r.Begin.Rounds = 4 }, []string{"the number of rounds differs: 3, 4"}},
		"no machine": {func(r *Run) { r.Environment = nil }, []string{"what a run ran on is not known"}},
		"benchmarks": {func(r *Run) { r.Begin.Benchmarks = nil }, []string{"not the same benchmarks were asked for: each finds the kernel as those before have left it, which moves some"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, differences(run(func(*Run) {}), run(tt.change))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
