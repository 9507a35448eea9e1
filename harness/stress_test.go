package harness

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestTenThousandSpawns makes subjects while the garbage collector runs without
// pause and every thread is preempted all the time.
func TestTenThousandSpawns(t *testing.T) {
	const spawns = 10_000
	(&verdicts{T: t}).run(func() { NewScope(t, Limits{}) })
	before := openDescriptors(t)

	stop := stress()
	defer stop()
	begin := time.Now()
	for made := 0; made < spawns; {
		v := &verdicts{T: t}
		v.run(func() {
			scope := NewScope(v, Limits{Call: 20 * time.Second, End: 20 * time.Second})
			for range 20 {
				s := scope.Spawn()
				if made++; made%2 == 0 {
					if _, err := s.Fork(); err != nil {
						t.Fatalf("fork after %d spawns: %v", made, err)
					}
					made++
				}
				if pid, err := s.Getpid(); err != nil || pid != s.PID() {
					t.Fatalf("getpid after %d spawns = %d, %v", made, pid, err)
				}
			}
		})
		if len(v.broken)+len(v.timedOut)+len(v.leaked) > 0 {
			t.Fatalf("after %d spawns: %+v", made, v)
		}
	}
	t.Logf("%v a spawn", (time.Since(begin) / spawns).Round(time.Microsecond))
	stop()

	e, _ := theEngine()
	if left := theThreads.children(); len(left) != 1 || left[0] != e.zygote.pid {
		t.Errorf("children left: %v, want only the zygote, %d", left, e.zygote.pid)
	}
	if free := len(e.arena.free); free != slotCount-1 {
		t.Errorf("%d slots are free, want %d", free, slotCount-1)
	}
	if after := openDescriptors(t); after > before {
		t.Errorf("%d descriptors are open, %d were before", after, before)
	}
}

// stress runs the garbage collector and preempts all threads, by the signal that
// the runtime itself uses for it, until the returned function is called.
func stress() (stop func()) {
	var done atomic.Bool
	old := debug.SetGCPercent(1)
	for range 2 {
		go func() {
			var garbage [][]byte
			for !done.Load() {
				garbage = append(garbage, make([]byte, 1<<16))
				if len(garbage) > 16 {
					garbage = nil
					runtime.GC()
				}
			}
		}()
	}
	go func() {
		for !done.Load() {
			tasks, _ := os.ReadDir("/proc/self/task")
			for _, task := range tasks {
				var tid int
				for _, c := range task.Name() {
					tid = 10*tid + int(c-'0')
				}
				unix.Tgkill(os.Getpid(), tid, syscall.SIGURG)
			}
			time.Sleep(100 * time.Microsecond)
		}
	}()
	return func() {
		if done.CompareAndSwap(false, true) {
			debug.SetGCPercent(old)
		}
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	runtime.GC()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	perThread := 2 * len(theThreads.threads) // as many threads as there have to be, for good
	return len(entries) - perThread
}

// TestSpawnCostDoesNotGrowWithTheHeap holds the zygote's reason for being.
func TestSpawnCostDoesNotGrowWithTheHeap(t *testing.T) {
	cost := func() time.Duration {
		const n = 200
		v := &verdicts{T: t}
		var taken time.Duration
		v.run(func() {
			scope := NewScope(v, Limits{})
			begin := time.Now()
			for range n {
				scope.Spawn()
			}
			taken = time.Since(begin) / n
		})
		return taken
	}
	cost()
	small := cost()
	heap := make([]byte, 256<<20)
	for i := 0; i < len(heap); i += 4096 {
		heap[i] = 1
	}
	large := cost()
	runtime.KeepAlive(heap)
	t.Logf("a spawn: %v with a small heap, %v with 256 MiB", small, large)
	if large > 3*small+time.Millisecond {
		t.Errorf("a spawn takes %v with a heap of 256 MiB, %v with a small one", large, small)
	}
}

// BenchmarkCall measures one round trip to a subject.
func BenchmarkCall(b *testing.B) {
	s := NewScope(b, Limits{}).Spawn()
	for b.Loop() {
		s.Getpid()
	}
}

// BenchmarkSpawn measures a subject's life.
func BenchmarkSpawn(b *testing.B) {
	for b.Loop() {
		v := &verdicts{T: &testing.T{}}
		v.run(func() { NewScope(v, Limits{}).Spawn() })
	}
}
