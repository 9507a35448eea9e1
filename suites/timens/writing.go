package timens

import (
	"fmt"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const einval = unix.EINVAL

// records returns the two records that set the offsets, relative to the suite's.
func records(o nsutil.TimeOffsets) (monotonic, boottime string) {
	monotonic, rest, _ := strings.Cut(absolutely(o).String(), "\n")
	return monotonic + "\n", rest
}

var _ = Specs("Setting the offsets of a time namespace", Label("time"), func() {
	It("is possible before it has had a member, to all that may", Proves("time-offsets-writable-before-first-member"), func() {
		all := worlds()
		for _, offsets := range all {
			maker, other := Spawn(), Spawn(harness.Named("other"))
			before := Get(maker.Fork())
			Arrange(maker.Unshare(newtime))
			Get(maker.OpenNS(maker, "time_for_children"))
			Expect(set(maker, offsets)).To(Succeed(), "by who has made the namespace")
			Expect(offsetsOf(maker)).To(Equal(offsets))
			for _, s := range []*harness.Subject{before, other} {
				monotonic, boottime := records(all[0])
				file := fmt.Sprintf("/proc/%d/timens_offsets", maker.PID())
				Expect(s.WriteFile(file, monotonic+boottime, 0)).To(Succeed(), "by %s", s.Name())
			}
			Expect(offsetsOf(maker)).To(Equal(all[0]))
			Expect(set(maker, offsets)).To(Succeed(), "again")
			expectClocks(Get(maker.Fork()), offsets, shifted...)
		}
	})

	It("is possible again and again, and the last values win", Proves("time-offsets-rewritable-last-wins"), func() {
		all := worlds()
		for _, offsets := range all {
			maker := home(offsets)
			for _, o := range all {
				Expect(set(maker, o)).To(Succeed())
				Expect(offsetsOf(maker)).To(Equal(o))
			}
			monotonic, boottime := records(offsets)
			Expect(write(maker, boottime)).To(Succeed())
			Expect(offsetsOf(maker)).To(Equal(nsutil.TimeOffsets{Monotonic: all[2].Monotonic, Boottime: offsets.Boottime}))
			Expect(write(maker, monotonic)).To(Succeed())
			Expect(offsetsOf(maker)).To(Equal(offsets))
			expectClocks(Get(maker.Fork()), offsets, shifted...)
		}
	})

	It("takes several records in one write", Proves("time-offsets-several-records-in-a-write"), func() {
		for _, offsets := range worlds() {
			monotonic, boottime := records(offsets)
			early, _ := records(nsutil.TimeOffsets{Monotonic: time.Hour})
			_, late := records(nsutil.TimeOffsets{Boottime: time.Minute})
			for _, row := range []struct {
				text string
				want nsutil.TimeOffsets
			}{
				{monotonic + boottime, offsets},
				{boottime + monotonic, offsets},
				{strings.TrimSuffix(boottime+monotonic, "\n"), offsets},
				{early + monotonic, nsutil.TimeOffsets{Monotonic: offsets.Monotonic}},
				{boottime + late, nsutil.TimeOffsets{Boottime: time.Minute}},
				{monotonic, nsutil.TimeOffsets{Monotonic: offsets.Monotonic}},
			} {
				maker := home(nsutil.TimeOffsets{})
				fd := Get(maker.Open("/proc/self/timens_offsets", unix.O_WRONLY))
				Expect(maker.Write(fd, []byte(row.text))).To(Equal(len(row.text)), "%q", row.text)
				Expect(offsetsOf(maker)).To(Equal(row.want), "%q", row.text)
				expectClocks(Get(maker.Fork()), row.want, clockMonotonic, clockBoottime)
			}
		}
	})

	It("is not needed: a new namespace has those for its creator's children", Proves("time-offsets-inherited-from-for-children"), func() {
		all := worlds()
		for i, offsets := range all {
			s := inside(all[(i+1)%3])
			Expect(s.Unshare(newtime)).To(Succeed())
			Expect(offsetsOf(s)).To(Equal(all[(i+1)%3]), "where the creator's own is for its children")
			Arrange(set(s, offsets))
			for range 2 {
				Expect(s.Unshare(newtime)).To(Succeed())
				Expect(offsetsOf(s)).To(Equal(offsets), "where another than its own is for its children")
				child := Get(s.Fork())
				Expect(offsetsOf(child)).To(Equal(offsets))
				expectClocks(child, offsets, shifted...)
			}
		}
	})

	It("shows in that namespace alone", Proves("time-offsets-invisible-elsewhere"), func() {
		all := worlds()
		for i, offsets := range all {
			outside, sibling := Spawn(), inside(all[(i+1)%3])
			creator := inside(all[(i+2)%3])
			earlier := Get(creator.Fork())
			Arrange(earlier.Unshare(newtime)) // nobody is there yet
			expectOthers := func() {
				expectClocks(outside, nsutil.TimeOffsets{}, shifted...)
				expectClocks(sibling, all[(i+1)%3], shifted...)
				expectClocks(creator, all[(i+2)%3], shifted...)
				Expect(offsetsOf(earlier)).To(Equal(all[(i+2)%3]))
				Expect(offsetsOf(outside)).To(Equal(nsutil.TimeOffsets{}))
			}
			expectOthers()
			maker := Get(creator.Fork())
			Arrange(maker.Unshare(newtime))
			Expect(set(maker, offsets)).To(Succeed())
			expectOthers()
			expectClocks(Get(maker.Fork()), offsets, shifted...)
			expectOthers()
			expectClocks(Get(earlier.Fork()), all[(i+2)%3], shifted...)
		}
	})
})
