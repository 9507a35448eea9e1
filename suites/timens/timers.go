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

// timer is a timer of a subject.
type timer struct {
	set  func(flags int, value time.Duration) error
	left func() (time.Duration, error)
	// fires waits for the timer's expiration, which it takes away.
	fires func(limit time.Duration) (bool, error)
}

// absolute is TFD_TIMER_ABSTIME and TIMER_ABSTIME.
const absolute = 1

// timers are the ways to have a timer.
var timers = []struct {
	call, promise string
	arm           func(s *harness.Subject, clock int) timer
}{
	{"timerfd_settime", "time-timerfd-absolute-in-namespace-time", func(s *harness.Subject, clock int) timer {
		return timerfd(s, Get(s.TimerfdCreate(clock)))
	}},
	{"timer_settime", "time-timer-settime-absolute-in-namespace-time", func(s *harness.Subject, clock int) timer {
		const sig = unix.SIGUSR1
		Arrange(s.Block(sig))
		id := Get(s.TimerCreate(clock, sig))
		return timer{
			set:  func(flags int, value time.Duration) error { return s.TimerSettime(id, flags, value) },
			left: func() (time.Duration, error) { return s.TimerGettime(id) },
			fires: func(limit time.Duration) (bool, error) {
				err := s.AwaitSignal(sig, limit)
				if err == unix.EAGAIN {
					return false, nil
				}
				return err == nil, err
			},
		}
	}},
}

// timerfd is the timer behind a descriptor of s.
func timerfd(s *harness.Subject, fd int) timer {
	return timer{
		set:  func(flags int, value time.Duration) error { return s.TimerfdSettime(fd, flags, value) },
		left: func() (time.Duration, error) { return s.TimerfdGettime(fd) },
		fires: func(limit time.Duration) (bool, error) {
			events, err := s.Poll(fd, unix.POLLIN, limit)
			if err != nil || events == 0 {
				return false, err
			}
			_, err = s.Read(fd, 8)
			return true, err
		},
	}
}

// expectAbsolute claims that the timer of s fires when the clock, which the
// offsets are for, shows the time, and tells exactly how long that will take.
func expectAbsolute(s *harness.Subject, t timer, offsets nsutil.TimeOffsets, c clock) {
	for _, time := range past(s, offsets, c) {
		Expect(t.set(absolute, time)).To(Succeed())
		Expect(t.fires(patience())).To(BeTrue(), "%s shows what is over in %s", c.name, s.Name())
	}
	deadline := Get(s.ClockGettime(c.id)) + time.Hour
	Expect(t.set(absolute, deadline)).To(Succeed())
	expectLeft(s, t, deadline, c)
	Expect(t.fires(0)).To(BeFalse(), "an hour before %s shows it in %s", c.name, s.Name())

	deadline = Get(s.ClockGettime(c.id)) + moment
	Expect(t.set(absolute, deadline)).To(Succeed())
	Expect(t.fires(patience())).To(BeTrue(), "%s shows what is soon in %s", c.name, s.Name())
	Expect(s.ClockGettime(c.id)).To(BeNumerically(">=", deadline), "%s when it fired", c.name)
}

// expectLeft claims that the timer has as long to go as the clock of s.
func expectLeft(s *harness.Subject, t timer, deadline time.Duration, c clock) {
	before := Get(s.ClockGettime(c.id))
	left, err := t.left()
	after := Get(s.ClockGettime(c.id))
	Expect(err).NotTo(HaveOccurred())
	expectBetween(deadline-left, before, after, "%s when the timer told what is left", c.name)
}

// expectRelative claims that the timer fires after the time that it is set for.
func expectRelative(t timer, c clock) {
	start := now(unix.CLOCK_BOOTTIME)
	Expect(t.set(0, time.Hour)).To(Succeed())
	left, err := t.left()
	Expect(err).NotTo(HaveOccurred())
	expectBetween(time.Hour-left, 0, now(unix.CLOCK_BOOTTIME)-start, "what has passed of an hour by %s", c.name)
	Expect(t.fires(0)).To(BeFalse())

	start = now(unix.CLOCK_BOOTTIME)
	Expect(t.set(0, moment)).To(Succeed())
	Expect(t.fires(patience())).To(BeTrue(), "a moment by %s", c.name)
	Expect(now(unix.CLOCK_BOOTTIME)).To(BeNumerically(">=", start+moment), "a moment by %s", c.name)
}

var _ = Specs("Timers in a time namespace", Label("time"), func() {
	for _, m := range timers {
		It("fire at absolute times by the namespace's clocks: "+m.call, Proves(m.promise), func() {
			all := worlds()
			for _, offsets := range all {
				for _, c := range []clock{clockMonotonic, clockBoottime} {
					s := inside(offsets)
					expectAbsolute(s, m.arm(s, c.id), offsets, c)
				}
			}
			for _, offsets := range all[1:] {
				for _, s := range further(offsets) {
					expectAbsolute(s, m.arm(s, unix.CLOCK_MONOTONIC), offsets, clockMonotonic)
					expectAbsolute(s, m.arm(s, unix.CLOCK_BOOTTIME), offsets, clockBoottime)
				}
			}
			s := Spawn()
			expectAbsolute(s, m.arm(s, unix.CLOCK_BOOTTIME), nsutil.TimeOffsets{}, clockBoottime)
		})
	}

	It("go by the clocks of who sets them, though others have them, too", Proves("time-timerfd-absolute-in-namespace-time"), func() {
		all := worlds()
		for _, c := range []clock{clockMonotonic, clockBoottime} {
			offsets := all[0]
			maker := home(offsets)
			fd := Get(maker.TimerfdCreate(c.id))
			member := Get(maker.Fork())
			mine, members := timerfd(maker, fd), timerfd(member, fd)

			deadline := Get(member.ClockGettime(c.id)) + time.Hour
			Expect(members.set(absolute, deadline)).To(Succeed())
			expectLeft(member, members, deadline, c)
			expectLeft(member, mine, deadline, c)
			thread := Get(member.Thread())
			expectAbsolute(thread, timerfd(thread, fd), offsets, c)

			deadline = Get(maker.ClockGettime(c.id)) + time.Hour
			Expect(mine.set(absolute, deadline)).To(Succeed())
			expectLeft(maker, members, deadline, c)
			Arrange(maker.Join(member, nsutil.Time))
			Expect(mine.left()).To(BeNumerically(">", 59*time.Minute), "after its owner has changed its clocks")
			Expect(mine.fires(0)).To(BeFalse())
		}
	})

	It("keep to the time at which they were to fire when their owner's clocks change", Proves("time-timer-settime-absolute-in-namespace-time"), func() {
		for _, offsets := range worlds() {
			maker := home(offsets)
			t := timers[1].arm(maker, unix.CLOCK_MONOTONIC)
			witness := Spawn()
			deadline := Get(witness.ClockGettime(unix.CLOCK_MONOTONIC)) + time.Hour
			Expect(t.set(absolute, deadline)).To(Succeed())
			Arrange(maker.Join(maker, "time_for_children"))
			expectLeft(witness, t, deadline, clockMonotonic)
			expectAbsolute(maker, t, offsets, clockMonotonic)
		}
	})
})
