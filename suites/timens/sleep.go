package timens

import (
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// moment is a real duration that specs can afford to wait for.
const moment = time.Millisecond

// interrupted has calls of s that sleep end with EINTR after the time, and again
// and again, so that one cannot begin too late to be interrupted.
func interrupted(s *harness.Subject, after time.Duration) {
	Arrange(s.Handle(unix.SIGALRM))
	each := unix.NsecToTimeval(int64(after))
	Get(s.Syscall("setitimer", unix.SYS_SETITIMER, unix.ITIMER_REAL, harness.Struct(&unix.Itimerval{Interval: each, Value: each}), nil))
}

// expectSleeps claims that absolute sleeps of s end when the clock, which the
// offsets are for, shows the time, and not before.
func expectSleeps(s *harness.Subject, offsets nsutil.TimeOffsets, c clock) {
	interrupted(s, moment)
	far := Get(s.ClockGettime(c.id)) + time.Hour
	Expect(s.ClockNanosleep(c.id, unix.TIMER_ABSTIME, far)).To(MatchError(unix.EINTR), "an hour before %s shows it in %s", c.name, s.Name())
	interrupted(s, patience())
	for _, deadline := range past(s, offsets, c) {
		Expect(s.ClockNanosleep(c.id, unix.TIMER_ABSTIME, deadline)).To(Succeed(), "until %s shows what is over in %s", c.name, s.Name())
	}
	deadline := Get(s.ClockGettime(c.id)) + moment
	Expect(s.ClockNanosleep(c.id, unix.TIMER_ABSTIME, deadline)).To(Succeed(), "until %s shows what is soon in %s", c.name, s.Name())
	Expect(s.ClockGettime(c.id)).To(BeNumerically(">=", deadline), "after a sleep until %s", c.name)
}

// past returns times that are over by the clock of s; to the suite, those by a
// clock that is ahead are far away.
func past(s *harness.Subject, offsets nsutil.TimeOffsets, c clock) []time.Duration {
	shown := Get(s.ClockGettime(c.id))
	all := []time.Duration{shown, shown / 2, 1}
	if ahead := c.ahead(offsets); ahead > 0 {
		all = append(all, shown-ahead/2)
	}
	return all
}

// sleeps are calls that sleep for a time, whatever the clocks show.
var sleeps = []struct {
	name  string
	sleep func(s *harness.Subject, t time.Duration) (left time.Duration, err error)
}{
	{"nanosleep", func(s *harness.Subject, t time.Duration) (time.Duration, error) {
		request, left := unix.NsecToTimespec(int64(t)), unix.Timespec{}
		_, err := s.Syscall("nanosleep", unix.SYS_NANOSLEEP, harness.Struct(&request), harness.Struct(&left))
		return time.Duration(left.Nano()), err
	}},
	{"clock_nanosleep with CLOCK_REALTIME", sleepBy(unix.CLOCK_REALTIME)},
	{"clock_nanosleep with CLOCK_MONOTONIC", sleepBy(unix.CLOCK_MONOTONIC)},
	{"clock_nanosleep with CLOCK_BOOTTIME", sleepBy(unix.CLOCK_BOOTTIME)},
}

func sleepBy(clock int) func(*harness.Subject, time.Duration) (time.Duration, error) {
	return func(s *harness.Subject, t time.Duration) (time.Duration, error) {
		request, left := unix.NsecToTimespec(int64(t)), unix.Timespec{}
		_, err := s.Syscall("clock_nanosleep", unix.SYS_CLOCK_NANOSLEEP, clock, 0, harness.Struct(&request), harness.Struct(&left))
		return time.Duration(left.Nano()), err
	}
}

var _ = Specs("Sleeping in a time namespace", Label("time"), func() {
	It("until an absolute time goes by the namespace's clocks", Proves("time-clock-nanosleep-absolute-in-namespace-time"), func() {
		for _, offsets := range worlds() {
			for _, c := range []clock{clockMonotonic, clockBoottime} {
				expectSleeps(inside(offsets), offsets, c)
				expectSleeps(Spawn(), nsutil.TimeOffsets{}, c)
			}
		}
		for _, offsets := range worlds()[1:] {
			for _, s := range further(offsets) {
				expectSleeps(s, offsets, clockMonotonic)
				expectSleeps(s, offsets, clockBoottime)
			}
		}
	})

	It("for a time takes that time", Proves("time-relative-sleep-unaffected"), func() {
		for _, offsets := range append(worlds(), nsutil.TimeOffsets{}) {
			s := inside(offsets)
			interrupted(s, patience())
			for _, call := range sleeps {
				start := now(unix.CLOCK_MONOTONIC)
				_, err := call.sleep(s, moment)
				Expect(err).NotTo(HaveOccurred(), call.name)
				Expect(now(unix.CLOCK_MONOTONIC)).To(BeNumerically(">=", start+moment), call.name)
			}
		}
	})

	It("for a time leaves the rest of it when a signal comes", Proves("time-relative-sleep-unaffected"), func() {
		for _, offsets := range worlds() {
			s := inside(offsets)
			const slack = 1 // nanosecond, which counts as part of what is left
			Get(s.Prctl(unix.PR_SET_TIMERSLACK, slack))
			interrupted(s, moment)
			for _, call := range sleeps {
				start := now(unix.CLOCK_MONOTONIC)
				left, err := call.sleep(s, time.Hour)
				slept := now(unix.CLOCK_MONOTONIC) - start
				Expect(err).To(MatchError(unix.EINTR), call.name)
				expectBetween(time.Hour-left, -slack, slept, "what %s has slept of an hour", call.name)
			}
		}
	})

	It("for a time that a timer counts takes that time", Proves("time-relative-sleep-unaffected"), func() {
		for _, offsets := range worlds() {
			s := inside(offsets)
			for _, c := range []clock{clockMonotonic, clockBoottime} {
				for _, m := range timers {
					expectRelative(m.arm(s, c.id), c)
				}
			}
		}
	})
})
