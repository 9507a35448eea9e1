package bench

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
)

const (
	// tolerance is how far a median may be from that of the loop in C.
	tolerance = 0.03
	// Rounds of both are made in turn, and more where they do not agree yet: on a
	// busy machine a whole round can be slow. The order changes: what one leaves in
	// the kernel's caches and lists of free pages makes unshare of IPC up to 5 %
	// dearer for the other.
	fewRounds, manyRounds = 15, 120
	// A program that has just started finds the caches and the lists of free pages
	// otherwise than a subject does, which the first few hundred ipc namespaces show.
	manyCreations = 800
)

// TestAsFastAsC compares what subjects measure with a loop in C that makes the same
// calls on the same processor in the same minute.
func TestAsFastAsC(t *testing.T) {
	if os.Getuid() != 0 || runtime.GOARCH != "amd64" {
		t.Skip("needs root, and amd64")
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("needs gcc")
	}
	loop := filepath.Join(t.TempDir(), "loop")
	if out, err := exec.Command(gcc, "-O2", "-static", "-o", loop, "testdata/loop.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	compared := []struct {
		benchmark, operation string
		kind                 nsutil.Kind
	}{{"baseline/getppid", "getppid", ""}}
	for _, kind := range kinds {
		compared = append(compared, struct {
			benchmark, operation string
			kind                 nsutil.Kind
		}{"enter/fd/" + string(kind), "setns", kind})
	}
	for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.IPC, nsutil.Cgroup} {
		compared = append(compared, struct {
			benchmark, operation string
			kind                 nsutil.Kind
		}{"create/" + string(kind), "unshare", kind})
	}
	for _, c := range compared {
		t.Run(c.benchmark, func(t *testing.T) {
			e := of([]string{c.benchmark})[0]
			if c.operation == "unshare" {
				e.times = manyCreations
			}
			var ours, theirs []float64
			turns := []func(){
				func() { ours = append(ours, subjectMedian(t, e)) },
				func() { theirs = append(theirs, loopMedian(t, loop, e.times, c.operation, c.kind)) },
			}
			for len(ours) < manyRounds {
				for _, turn := range turns {
					settle(t, c.kind)
					turn()
				}
				slices.Reverse(turns) // each is as often the one that follows the other
				if len(ours) >= fewRounds && math.Abs(middle(ours)/middle(theirs)-1) <= tolerance {
					break
				}
			}
			ratio := middle(ours) / middle(theirs)
			t.Logf("%.0f ticks, in C %.0f: %+.1f %%, after %d rounds", middle(ours), middle(theirs), 100*(ratio-1), len(ours))
			if math.Abs(ratio-1) > tolerance {
				t.Errorf("more than %.0f %% from C", 100*tolerance)
			}
		})
	}
}

func settle(t *testing.T, kind nsutil.Kind) {
	measured(t, experiment{run: func(l *lab) { l.settle(kind) }})
}

func measured(t *testing.T, e experiment) *lab {
	t.Helper()
	l := &lab{experiment: e, rate: 1}
	l.measure(harness.Limits{})
	if l.trouble != "" || l.skip != nil {
		t.Fatal(l.trouble, l.skip)
	}
	return l
}

func subjectMedian(t *testing.T, e experiment) float64 {
	t.Helper()
	l := measured(t, e)
	ticks := slices.Sorted(slices.Values(l.taken[0].Ticks))
	return float64(ticks[(len(ticks)-1)/2])
}

func loopMedian(t *testing.T, loop string, times int, operation string, kind nsutil.Kind) float64 {
	out, err := exec.Command(loop, strconv.Itoa(lastCPU()), strconv.Itoa(times), operation, fmt.Sprint(kind.Flag()), string(kind)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ticks, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		t.Fatal(err)
	}
	return ticks
}

func middle(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[len(sorted)/2]
}
