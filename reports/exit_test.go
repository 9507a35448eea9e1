package reports

import "testing"

func TestExitCode(t *testing.T) {
	end := runEnds(RunEnd{})
	fatal := func(spec string) Event {
		return Event{Type: KernelReports, Run: "r", Complaint: &Complaint{Kind: "oops", Spec: spec, Fatal: true}}
	}
	for name, c := range map[string]struct {
		events []Event
		want   int
	}{
		"no run":                         {nil, 4},
		"nothing planned":                {[]Event{planned(), end}, 4},
		"all skipped":                    {[]Event{planned("a"), ends("a", Skipped), end}, 4},
		"all held":                       {[]Event{planned("a", "b"), ends("a", Pass), ends("b", Skipped), end}, 0},
		"known":                          {[]Event{planned("a", "b"), ends("a", Known), ends("b", Skipped), end}, 0},
		"known and fail":                 {[]Event{planned("a", "b"), ends("a", Known), ends("b", Fail), end}, 1},
		"fail":                           {[]Event{planned("a", "b"), ends("a", Pass), ends("b", Fail), end}, 1},
		"timeout":                        {[]Event{planned("a"), ends("a", Timeout), end}, 1},
		"crash":                          {[]Event{planned("a"), ends("a", Crash), fatal("a"), end}, 1},
		"broken":                         {[]Event{planned("a"), ends("a", Broken), end}, 3},
		"missing":                        {[]Event{planned("a", "b"), ends("a", Pass), end}, 3},
		"missing and fail":               {[]Event{planned("a", "b"), ends("a", Fail), end}, 1},
		"no end":                         {[]Event{planned("a"), ends("a", Pass)}, 3},
		"end in error":                   {[]Event{planned("a"), ends("a", Pass), runEnds(RunEnd{Error: "no VM"})}, 3},
		"error before anything ran":      {[]Event{planned(), runEnds(RunEnd{Error: "no VM"})}, 3},
		"interrupted":                    {[]Event{planned("a"), ends("a", Fail), runEnds(RunEnd{Interrupted: true})}, 130},
		"fatal complaint":                {[]Event{planned("a"), ends("a", Pass), fatal("a"), end}, 3},
		"mutant killed":                  {[]Event{plannedMutants("m"), graded("m", Killed), end}, 0},
		"mutant survived":                {[]Event{plannedMutants("m", "n"), graded("m", Killed), graded("n", Survived), end}, 1},
		"mutant crashed":                 {[]Event{plannedMutants("m"), graded("m", Crashed), end}, 1},
		"mutant broken":                  {[]Event{plannedMutants("m", "n"), graded("m", Killed), graded("n", Ungraded), end}, 3},
		"mutant survived and one broken": {[]Event{plannedMutants("m", "n"), graded("m", Survived), graded("n", Ungraded), end}, 1},
		"mutant never ran":               {[]Event{plannedMutants("m", "n"), graded("m", Killed), end}, 3},
		"module disturbs":                {[]Event{plannedMutants(NoMutant, "m"), graded(NoMutant, Disturbs), graded("m", Killed), end}, 3},
		"no mutant applies":              {[]Event{plannedMutants(NoMutant, "m"), graded(NoMutant, Harmless), graded("m", NotApplicable), end}, 4},
		"some mutants apply":             {[]Event{plannedMutants(NoMutant, "m", "n"), graded(NoMutant, Harmless), graded("m", Killed), graded("n", NotApplicable), end}, 0},
		"module alone is harmless":       {[]Event{plannedMutants(NoMutant), graded(NoMutant, Harmless), end}, 0},
		"module cannot be loaded":        {[]Event{plannedMutants(NoMutant), graded(NoMutant, NotApplicable), end}, 4},
		"mutants were interrupted":       {[]Event{plannedMutants("m"), graded("m", Survived), runEnds(RunEnd{Interrupted: true})}, 130},
		"benchmarks measured":            {[]Event{plannedBenchmarks("a", "b"), measured("a", 1), measured("b", 1), end}, 0},
		"a benchmark skipped":            {[]Event{plannedBenchmarks("a", "b"), measured("a", 1), notMeasured("b", Measurement{Skip: &Skip{Code: SkipArch}}), end}, 0},
		"all benchmarks skipped":         {[]Event{plannedBenchmarks("a"), notMeasured("a", Measurement{Skip: &Skip{Code: SkipArch}}), end}, 4},
		"a benchmark skipped for naught": {[]Event{plannedBenchmarks("a"), notMeasured("a", Measurement{Skip: &Skip{Code: "weather"}}), end}, 3},
		"a benchmark not measured":       {[]Event{plannedBenchmarks("a", "b"), measured("a", 1), end}, 3},
		"no benchmark measured":          {[]Event{plannedBenchmarks("a"), end}, 3},
		"a benchmark in error":           {[]Event{plannedBenchmarks("a", "b"), measured("a", 1), notMeasured("b", Measurement{Error: "no"}), end}, 3},
		"every call refused":             {[]Event{plannedBenchmarks("a", "b"), measured("a", 1), notMeasured("b", Measurement{Refused: map[string]int{"EPERM": 9}}), end}, 3},
		"some calls refused":             {[]Event{plannedBenchmarks("a"), notMeasured("a", Measurement{Unit: "ns", Values: []float64{1}, Counts: []int{1}, Refused: map[string]int{"EPERM": 9}}), end}, 0},
		"an unplanned benchmark":         {[]Event{plannedBenchmarks("a"), measured("a", 1), measured("x", 1), end}, 3},
		"specs fail beside benchmarks":   {[]Event{withSpec(plannedBenchmarks("a")), measured("a", 1), ends("s", Fail), end}, 1},
		"benchmarks were interrupted":    {[]Event{plannedBenchmarks("a", "b"), measured("a", 1), runEnds(RunEnd{Interrupted: true})}, 130},
	} {
		if got := ExitCode(fold(c.events...)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
