package user

import (
	"time"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ahead returns a time two seconds ahead of the clock.
func ahead() unix.Timespec { return unix.NsecToTimespec(time.Now().Add(2 * time.Second).UnixNano()) }

// offset returns how far the clock is ahead of one that nobody can set, in seconds.
func offset() float64 {
	var steady unix.Timespec
	Arrange(unix.ClockGettime(unix.CLOCK_BOOTTIME, &steady))
	return time.Since(time.Unix(0, steady.Nano())).Seconds()
}

// adjust executes adjtimex(2) or clock_adjtime(2) with what it is about as it is.
func adjust(s *harness.Subject, modes uint32, byClock bool) error {
	var now unix.Timex
	Get(s.Syscall("adjtimex", unix.SYS_ADJTIMEX, harness.Struct(&now)))
	now.Modes = modes
	if byClock {
		_, err := s.Syscall("clock_adjtime", unix.SYS_CLOCK_ADJTIME, unix.CLOCK_REALTIME, harness.Struct(&now))
		return err
	}
	_, err := s.Syscall("adjtimex", unix.SYS_ADJTIMEX, harness.Struct(&now))
	return err
}

var _ = Specs("All capabilities of a user namespace are not enough", Label("user"), func() {
	It("to set the clock", Proves("user-clock-setting-eperm", "user-caps-limited-to-owned-namespaces"), func() {
		const frequency = 0x2 // ADJ_FREQUENCY
		all := pretenders()
		before := offset()
		for _, s := range all {
			now := ahead()
			Expect(s.Syscall("clock_settime", unix.SYS_CLOCK_SETTIME, unix.CLOCK_REALTIME, harness.Struct(&now))).Error().To(MatchError(unix.EPERM), "clock_settime")
			Expect(s.Syscall("settimeofday", unix.SYS_SETTIMEOFDAY, harness.Struct(&unix.Timeval{Sec: now.Sec}), nil)).Error().To(MatchError(unix.EPERM), "settimeofday")
			Expect(s.Syscall("settimeofday", unix.SYS_SETTIMEOFDAY, nil, harness.Struct(&[2]int32{}))).Error().To(MatchError(unix.EPERM), "settimeofday of the time zone")
		}
		Expect(offset()).To(BeNumerically("~", before, 1), "the clock")
		feat{"adjtimex", unix.EPERM, nil, func(s *harness.Subject) error { return adjust(s, frequency, false) }}.expect(all)
		feat{"clock_adjtime", unix.EPERM, nil, func(s *harness.Subject) error { return adjust(s, frequency, true) }}.expect(all)
	})
})
