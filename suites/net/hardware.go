package net

import (
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// idle returns a device that a driver has made, which is how the kernel tells a
// physical device: it is of no kind that rtnetlink could make. It must be out of
// use, since it is taken away for a while; whatever becomes of the spec, the end
// of its subjects gives it back. The spec is skipped without one.
func idle(s *harness.Subject) string {
	for name, device := range Get(links(s)) {
		if device.kind == "" && device.flags&unix.IFF_LOOPBACK == 0 && !device.up() {
			return name
		}
	}
	SkipFor(reports.SkipResource, "there is no device of a driver that is out of use")
	return ""
}

var _ = Specs("A physical network device", Label("net"), func() {
	var initial *harness.Subject
	var device string
	BeforeEach(func() {
		initial = Spawn(harness.Named("initial"))
		device = idle(initial)
	})
	returns := func() {
		Eventually(func() ([]string, error) { return names(initial) }).WithTimeout(Patience()).WithPolling(time.Millisecond).
			Should(ContainElement(device), "it is back in the initial namespace")
	}

	It("is in one network namespace at a time", Proves("net-physical-device-in-one-namespace"), func() {
		one, other := room("one"), room("other")
		places := []*harness.Subject{initial, one, other}
		for i, from := range places {
			to := places[(i+1)%len(places)]
			Expect(moveTo(from, device, to)).To(Succeed(), "from %s to %s", from.Name(), to.Name())
			for _, place := range places {
				has, err := names(place)
				Expect(err).NotTo(HaveOccurred())
				if place == to {
					Expect(has).To(ContainElement(device), "in %s", place.Name())
				} else {
					Expect(has).NotTo(ContainElement(device), "in %s", place.Name())
					Expect(moveTo(place, device, to)).To(MatchError(unix.ENODEV))
				}
			}
		}
	})

	It("moves to the initial network namespace when its own is destroyed", Proves("net-physical-device-returns-to-initial"), func() {
		creator := room("creator")
		inside := Get(creator.Clone(unix.CLONE_NEWNET))
		Expect(moveTo(initial, device, inside)).To(Succeed())
		Arrange(newPair(inside, "virtual", "end", nil, nil)) // not before: the device is to keep its index
		Expect(names(inside)).To(ConsistOf("lo", device, "virtual", "end"))
		Expect(names(initial)).NotTo(ContainElement(device))
		Arrange(inside.End())
		returns()
		Expect(names(creator)).To(ConsistOf("lo"), "not to its creator's")
		Expect(names(initial)).NotTo(ContainElements("virtual"), "what is virtual does not come with it")
	})

	It("moves to the initial network namespace from one below a user namespace, too", Proves("net-physical-device-returns-to-initial"), func() {
		inside := owner("inside")
		Expect(moveTo(initial, device, inside)).To(Succeed())
		Expect(names(inside)).To(ConsistOf("lo", device))
		Arrange(inside.End())
		returns()
	})
})
