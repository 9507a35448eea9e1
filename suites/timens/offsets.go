package timens

import (
	"fmt"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// text reads the offsets for the children of s as reader.
func text(reader, s *harness.Subject) string {
	content, err := reader.ReadFile(fmt.Sprintf("/proc/%d/timens_offsets", s.PID()))
	Expect(err).NotTo(HaveOccurred())
	return content
}

// lines matches what the file shows for absolute offsets.
func lines(o nsutil.TimeOffsets) string {
	part := func(d time.Duration) string {
		seconds, rest := d/time.Second, d%time.Second
		if rest < 0 {
			seconds, rest = seconds-1, rest+time.Second
		}
		return fmt.Sprintf(` +%d +%d\n`, seconds, rest)
	}
	return "^monotonic" + part(o.Monotonic) + "boottime" + part(o.Boottime) + "$"
}

// absolutely returns offsets relative to the suite's as they are written.
func absolutely(o nsutil.TimeOffsets) nsutil.TimeOffsets {
	base := own()
	return nsutil.TimeOffsets{Monotonic: base.Monotonic + o.Monotonic, Boottime: base.Boottime + o.Boottime}
}

var _ = Specs("/proc/PID/timens_offsets", Label("time"), func() {
	It("has a line for each of monotonic and boottime", Proves("time-offsets-file-format"), func() {
		outside := Spawn()
		Expect(text(outside, outside)).To(MatchRegexp(`^monotonic +-?\d+ +\d+\nboottime +-?\d+ +\d+\n$`))
		for _, offsets := range append(worlds(), nsutil.TimeOffsets{Monotonic: -1, Boottime: 1}) {
			maker := home(offsets)
			for _, reader := range []*harness.Subject{outside, maker, Get(maker.Fork())} {
				Expect(text(reader, maker)).To(MatchRegexp(lines(absolutely(offsets))))
			}
		}
	})

	It("shows zeros in the initial time namespace, and in a new one made there", Proves("time-offsets-zero-initially"), func() {
		all := worlds()
		NeedInitial(nsutil.Time)
		inside := inside(all[0])
		s := Spawn()
		for range 2 {
			for _, reader := range []*harness.Subject{s, inside} {
				Expect(text(reader, s)).To(MatchRegexp(`^monotonic +0 +0\nboottime +0 +0\n$`))
			}
			Arrange(s.Unshare(newtime))
		}
	})

	It("shows the offsets for a process's children, whoever reads it, relative to the initial namespace", Proves("time-offsets-of-for-children"), func() {
		all := worlds()
		for i, offsets := range all {
			s := Spawn()
			outside := offsetsOf(s)
			Expect(outside).To(Equal(nsutil.TimeOffsets{}))
			Arrange(s.Unshare(newtime))
			Arrange(set(s, offsets))
			Expect(offsetsOf(s)).To(Equal(offsets), "of the process whose children are in the namespace")
			child := Get(s.Fork())
			Expect(offsetsOf(child)).To(Equal(offsets), "of a member")

			Arrange(child.Unshare(newtime))
			other := all[(i+1)%3]
			Expect(set(child, other)).To(Succeed())
			for _, reader := range []*harness.Subject{Spawn(), s, child} {
				Expect(text(reader, child)).To(MatchRegexp(lines(absolutely(other))), "as %s reads it", reader.Name())
				Expect(text(reader, s)).To(MatchRegexp(lines(absolutely(offsets))), "as %s reads it", reader.Name())
			}
			expectClocks(child, offsets, clockMonotonic, clockBoottime)
			expectClocks(Get(child.Fork()), other, clockMonotonic, clockBoottime)
			expectClocks(s, nsutil.TimeOffsets{}, clockMonotonic, clockBoottime)
		}
	})

	It("takes negative seconds, and no negative nanoseconds", Proves("time-offsets-negative-seconds"), func() {
		for _, offsets := range []nsutil.TimeOffsets{
			{Monotonic: -time.Second}, {Boottime: -time.Second},
			{Monotonic: -500 * time.Millisecond, Boottime: -1}, {Monotonic: -uptime() - 1 + time.Second, Boottime: -uptime()},
		} {
			maker := home(nsutil.TimeOffsets{})
			Expect(set(maker, offsets)).To(Succeed())
			Expect(offsetsOf(maker)).To(Equal(offsets))
			for _, bad := range []string{"monotonic 1 -1\n", "boottime 1 -1\n", "monotonic -1 -500000000\n", "boottime 0 -999999999\n", "monotonic 0 -0\n"} {
				Expect(write(maker, bad)).To(MatchError(einval), "%q", bad)
			}
			Expect(offsetsOf(maker)).To(Equal(offsets))
			expectClocks(Get(maker.Fork()), offsets, shifted...)
		}
	})

	It("takes the numbers 1 and 7 for the clocks, and shows their names", Proves("time-offsets-numeric-clock-ids", "time-offsets-read-symbolic-names"), func() {
		for _, offsets := range worlds() {
			full := absolutely(offsets)
			number := func(clock int, d time.Duration) string {
				return fmt.Sprintf("%d %d %d\n", clock, d.Truncate(time.Second)/time.Second, 0)
			}
			maker := home(nsutil.TimeOffsets{Monotonic: 5, Boottime: 6})
			want := nsutil.TimeOffsets{Monotonic: full.Monotonic.Truncate(time.Second), Boottime: full.Boottime.Truncate(time.Second)}
			Expect(write(maker, number(1, full.Monotonic)+number(7, full.Boottime))).To(Succeed())
			Expect(text(maker, maker)).To(MatchRegexp(lines(want)))
			base := own()
			want.Monotonic -= base.Monotonic
			want.Boottime -= base.Boottime
			expectClocks(Get(maker.Fork()), want, shifted...)
		}
		maker := home(nsutil.TimeOffsets{})
		Expect(write(maker, "7 11 22")).To(Succeed())
		Expect(text(maker, maker)).To(MatchRegexp(`^monotonic .*\nboottime +11 +22\n$`))
		Expect(write(maker, "1 33 44\n")).To(Succeed())
		Expect(text(maker, maker)).To(MatchRegexp(`^monotonic +33 +44\nboottime +11 +22\n$`))
	})
})
