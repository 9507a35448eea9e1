package bench

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

// bucket is how many namespaces of a filling are one point of its curve.
const bucket = 100

// filling returns where the buckets of a filling of n end: at its beginning, in its
// middle and at its end.
func filling(n int) []int {
	middle := (n/2 + bucket - 1) / bucket * bucket
	return []int{bucket, middle, n}
}

// fillings are points of how the making of namespaces, all of which are held, gets
// on: it is not the others that are in its way, which the live curve shows, but the
// memory that was never used before.
func fillings(kind nsutil.Kind, n int) []reports.PlannedBenchmark {
	var all []reports.PlannedBenchmark
	flag := nsutil.FlagString(kind.Flag())
	for _, end := range filling(n) {
		all = append(all, point("fill/"+string(kind), "namespaces made and held", "n", end, kind,
			fmt.Sprintf("unshare(%s), numbers %d to %d of a filling", flag, end-bucket+1, end)))
	}
	return all
}

// recordFilling records the points of a filling, of which the first is the benchmark
// numbered i.
func (l *lab) recordFilling(i int, all harness.Track) {
	for _, end := range filling(len(all.Ticks)) {
		l.record(i, harness.Track{Ticks: all.Ticks[end-bucket : end]})
		i++
	}
}
