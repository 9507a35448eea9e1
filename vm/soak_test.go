package vm

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSoak restores a machine NSCONFORM_SOAK times, three at once: none is lost, each
// does its own job, and each has randomness of its own.
func TestSoak(t *testing.T) {
	restores, _ := strconv.Atoi(os.Getenv("NSCONFORM_SOAK"))
	if restores < 1 {
		t.Skip("see make soak")
	}
	s := saveMachine(t, nil)
	before := descriptors(t)
	var took []float64
	random := map[string]string{}
	var mutex sync.Mutex
	next := make(chan int)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for i := range next {
				begin := time.Now()
				seen := soakOnce(t, s, i)
				mutex.Lock()
				took = append(took, time.Since(begin).Seconds())
				if other, ok := random[seen.Random]; ok && seen.Random != "" {
					t.Errorf("%s and %s have the same random bytes", other, seen.Name)
				}
				random[seen.Random] = seen.Name
				mutex.Unlock()
			}
		})
	}
	for i := range restores {
		next <- i
	}
	close(next)
	all.Wait()
	nothingIsLeft(t, before)
	slices.Sort(took)
	t.Logf("%d restores, median %.2f s, longest %.2f s", len(took), took[len(took)/2], took[len(took)-1])
}

// soakOnce restores a copy for the job of that number: records that can be told from
// those of the others, or what no two machines may have in common.
func soakOnce(t *testing.T, s *Snapshot, i int) (seen freshness) {
	name := fmt.Sprint("restore ", i)
	args, count := []string{"records", fmt.Sprint(10 + i)}, 10+i
	if i%5 == 0 {
		args, count = []string{"fresh", name}, 1
	}
	r := runIn(t, s, nil, args...)
	if !r.Boot.Restored || r.How != Finished || r.ExitCode != 0 || len(r.records) != count || r.Garbage != 0 || len(r.complaints) != 0 {
		t.Errorf("%s: %s: %s, restored %v (%s), %d records of %d, %d bytes of garbage, complaints %v",
			name, r.How, r.Why, r.Boot.Restored, r.Boot.NotRestored, len(r.records), count, r.Garbage, r.complaints)
		return seen
	}
	for n, line := range r.records {
		if want := fmt.Sprintf(`{"n":%d,"pad":%q}`, n, strings.Repeat("x", n%200)); count > 1 && line != want {
			t.Errorf("%s: record %d is %s", name, n, line)
		}
	}
	if count == 1 && (json.Unmarshal([]byte(r.records[0]), &seen) != nil || seen.Name != name) {
		t.Errorf("%s: got %s", name, r.records[0])
	}
	return seen
}
