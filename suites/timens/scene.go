package timens

import (
	"fmt"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const newtime = unix.CLONE_NEWTIME

// own are the offsets of the suite's own time namespace, to which those that it
// sets add nothing: all are relative to the initial one.
func own() nsutil.TimeOffsets {
	return Get(nsutil.TimeOffsetsOf(0))
}

// uptime returns the full seconds since boot, suspended or not. Clocks that are
// set back by that much have hardly begun.
func uptime() time.Duration { return now(unix.CLOCK_MONOTONIC).Truncate(time.Second) }

// now returns what the suite's own clock shows.
func now(clock int) time.Duration {
	var ts unix.Timespec
	Arrange(unix.ClockGettime(int32(clock), &ts))
	return time.Duration(ts.Nano())
}

// worlds are offsets, relative to the suite's time namespace: forth and back,
// different for the two clocks, and with fractions of seconds.
func worlds() []nsutil.TimeOffsets {
	return []nsutil.TimeOffsets{
		{Monotonic: 100_000*time.Second + 999_999_999, Boottime: 3_000_000*time.Second + 123_456_789},
		{Monotonic: -uptime() + 300*time.Millisecond, Boottime: 200_000*time.Second + 1},
		{Monotonic: 300_000 * time.Second, Boottime: -uptime() + 999_999_999},
	}
}

// home makes a time namespace with the offsets for its children, relative to the
// suite's, and returns its maker, who is not in it.
func home(offsets nsutil.TimeOffsets) *harness.Subject {
	maker := Spawn(harness.Named("maker"))
	Arrange(maker.Unshare(newtime))
	Arrange(set(maker, offsets))
	return maker
}

// inside returns the first member of a new time namespace with the offsets.
func inside(offsets nsutil.TimeOffsets) *harness.Subject {
	return Get(home(offsets).Fork())
}

// further returns members of a new time namespace with the offsets whom inside
// does not: a member's child, a user, who has moved in, and a member where the
// namespace was made by a member of another.
func further(offsets nsutil.TimeOffsets) []*harness.Subject {
	first := inside(offsets)
	user, mover := Get(first.Fork()), Spawn(harness.Named("mover"))
	Arrange(user.Setresuid(alice, alice, alice))
	Arrange(mover.Join(first, nsutil.Time))
	maker := inside(worlds()[0])
	Arrange(maker.Unshare(newtime))
	Arrange(set(maker, offsets))
	return []*harness.Subject{Get(first.Fork()), user, mover, Get(maker.Fork())}
}

// set writes offsets, relative to the suite's, for s's children.
func set(s *harness.Subject, offsets nsutil.TimeOffsets) error {
	base := own()
	offsets.Monotonic += base.Monotonic
	offsets.Boottime += base.Boottime
	return write(s, offsets.String())
}

// write writes to the offsets for s's children as s itself.
func write(s *harness.Subject, text string) error {
	return s.WriteFile("/proc/self/timens_offsets", text, 0)
}

// offsetsOf returns the offsets for the children of s, relative to the suite's.
func offsetsOf(s *harness.Subject) nsutil.TimeOffsets {
	offsets, err := nsutil.TimeOffsetsOf(s.PID())
	Expect(err).NotTo(HaveOccurred())
	base := own()
	offsets.Monotonic -= base.Monotonic
	offsets.Boottime -= base.Boottime
	return offsets
}

// ids returns the identities of the time namespaces of s, and of its children.
func ids(s *harness.Subject) (own, childrens nsutil.ID) {
	file := fmt.Sprintf("/proc/%d/ns/", s.PID())
	own, err := nsutil.IDOf(file + "time")
	Expect(err).NotTo(HaveOccurred())
	childrens, err = nsutil.IDOf(file + "time_for_children")
	Expect(err).NotTo(HaveOccurred())
	return own, childrens
}

// patience is how long a kernel may take until what is due happens.
func patience() time.Duration { return max(2*time.Second, Limits.Call/2) }
