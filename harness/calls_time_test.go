package harness

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestVDSOTellsTheTime(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	before := must[time.Duration](t)(s.ClockGettime(unix.CLOCK_MONOTONIC))
	vdso := must[time.Duration](t)(s.ClockGettimeVDSO(unix.CLOCK_MONOTONIC))
	after := must[time.Duration](t)(s.ClockGettime(unix.CLOCK_MONOTONIC))
	if vdso < before || vdso > after {
		t.Errorf("%v is not between %v and %v", vdso, before, after)
	}
}
