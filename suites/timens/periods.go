package timens

import (
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// setting is struct itimerspec: the period, and the time until the expiration or of it.
type setting [2]unix.Timespec

func every(period, first time.Duration) setting {
	return setting{unix.NsecToTimespec(int64(period)), unix.NsecToTimespec(int64(first))}
}

func (v setting) period() time.Duration { return time.Duration(v[0].Nano()) }
func (v setting) left() time.Duration   { return time.Duration(v[1].Nano()) }

// periodic are timers that fire again and again: what sets them returns what was set before.
var periodic = []struct {
	call, promise string
	create        func(s *harness.Subject, clock int) (id int)
	fires         func(s *harness.Subject, id int) error
	set, get      uintptr
}{
	{"timerfd_settime", "time-timerfd-absolute-in-namespace-time", func(s *harness.Subject, clock int) int {
		return Get(s.TimerfdCreate(clock))
	}, func(s *harness.Subject, id int) error {
		_, err := s.Read(id, 8)
		return err
	}, unix.SYS_TIMERFD_SETTIME, unix.SYS_TIMERFD_GETTIME},
	{"timer_settime", "time-timer-settime-absolute-in-namespace-time", func(s *harness.Subject, clock int) int {
		Arrange(s.Block(unix.SIGUSR1))
		return Get(s.TimerCreate(clock, unix.SIGUSR1))
	}, func(s *harness.Subject, _ int) error { return s.AwaitSignal(unix.SIGUSR1, patience()) }, unix.SYS_TIMER_SETTIME, unix.SYS_TIMER_GETTIME},
}

var _ = Specs("Periodic timers in a time namespace", Label("time"), func() {
	const period = 30 * time.Minute
	for _, p := range periodic {
		It("keep their period, and tell the next what was left of them: "+p.call, Proves(p.promise, "time-relative-sleep-unaffected"), func() {
			for _, offsets := range worlds() {
				for _, c := range []clock{clockMonotonic, clockBoottime} {
					s := inside(offsets)
					id, old := p.create(s, c.id), setting{}
					set := func(flags int, first time.Duration) {
						value := every(period, first)
						Expect(s.Syscall(p.call, p.set, id, flags, harness.Struct(&value), harness.Struct(&old))).Error().NotTo(HaveOccurred())
					}
					shown := Get(s.ClockGettime(c.id))
					set(absolute, shown+time.Hour)
					Expect(old).To(Equal(setting{}), "before the first")
					before := Get(s.ClockGettime(c.id))
					set(0, 2*time.Hour)
					expectBetween(shown+time.Hour-old.left(), before, Get(s.ClockGettime(c.id)), "%s when what was left is told", c.name)
					Expect(old.period()).To(Equal(period))
					set(absolute, shown-moment)
					expectBetween(old.left(), 2*time.Hour-time.Minute, 2*time.Hour, "what is left of a relative one")
					Expect(p.fires(s, id)).To(Succeed(), "what is over by %s", c.name)

					var next setting
					before = Get(s.ClockGettime(c.id))
					Expect(s.Syscall(strings.Replace(p.call, "set", "get", 1), p.get, id, harness.Struct(&next))).Error().NotTo(HaveOccurred())
					after := Get(s.ClockGettime(c.id))
					Expect(next.period()).To(Equal(period))
					expectBetween(shown-moment+period-next.left(), before, after, "%s when it told the time until the next", c.name)
				}
			}
		})
	}

	It("of processes fire after the time that they are set for", Proves("time-relative-sleep-unaffected"), func() {
		for _, offsets := range worlds() {
			s := inside(offsets)
			value, left := unix.Itimerval{Value: unix.NsecToTimeval(int64(time.Hour))}, unix.Itimerval{}
			start := now(unix.CLOCK_MONOTONIC)
			Get(s.Syscall("setitimer", unix.SYS_SETITIMER, unix.ITIMER_REAL, harness.Struct(&value), nil))
			Expect(s.Syscall("getitimer", unix.SYS_GETITIMER, unix.ITIMER_REAL, harness.Struct(&left))).Error().NotTo(HaveOccurred())
			passed := now(unix.CLOCK_MONOTONIC) - start
			expectBetween(time.Hour-time.Duration(left.Value.Nano()), -time.Microsecond, passed+time.Microsecond, "what has passed of an hour")
			Arrange(s.Block(unix.SIGALRM))
			interval := unix.NsecToTimeval(int64(moment))
			value = unix.Itimerval{Interval: interval, Value: interval}
			start = now(unix.CLOCK_MONOTONIC)
			Get(s.Syscall("setitimer", unix.SYS_SETITIMER, unix.ITIMER_REAL, harness.Struct(&value), nil))
			for range 2 {
				start += moment
				Expect(s.AwaitSignal(unix.SIGALRM, patience())).To(Succeed())
				Expect(now(unix.CLOCK_MONOTONIC)).To(BeNumerically(">=", start))
			}
		}
	})
})
