package vm

import (
	"encoding/json"
	"os/exec"
	"runtime"
	"testing"
	"time"
)

func TestTSC(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("there is none")
	}
	if khz := tscKHz(); khz < 100_000 || khz > 20_000_000 {
		t.Errorf("%d kHz", khz)
	}
}

// TestClockOfAGuestOnABusyHost holds that a guest's clock goes as fast as the host's
// although the host was busy when it booted.
func TestClockOfAGuestOnABusyHost(t *testing.T) {
	const hogs = 12
	for range hogs {
		hog := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
		if err := hog.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { hog.Process.Kill(); hog.Wait() }()
	}
	var begin, end time.Time
	r := boot(t, func(c *Config, j *Job) {
		c.BootDeadline = time.Minute
		record := j.Record
		j.Record = func(line []byte) {
			record(line)
			begin, end = end, time.Now()
		}
	}, "clock", "1500")
	r.want(t, Finished, "exited with 0")
	var seen [2]struct{ Monotonic int64 }
	for i := range seen {
		if len(r.records) != len(seen) || json.Unmarshal([]byte(r.records[i]), &seen[i]) != nil {
			t.Fatalf("got %q", r.records)
		}
	}
	guest, host := time.Duration(seen[1].Monotonic-seen[0].Monotonic), end.Sub(begin)
	t.Logf("%v of the guest's are %v of the host's", guest, host)
	if ratio := guest.Seconds() / host.Seconds(); ratio > 1.5 || ratio < 0.5 {
		t.Errorf("%v of the guest's are %v of the host's", guest, host)
	}
}
