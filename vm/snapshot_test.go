package vm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nsconform/nsconform/reports"
)

func saveMachine(t testing.TB, change func(*Config)) *Snapshot {
	t.Helper()
	c := Config{Kernel: testKernel(t), Init: buildInit(t), Accelerator: TCG}
	if change != nil {
		change(&c)
	}
	s, err := Save(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// runIn restores a copy of s for a job.
func runIn(t testing.TB, s *Snapshot, change func(*Job), args ...string) *guestRun {
	t.Helper()
	r := &guestRun{}
	j := Job{
		Args:      args,
		Console:   &r.console,
		Booted:    func(Boot) { r.boots++ },
		Record:    func(line []byte) { r.records = append(r.records, string(line)) },
		Complaint: func(c reports.Complaint) { r.complaints = append(r.complaints, c) },
	}
	if change != nil {
		change(&j)
	}
	var err error
	if r.Outcome, err = s.Run(t.Context(), j); err != nil {
		t.Error(err)
		r.Outcome = &Outcome{}
	}
	return r
}

func (r *guestRun) wantRestored(t testing.TB) {
	t.Helper()
	if !r.Boot.Restored || r.Boot.NotRestored != "" || r.boots != 1 {
		t.Errorf("restored %v, %q, %d boots", r.Boot.Restored, r.Boot.NotRestored, r.boots)
	}
}

// freshness is what the guest's "fresh" records.
type freshness struct {
	Name           string
	Random         string
	Wall           int64
	Monotonic      int64
	SleptWall      int64 `json:"slept_wall"`
	SleptMonotonic int64 `json:"slept_monotonic"`
}

func TestRestoredMachinesAreTheirOwn(t *testing.T) {
	for _, tt := range []struct {
		name    string
		modules []string
	}{
		{"serial or built-in virtio", nil},
		{"virtio", []string{"virtio_pci", "virtio_console"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Now()
			s := saveMachine(t, func(c *Config) { c.Modules = tt.modules })
			saved := time.Since(begin)
			time.Sleep(time.Second) // which no guest may take for its own time
			seen := make([]freshness, 3)
			var all sync.WaitGroup
			for i := range seen {
				all.Go(func() {
					r := runIn(t, s, nil, "fresh", fmt.Sprint("job ", i))
					r.wantRestored(t)
					if r.How != Finished || len(r.records) != 1 || json.Unmarshal([]byte(r.records[0]), &seen[i]) != nil {
						t.Errorf("got %s: %s, %q", r.How, r.Why, r.records)
					}
					seen[i].check(t, saved, r.Boot.VM.BootSeconds)
				})
			}
			all.Wait()
			for i, f := range seen {
				if f.Name != fmt.Sprint("job ", i) || f.Random == seen[(i+1)%len(seen)].Random {
					t.Errorf("%d: got %+v and %+v", i, f, seen[(i+1)%len(seen)])
				}
			}
			t.Logf("%s, saved in %v, %+v", s.boot.Port, saved, seen)
		})
	}
}

func (f *freshness) check(t *testing.T, saved time.Duration, restoreSeconds float64) {
	t.Helper()
	const slack = 10 * time.Second // for a busy machine
	if off := time.Since(time.Unix(0, f.Wall)); off < 0 || off > slack {
		t.Errorf("the wall clock is %v behind", off)
	}
	// The guest's clock begins after QEMU, and does not run while it is saved.
	if latest := saved + time.Duration(restoreSeconds*1e9) + slack; f.Monotonic <= 0 || f.Monotonic > int64(latest) {
		t.Errorf("the monotonic clock is at %v", time.Duration(f.Monotonic))
	}
	for _, slept := range []int64{f.SleptWall, f.SleptMonotonic} {
		if slept < int64(50*time.Millisecond) || slept > int64(slack) {
			t.Errorf("slept %v instead of 50ms", time.Duration(slept))
		}
	}
}

func TestRestoredMachinesAreJudgedLikeOthers(t *testing.T) {
	s := saveMachine(t, nil)
	for _, tt := range []struct {
		args []string
		how  How
		why  string
	}{
		{[]string{"panic", "veth"}, GuestCrashed, "Kernel panic - not syncing: sysrq triggered crash"},
		{[]string{"records", "500"}, Finished, "exited with 0"},
		{[]string{"hang"}, Hung, "no record came for 2s"},
		{[]string{"exit", "3"}, Finished, "exited with 3"},
		{[]string{"poweroff"}, GuestCrashed, "before its last record"},
		{[]string{"garbage", "10000"}, Finished, "exited with 0"},
	} {
		t.Run(tt.args[0], func(t *testing.T) {
			t.Parallel()
			r := runIn(t, s, func(j *Job) {
				if tt.args[0] == "hang" {
					j.SilenceDeadline = 500 * time.Millisecond
				}
			}, tt.args...)
			r.wantRestored(t)
			r.want(t, tt.how, tt.why)
			if tt.args[0] == "records" && (len(r.records) != 500 || r.Records != 500) {
				t.Errorf("%d records came, %d said", len(r.records), r.Records)
			}
			if tt.args[0] == "panic" && (len(r.complaints) != 1 || r.complaints[0].Spec != "net/veth") {
				t.Errorf("got %+v", r.complaints)
			}
		})
	}
}

func TestWhatWasSaidBeforeTheSaveIsKept(t *testing.T) {
	s := saveMachine(t, nil)
	s.console = []byte("[    1.000000] WARNING: CPU: 0 PID: 1 at early/boot.c:1\n")
	for range 2 {
		r := runIn(t, s, nil, "exit", "0")
		if !strings.HasPrefix(r.console.String(), string(s.console)) || len(r.complaints) != 1 || r.complaints[0].Kind != "WARNING" {
			t.Errorf("got %q, %+v", r.console.String(), r.complaints)
		}
	}
}

func TestWhatIsNotRestoredIsBooted(t *testing.T) {
	s := saveMachine(t, nil)
	with := func(state []byte, memory *os.File) *Snapshot {
		return &Snapshot{plan: s.plan, boot: s.boot, state: state, memory: memory}
	}
	empty, err := inMemory("memory", func(f *os.File) error { return f.Truncate(1024 << 20) })
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	for _, tt := range []struct {
		name   string
		broken *Snapshot
		why    string
	}{
		{"truncated", with(s.state[:len(s.state)/2], s.memory), "load of migration failed"},
		{"no state", with([]byte(strings.Repeat("x", 1000)), s.memory), "load of migration failed"},
		{"another's memory", with(s.state, empty), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := runIn(t, tt.broken, nil, "records", "3")
			r.want(t, Finished, "exited with 0")
			if r.Boot.Restored || r.Boot.NotRestored == "" || r.boots != 1 || len(r.records) != 3 {
				t.Errorf("got %+v, %d boots, records %q", r.Boot, r.boots, r.records)
			}
			if !strings.Contains(r.Boot.NotRestored, tt.why) {
				t.Errorf("got %s; want ...%s...", r.Boot.NotRestored, tt.why)
			}
		})
	}
}

func TestWhyNothingIsSaved(t *testing.T) {
	k, init := testKernel(t), buildInit(t)
	noProgram := filepath.Join(t.TempDir(), "init")
	if err := os.WriteFile(noProgram, []byte("not a program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		c   Config
		why string
	}{
		{Config{Init: init, BootDeadline: 50 * time.Millisecond}, "boot a machine to save it: the guest was not ready within 200ms"},
		{Config{Init: noProgram}, "boot a machine to save it: Kernel panic"},
		{Config{Init: init, CPUs: 100000}, "100000"},
		{Config{Init: "/nonexistent"}, "no such file"},
	} {
		before := descriptors(t)
		tt.c.Kernel, tt.c.Accelerator = k, TCG
		_, err := Save(t.Context(), tt.c)
		if err == nil || !strings.Contains(err.Error(), tt.why) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v; want ...%s...", err, tt.why)
		}
		nothingIsLeft(t, before)
	}
}

func nothingIsLeft(t *testing.T, descriptorsBefore int) {
	t.Helper()
	if after := descriptors(t); after > descriptorsBefore {
		t.Errorf("%d descriptors before, %d after", descriptorsBefore, after)
	}
	if out, err := exec.Command("pgrep", "-P", fmt.Sprint(os.Getpid()), "qemu").Output(); err == nil {
		t.Errorf("QEMU still runs: %s", out)
	}
}

func TestCancelledSaveLeavesNothing(t *testing.T) {
	c := Config{Kernel: testKernel(t), Init: buildInit(t), Accelerator: TCG}
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond, 700 * time.Millisecond, 1400 * time.Millisecond} {
		before := descriptors(t)
		ctx, cancel := context.WithTimeout(t.Context(), after)
		s, err := Save(ctx, c)
		cancel()
		if err == nil {
			s.Close()
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: got %v", after, err)
		}
		nothingIsLeft(t, before)
	}
}

func TestCancelledRestoreLeavesNothing(t *testing.T) {
	before := descriptors(t)
	s := saveMachine(t, nil)
	for _, after := range []time.Duration{0, 10 * time.Millisecond, 25 * time.Millisecond, 40 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		o, err := s.Run(ctx, Job{Args: []string{"hang"}, Record: func([]byte) {}})
		cancel()
		if err != nil || o.How != Cancelled {
			t.Errorf("after %v: got %+v, %v", after, o, err)
		}
		nothingIsLeft(t, before+1)
	}
	s.Close()
	s.Close()
	if _, err := s.Run(t.Context(), Job{Record: func([]byte) {}}); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
	nothingIsLeft(t, before)
}
