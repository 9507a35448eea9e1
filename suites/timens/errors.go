package timens

import (
	"fmt"
	"math"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectRejected claims that a write to the offsets for the children of s fails
// and changes nothing, alone, and before and after a record that is right.
func expectRejected(s *harness.Subject, record string, errno error) {
	before := offsetsOf(s)
	for _, text := range []string{record, record + "\n", record + "\nboottime 3 3\n", "monotonic 3 3\n" + record, "7 3 3\n" + record + "\n"} {
		Expect(write(s, text)).To(MatchError(errno), "%q", text)
		Expect(offsetsOf(s)).To(Equal(before), "after %q", text)
	}
}

// clockWords are what the clocks may be called.
var clockWords = []string{"monotonic", "1", "boottime", "7"}

// most is KTIME_SEC_MAX: the seconds that fit in 64 bits of nanoseconds.
const most = math.MaxInt64 / 1_000_000_000

// ends are the last seconds by which a clock can be set, relative to the suite's
// own, forth and back: so that it shows half of what fits in 64 bits of
// nanoseconds, and so that it shows nearly 0.
func ends(clock int) (forth, back time.Duration) {
	shown := now(clock).Truncate(time.Second)
	return most/2*time.Second - shown, -shown
}

var _ = Specs("Setting the offsets of a time namespace fails", Label("time"), func() {
	It("with EINVAL for too many nanoseconds", Proves("time-offsets-nanoseconds-einval", "time-offsets-rejected-write-changes-nothing"), func() {
		offsets := worlds()[0]
		s := home(offsets)
		for _, clock := range clockWords {
			for _, ns := range []uint64{1e9, 1e9 + 1, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 1, 1e18, math.MaxInt64} {
				expectRejected(s, fmt.Sprintf("%s 3 %d", clock, ns), einval)
			}
			Expect(write(s, clock+" 3 999999999\n")).To(Succeed())
			Expect(set(s, offsets)).To(Succeed())
		}
		expectClocks(Get(s.Fork()), offsets, clockMonotonic, clockBoottime)
	})

	It("with EINVAL for other clocks", Proves("time-offsets-unknown-clock-einval", "time-offsets-rejected-write-changes-nothing"), func() {
		offsets := worlds()[0]
		s := home(offsets)
		for clock := -1; clock <= 16; clock++ {
			if clock != 1 && clock != 7 {
				expectRejected(s, fmt.Sprintf("%d 3 3", clock), einval)
			}
		}
		for _, clock := range []string{
			"realtime", "tai", "monotonicraw", "monotoni", "monotonicx", "boottim", "boottimex", "Monotonic", "BOOTTIME",
			"CLOCK_MONOTONIC", "monotonic_raw", "boot", "01", "07", "17", "0x1", "1.0", "*",
		} {
			expectRejected(s, clock+" 3 3", einval)
		}
		expectClocks(Get(s.Fork()), offsets, clockMonotonic, clockBoottime)
	})

	for _, c := range []struct {
		id      int
		words   []string
		offsets func(time.Duration) nsutil.TimeOffsets
	}{
		{unix.CLOCK_MONOTONIC, clockWords[:2], func(d time.Duration) nsutil.TimeOffsets { return nsutil.TimeOffsets{Monotonic: d} }},
		{unix.CLOCK_BOOTTIME, clockWords[2:], func(d time.Duration) nsutil.TimeOffsets { return nsutil.TimeOffsets{Boottime: d} }},
	} {
		It("with ERANGE for what would make a clock negative: "+c.words[0], Proves("time-offsets-negative-clock-erange", "time-offsets-rejected-write-changes-nothing"), func() {
			NeedInitial(nsutil.Time)
			s := home(worlds()[0])
			for _, word := range c.words {
				_, back := ends(c.id)
				seconds := int64(back / time.Second)
				for _, beyond := range []int64{60, 1000, 1 << 31, 1 << 32, most - 1<<33} { // the clock goes on meanwhile, on a busy machine by seconds
					expectRejected(s, fmt.Sprintf("%s %d 999999999", word, seconds-beyond), unix.ERANGE)
				}
				for _, far := range []int64{-most, -most - 1, math.MinInt64 / 2, math.MinInt64 + 1, math.MinInt64} {
					expectRejected(s, fmt.Sprintf("%s %d 0", word, far), unix.ERANGE)
				}
				Expect(write(s, fmt.Sprintf("%s %d 0\n", word, seconds))).To(Succeed(), "to 0")
			}
			_, back := ends(c.id)
			last := c.offsets(back)
			Arrange(set(s, last))
			expectClocks(Get(s.Fork()), last, clockMonotonic, clockBoottime)
		})

		It("with ERANGE for what would set a clock beyond half of what fits: "+c.words[0], Proves("time-offsets-too-far-erange", "time-offsets-rejected-write-changes-nothing"), func() {
			NeedInitial(nsutil.Time)
			s := home(worlds()[0])
			for _, word := range c.words {
				forth, _ := ends(c.id)
				seconds := int64(forth / time.Second)
				for _, beyond := range []int64{1, 2, 100, 1 << 31, 1 << 32} {
					expectRejected(s, fmt.Sprintf("%s %d 0", word, seconds+beyond), unix.ERANGE)
				}
				for _, far := range []int64{most - 1, most, most + 1, math.MaxInt64/2 + 1, math.MaxInt64 - 1, math.MaxInt64} {
					expectRejected(s, fmt.Sprintf("%s %d 0", word, far), unix.ERANGE)
				}
				const reserve = 5 // the clock goes on
				Expect(write(s, fmt.Sprintf("%s %d 0\n", word, seconds-reserve))).To(Succeed(), "to nearly half")
			}
			forth, _ := ends(c.id)
			last := c.offsets(forth - time.Minute)
			Arrange(set(s, last))
			expectClocks(Get(s.Fork()), last, clockMonotonic, clockBoottime)
		})
	}

	It("and a write that is no record changes nothing", Proves("time-offsets-rejected-write-changes-nothing"), func() {
		offsets := worlds()[0]
		s := home(offsets)
		for _, bad := range []string{"monotonic", "monotonic 3", "boottime x 3", "boottime 3 x", "3 3", "-", " "} {
			Expect(write(s, bad)).To(MatchError(einval), "%q", bad)
			Expect(write(s, "boottime 3 3\n"+bad)).To(MatchError(einval), "%q after a record", bad)
			Expect(offsetsOf(s)).To(Equal(offsets))
		}
		expectClocks(Get(s.Fork()), offsets, clockMonotonic, clockBoottime)
	})
})
