package bench

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nsconform/nsconform/harness"
)

// What nsconform bench measures, for those who are used to go test -bench: the
// median is what ns/op says.

func BenchmarkBaseline(b *testing.B)    { group(b, "baseline") }
func BenchmarkCreate(b *testing.B)      { group(b, "create") }
func BenchmarkDrop(b *testing.B)        { group(b, "drop") }
func BenchmarkDrain(b *testing.B)       { group(b, "drain") }
func BenchmarkEnter(b *testing.B)       { group(b, "enter") }
func BenchmarkCarry(b *testing.B)       { group(b, "carry") }
func BenchmarkSet(b *testing.B)         { group(b, "set") }
func BenchmarkNsfs(b *testing.B)        { group(b, "nsfs") }
func BenchmarkIdmap(b *testing.B)       { group(b, "idmap") }
func BenchmarkNet(b *testing.B)         { group(b, "net") }
func BenchmarkLive(b *testing.B)        { group(b, "live") }
func BenchmarkFill(b *testing.B)        { group(b, "fill") }
func BenchmarkProcesses(b *testing.B)   { group(b, "processes") }
func BenchmarkMounts(b *testing.B)      { group(b, "mounts") }
func BenchmarkMountsDrop(b *testing.B)  { group(b, "mounts-drop") }
func BenchmarkDepth(b *testing.B)       { group(b, "depth") }
func BenchmarkBatch(b *testing.B)       { group(b, "batch") }
func BenchmarkRate(b *testing.B)        { group(b, "rate") }
func BenchmarkRateService(b *testing.B) { group(b, "rate-service") }

// groups has those above.
var groups = []string{
	"baseline", "create", "drop", "drain", "enter", "carry", "set",
	"nsfs", "idmap", "net", "live", "fill", "processes", "mounts",
	"mounts-drop", "depth", "batch", "rate", "rate-service",
}

func TestEveryGroupIsABenchmark(t *testing.T) {
	for _, b := range All(false) {
		if !slices.Contains(groups, b.Group) {
			t.Errorf("go test -bench does not know %s", b.Name)
		}
	}
}

func group(b *testing.B, name string) {
	if os.Getuid() != 0 {
		b.Skip("needs root")
	}
	clock := harness.StartClock()
	for _, e := range experiments() {
		for i, planned := range e.benchmarks {
			if planned.Group != name {
				continue
			}
			b.Run(strings.TrimPrefix(planned.Name, name+"/"), func(b *testing.B) { samples(b, e, i, clock) })
		}
	}
}

// samples makes rounds of the experiment until there are enough samples of the
// benchmark numbered i.
func samples(b *testing.B, e experiment, i int, clock harness.Clock) {
	var ticks []uint64
	for len(ticks) < b.N {
		l := &lab{experiment: e}
		if !l.lacks() {
			l.measure(harness.Limits{})
		}
		if l.skip != nil {
			b.Skip(l.skip.Text)
		}
		if l.trouble != "" {
			b.Fatal(l.trouble)
		}
		ticks = append(ticks, l.taken[i].Ticks...)
	}
	slices.Sort(ticks)
	for unit, part := range map[string]float64{"ns/op": 0.5, "p90-ns/op": 0.9, "p99-ns/op": 0.99} {
		b.ReportMetric(float64(ticks[int(part*float64(len(ticks)-1))])/clock.Rate(), unit)
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range All(false) {
		if seen[b.Name] {
			t.Errorf("two benchmarks are called %s", b.Name)
		}
		seen[b.Name] = true
	}
}

func TestSelect(t *testing.T) {
	for _, tt := range []struct {
		patterns []string
		want     []string // besides the baselines
	}{
		{[]string{"create/net"}, []string{"create/net"}},
		{[]string{"enter/pidfd/u*"}, []string{"enter/pidfd/uts", "enter/pidfd/user"}},
		{[]string{"baseline"}, nil},
		{[]string{"drain", "drop/uts"}, []string{"drop/uts", "drain/uts", "drain/ipc", "drain/mnt", "drain/pid", "drain/net", "drain/user", "drain/cgroup", "drain/time"}},
	} {
		chosen, err := Select(false, tt.patterns...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range chosen {
			if b.Group != "baseline" {
				got = append(got, b.Name)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.patterns, got, tt.want)
		}
	}
	if _, err := Select(true, "rate/net"); err == nil || !strings.Contains(err.Error(), "exact") {
		t.Errorf("a benchmark that is not for exact mode: %v", err)
	}
	if _, err := Select(false, "create/pizza"); err == nil || !strings.Contains(err.Error(), "create/pizza") {
		t.Errorf("a benchmark that there is not: %v", err)
	}
}

func TestDistribution(t *testing.T) {
	l := &lab{rate: 2}
	values, counts := l.distribution([]uint64{24691, 4, 24690, 24692, 4})
	if !slices.Equal(values, []float64{2, 12350}) || !slices.Equal(counts, []int{2, 3}) {
		t.Errorf("times: %v %v", values, counts)
	}
	l.exact = true
	values, counts = l.distribution([]uint64{12346, 4, 12345})
	if !slices.Equal(values, []float64{4, 12345, 12346}) || !slices.Equal(counts, []int{1, 1, 1}) {
		t.Errorf("instructions: %v %v", values, counts)
	}
}

func TestSignificant(t *testing.T) {
	for x, want := range map[float64]float64{0: 0, 82.3149: 82.31, 0.0123449: 0.01234, 31_964_999: 31_960_000, 9999.9: 10000} {
		if got := significant(x); got != want {
			t.Errorf("%v: got %v, want %v", x, got, want)
		}
	}
}

// TestEachHappens makes one round of every experiment.
func TestEachHappens(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	for _, e := range experiments() {
		t.Run(e.benchmarks[0].Name, func(t *testing.T) {
			e.times = max(2, e.times/10)
			l := &lab{experiment: e, rate: 1}
			if !l.lacks() {
				l.measure(harness.Limits{})
			}
			if l.trouble != "" {
				t.Fatal(l.trouble)
			}
			for i, b := range e.benchmarks {
				if len(l.taken[i].Ticks) == 0 && l.skip == nil {
					t.Errorf("%s has no samples", b.Name)
				}
			}
		})
	}
}
