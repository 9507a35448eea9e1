package timens

import (
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// clock is a clock and how far it is ahead in a namespace with given offsets.
type clock struct {
	name  string
	id    int
	ahead func(nsutil.TimeOffsets) time.Duration
}

func monotonic(o nsutil.TimeOffsets) time.Duration { return o.Monotonic }
func boottime(o nsutil.TimeOffsets) time.Duration  { return o.Boottime }
func nothing(nsutil.TimeOffsets) time.Duration     { return 0 }

var (
	clockMonotonic = clock{"CLOCK_MONOTONIC", unix.CLOCK_MONOTONIC, monotonic}
	clockCoarse    = clock{"CLOCK_MONOTONIC_COARSE", unix.CLOCK_MONOTONIC_COARSE, monotonic}
	clockRaw       = clock{"CLOCK_MONOTONIC_RAW", unix.CLOCK_MONOTONIC_RAW, monotonic}
	clockBoottime  = clock{"CLOCK_BOOTTIME", unix.CLOCK_BOOTTIME, boottime}
	clockAlarm     = clock{"CLOCK_BOOTTIME_ALARM", unix.CLOCK_BOOTTIME_ALARM, boottime}
	clockRealtime  = clock{"CLOCK_REALTIME", unix.CLOCK_REALTIME, nothing}
	clockTAI       = clock{"CLOCK_TAI", unix.CLOCK_TAI, nothing}

	shifted = []clock{clockMonotonic, clockCoarse, clockRaw, clockBoottime}
	steady  = []clock{clockRealtime, {"CLOCK_REALTIME_COARSE", unix.CLOCK_REALTIME_COARSE, nothing}, clockTAI}
)

// needAlarm skips the spec where no hardware can wake the machine, without which
// there are no alarm clocks.
func needAlarm() {
	if _, err := Spawn().ClockGettime(unix.CLOCK_BOOTTIME_ALARM); err == unix.EINVAL {
		SkipFor(reports.SkipResource, "the machine has no clock that could wake it")
	}
}

// ways are the ways to read a clock.
var ways = []struct {
	name string
	read func(*harness.Subject, int) (time.Duration, error)
}{
	{"the system call", (*harness.Subject).ClockGettime},
	{"the vDSO", (*harness.Subject).ClockGettimeVDSO},
	{"the system call after the vDSO", (*harness.Subject).ClockGettime},
}

// expectClocks claims that the clocks of s are ahead of the suite's by what the
// offsets say, to the nanosecond, whichever way they are read.
func expectClocks(s *harness.Subject, offsets nsutil.TimeOffsets, clocks ...clock) {
	for _, c := range clocks {
		for _, way := range ways {
			before := now(c.id)
			got, err := way.read(s, c.id)
			after := now(c.id)
			Expect(err).NotTo(HaveOccurred(), "%s of %s by %s", c.name, s.Name(), way.name)
			expectBetween(got-c.ahead(offsets), before, after, "%s of %s by %s, less the offset", c.name, s.Name(), way.name)
		}
	}
}

// expectBetween claims that got is at least low and at most high.
func expectBetween(got, low, high time.Duration, what ...any) {
	Expect(got).To(And(BeNumerically(">=", low), BeNumerically("<=", high)), what...)
}

// expectDay claims that the calls that tell nothing but the time of day tell s that of the suite.
func expectDay(s *harness.Subject) {
	var day unix.Timeval
	before := now(unix.CLOCK_REALTIME)
	Expect(s.Syscall("gettimeofday", unix.SYS_GETTIMEOFDAY, harness.Struct(&day), nil)).Error().NotTo(HaveOccurred())
	expectBetween(time.Duration(day.Nano()), before.Truncate(time.Microsecond), now(unix.CLOCK_REALTIME), "gettimeofday by %s", s.Name())
}

// joinsByPidfd returns a process that has moved into member's time namespace,
// after it has used the vDSO; by setns with a pidfd where the kernel knows that.
func joinsByPidfd(member *harness.Subject) *harness.Subject {
	s := Spawn(harness.Named("joined by pidfd"))
	expectAgreement(s)
	fd, known := Get(s.OpenNS(member, nsutil.Time)), Get(nsutil.Running())
	if known.AtLeast(nsutil.Version{Major: 5, Minor: 8}) {
		fd = Get(s.PidfdOpen(member.PID()))
	}
	Expect(s.Setns(fd, newtime)).To(Succeed())
	return s
}

var _ = Specs("The clocks of a time namespace:", Label("time"), func() {
	It("CLOCK_MONOTONIC is shifted by the monotonic offset", Proves("time-monotonic-shifted"), func() {
		expectClocks(Spawn(), nsutil.TimeOffsets{}, clockMonotonic)
		for _, offsets := range worlds() {
			expectClocks(inside(offsets), offsets, clockMonotonic)
		}
	})

	It("CLOCK_MONOTONIC_COARSE and _RAW are shifted by the monotonic offset", Proves("time-monotonic-coarse-and-raw-shifted"), func() {
		expectClocks(Spawn(), nsutil.TimeOffsets{}, clockCoarse, clockRaw)
		for _, offsets := range worlds() {
			expectClocks(inside(offsets), offsets, clockCoarse, clockRaw)
		}
	})

	It("CLOCK_BOOTTIME is shifted by the boottime offset", Proves("time-boottime-shifted"), func() {
		expectClocks(Spawn(), nsutil.TimeOffsets{}, clockBoottime)
		for _, offsets := range worlds() {
			expectClocks(inside(offsets), offsets, clockBoottime)
		}
	})

	It("CLOCK_BOOTTIME_ALARM is shifted by the boottime offset", Proves("time-boottime-alarm-shifted"), func() {
		needAlarm()
		for _, offsets := range worlds() {
			s := inside(offsets)
			expectClocks(s, offsets, clockAlarm)
			expectSleeps(s, offsets, clockAlarm)
			for _, m := range timers {
				expectAbsolute(s, m.arm(s, clockAlarm.id), offsets, clockAlarm)
			}
		}
	})

	It("those of the time of day and of used processor time are everybody's", Proves("time-realtime-not-virtual"), func() {
		for _, offsets := range worlds() {
			s := inside(offsets)
			expectClocks(s, offsets, steady...)
			expectDay(s)
			if _, err := s.ClockGettime(unix.CLOCK_REALTIME_ALARM); err != unix.EINVAL {
				expectClocks(s, offsets, clock{"CLOCK_REALTIME_ALARM", unix.CLOCK_REALTIME_ALARM, nothing})
			}
			for _, m := range timers {
				expectAbsolute(s, m.arm(s, unix.CLOCK_REALTIME), offsets, clockRealtime)
			}
			expectAbsolute(s, timers[1].arm(s, unix.CLOCK_TAI), offsets, clockTAI)
			expectSleeps(s, offsets, clockRealtime)
			expectSleeps(s, offsets, clockTAI)
			for _, id := range []int{unix.CLOCK_PROCESS_CPUTIME_ID, unix.CLOCK_THREAD_CPUTIME_ID} {
				Expect(s.ClockGettime(id)).To(BeNumerically("<", time.Minute))
			}
		}
	})

	It("all members see the same, however they became members", Proves("time-members-share-offsets"), func() {
		for _, offsets := range worlds() {
			maker := home(offsets)
			first, second := Get(maker.Fork()), Get(maker.Clone(unix.CLONE_FS))
			joined := Spawn(harness.Joined(first, nsutil.Time), harness.Named("joined"))
			mover := Spawn(harness.Named("mover"))
			Expect(mover.Join(first, nsutil.Time)).To(Succeed())
			byPidfd := joinsByPidfd(first)
			user := Get(second.Fork())
			Arrange(user.Setresuid(60001, 60001, 60001))
			sharer, thread := Get(first.CloneVM(0)), Get(user.Thread())
			members := []*harness.Subject{first, second, Get(first.Fork()), Get(joined.Fork()), joined, mover, byPidfd, user, sharer, thread}
			for _, s := range members {
				expectClocks(s, offsets, clockMonotonic, clockBoottime, clockRaw)
			}
		}
	})
})
