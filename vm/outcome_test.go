package vm

import (
	"errors"
	"strings"
	"testing"

	"github.com/nsconform/nsconform/vm/wire"
)

func TestVerdictWeighsTheEvidence(t *testing.T) {
	records := wire.Tally{Records: 2, Checksum: 7}
	last := &wire.Last{ExitCode: 1, Records: 2, Checksum: 7}
	tests := []struct {
		name string
		seen evidence
		how  How
		why  string
	}{
		{"good", evidence{ready: true, last: last, received: records, stopReason: reasonPowerOff}, Finished, "exited with 1"},
		{"lost", evidence{ready: true, last: last, stopReason: reasonPowerOff}, RecordsLost, "sent 2 records"},
		{"altered", evidence{ready: true, last: last, received: wire.Tally{Records: 2}, stopReason: reasonPowerOff}, RecordsLost, "checksum"},
		{"reset after the last record", evidence{ready: true, last: last, received: records, stopReason: reasonReset}, GuestCrashed, "after its last record"},
		{"panic after the last record", evidence{ready: true, last: last, received: records, stopReason: reasonPowerOff, panicked: "Kernel panic"}, GuestCrashed, "Kernel panic"},
		{"reset", evidence{ready: true, stopReason: reasonReset}, GuestCrashed, "before its last record"},
		{"power-off", evidence{ready: true, stopReason: reasonPowerOff}, GuestCrashed, "before its last record"},
		{"early reset", evidence{stopReason: reasonReset}, NeverBooted, "before it was ready"},
		{"early panic", evidence{stopReason: reasonReset, panicked: "Kernel panic - VFS"}, NeverBooted, "VFS"},
		{"panic that hangs", evidence{ready: true, panicked: "Kernel panic", expired: "late"}, GuestCrashed, "Kernel panic"},
		{"slow boot", evidence{expired: "not ready"}, NeverBooted, "not ready"},
		{"silence", evidence{ready: true, expired: "no record"}, Hung, "no record"},
		{"QEMU", evidence{qemuError: errors.New("exit status 1"), qemuStderr: "qemu: one\nqemu: two\n"}, QEMUDied, "qemu: two"},
		{"QEMU is killed", evidence{ready: true, qemuError: errors.New("signal: killed")}, QEMUDied, "signal: killed"},
		{"cancelled", evidence{cancelled: true, ready: true, panicked: "Kernel panic"}, Cancelled, "interrupted"},
		{"job that did not start", evidence{ready: true, last: &wire.Last{ExitCode: -1, Error: "no such file"}, stopReason: reasonPowerOff}, Finished, "no such file"},
	}
	for _, tt := range tests {
		if how, why := tt.seen.verdict(); how != tt.how || !strings.Contains(why, tt.why) {
			t.Errorf("%s: got %s: %s", tt.name, how, why)
		}
	}
}
