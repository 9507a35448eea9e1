package vm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/reports"
)

// scan returns "kind fatal spec lines" of each complaint in a console.
func scan(console string, slow bool) (found []reports.Complaint) {
	c := complaints{slow: slow, emit: func(r reports.Complaint) { found = append(found, r) }}
	l := lines{each: c.line}
	for _, b := range []byte(console) { // the hardest way to arrive
		l.write([]byte{b})
	}
	l.end()
	c.flush()
	return found
}

func TestComplaintsInConsoles(t *testing.T) {
	type found struct {
		Kind, Spec, First string
		Lines             int
		Fatal             bool
	}
	tests := []struct {
		file string
		want []found
	}{
		{"clean.txt", nil},
		{"oops.txt", []found{
			{"oops", "mnt/move", "BUG: kernel NULL pointer dereference, address: 0000000000000000", 10, true},
			{"panic", "mnt/move", "Kernel panic - not syncing: Fatal exception", 3, true},
		}},
		{"warning.txt", []found{
			{"WARNING", "net/veth", "WARNING: CPU: 1 PID: 321 at net/core/dev.c:10885 netdev_run_todo+0x4a1/0x580", 8, false},
			{"WARNING", "", "WARNING: CPU: 0 PID: 1 at kernel/nsproxy.c:1 f+0x1/0x2", 2, false},
		}},
		{"kasan.txt", []found{{"KASAN", "", "BUG: KASAN: slab-use-after-free in put_net+0x12/0x40", 6, true}}},
		{"various.txt", []found{
			{"UBSAN", "a", "UBSAN: array-index-out-of-bounds in net/core/dev.c:100:12", 2, false},
			{"namespace leak", "b", "unregister_netdevice: waiting for lo to become free. Usage count = 1", 1, false},
			{"hung task", "b", "INFO: task ip:123 blocked for more than 120 seconds.", 3, false},
			{"BUG", "b", "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:580", 2, false},
			{"oops", "", "general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] PREEMPT SMP", 2, true},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			console, err := os.ReadFile(filepath.Join("testdata", "console", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			var got []found
			for _, c := range scan(string(console), true) {
				got = append(got, found{c.Kind, c.Spec, c.Lines[0], len(c.Lines), c.Fatal})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStallsAreFatalOnlyWhereCPUsAreFast(t *testing.T) {
	for _, line := range []string{
		"[   60.000000] rcu: INFO: rcu_preempt self-detected stall on CPU\n",
		"[   60.000000] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:\n",
		"[   60.000000][    C1] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [ip:99]\n",
		"[   60.000000] BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!\n",
	} {
		for _, slow := range []bool{true, false} {
			got := scan(line, slow)
			if len(got) != 1 || got[0].Fatal == slow {
				t.Errorf("slow %v: %q gives %+v", slow, line, got)
			}
		}
	}
}

func TestComplaintIsBounded(t *testing.T) {
	got := scan("[    1.000000] WARNING: x\n"+strings.Repeat("[    1.000000] trace\n", 5000), false)
	if len(got) != 1 || len(got[0].Lines) != maxComplaint {
		t.Errorf("%d complaints", len(got))
	}
}

func TestConsoleMemoryIsBounded(t *testing.T) {
	var c complaints
	l := lines{each: c.line}
	chunk := []byte(strings.Repeat("z", 1<<20))
	for range 1024 { // 1 GiB without a newline
		l.write(chunk)
	}
	if cap(l.partial) > 4*maxLineBytes {
		t.Errorf("holds %d bytes", cap(l.partial))
	}
	for range 100_000 {
		l.write([]byte("line\n"))
	}
	if len(l.last) != tailLines {
		t.Errorf("keeps %d lines", len(l.last))
	}
}
