package net

import (
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("/sys/class/net", Label("net"), func() {
	It("lists the devices of one network namespace only", Proves("net-sysfs-lists-one-namespace"), func() {
		here, there := room("here"), room("there")
		ours, theirs := sysfs(here), sysfs(there)
		for _, device := range []string{"only-here", "in-both"} {
			Arrange(newLink(here, device, "bridge", nil))
		}
		Arrange(newLink(there, "in-both", "bridge", nil))
		Expect(listed(here, ours)).To(ConsistOf("lo", "only-here", "in-both"))
		Expect(listed(there, theirs)).To(ConsistOf("lo", "in-both"))
		Expect(there.Stat(theirs + "/only-here")).Error().To(MatchError(unix.ENOENT))
		for s, directory := range map[*harness.Subject]string{here: ours, there: theirs} {
			index := Get(look(s, "in-both")).index
			Expect(s.ReadFile(directory + "/in-both/ifindex")).To(Equal(strconv.Itoa(index) + "\n"))
		}
		_, err := here.ReadDir(strings.TrimSuffix(ours, "class/net") + "devices/virtual/net/only-here")
		Expect(err).NotTo(HaveOccurred())
		_, err = there.ReadDir(strings.TrimSuffix(theirs, "class/net") + "devices/virtual/net/only-here")
		Expect(err).To(MatchError(unix.ENOENT), "the devices themselves are hidden, too")

		Arrange(newPair(here, "comes", "goes", nil, nil))
		Expect(listed(here, ours)).To(ConsistOf("lo", "only-here", "in-both", "comes", "goes"))
		Arrange(moveTo(here, "goes", there))
		Expect(listed(here, ours)).To(ConsistOf("lo", "only-here", "in-both", "comes"))
		Expect(listed(there, theirs)).To(ConsistOf("lo", "in-both", "goes"))
	})

	It("shows the namespace of the process that mounted sysfs, whoever reads it", Proves("net-sysfs-shows-mounters-namespace"), func() {
		mounter, there := room("mounter"), room("there")
		Arrange(newLink(mounter, "of-mounter", "bridge", nil))
		Arrange(newLink(there, "of-reader", "bridge", nil))
		directory := sysfs(mounter)
		reader := Get(mounter.Fork())
		Expect(listed(reader, directory)).To(ConsistOf("lo", "of-mounter"))
		for _, leave := range []func() error{
			func() error { return reader.Join(there, nsutil.Net) },
			func() error { return reader.Unshare(unix.CLONE_NEWNET) },
		} {
			Expect(leave()).To(Succeed())
			Expect(listed(reader, directory)).To(ConsistOf("lo", "of-mounter"))
			Expect(reader.ReadFile(directory + "/of-mounter/flags")).To(HavePrefix("0x"))
		}
		Expect(names(reader)).To(ConsistOf("lo"), "the reader itself is elsewhere")

		Arrange(reader.Join(there, nsutil.Net))
		fresh := sysfs(reader)
		Expect(listed(reader, fresh)).To(ConsistOf("lo", "of-reader"), "a fresh mount is of who mounts it")
		Expect(listed(mounter, directory)).To(ConsistOf("lo", "of-mounter"))
		Arrange(reader.Join(mounter, nsutil.Net))
		Expect(listed(reader, fresh)).To(ConsistOf("lo", "of-reader"))
	})

	It("of the suite's own mount shows none of a new namespace", Proves("net-sysfs-shows-mounters-namespace"), func() {
		outside, inside := Spawn(), room("inside")
		before := Get(outside.ReadDir("/sys/class/net"))
		Arrange(newLink(inside, "only-inside", "bridge", nil))
		Expect(inside.ReadDir("/sys/class/net")).To(Equal(before))
		Expect(names(inside)).To(ConsistOf("lo", "only-inside"))
	})
})

// sysfs mounts a sysfs where only s and its children see it, and returns the
// path of its class net.
func sysfs(s *harness.Subject) string {
	directory := T().TempDir()
	Arrange(s.Unshare(unix.CLONE_NEWNS))
	Arrange(s.MakePrivate())
	Arrange(s.Mount("sysfs", directory, "sysfs", unix.MS_RDONLY, ""))
	return directory + "/class/net"
}
