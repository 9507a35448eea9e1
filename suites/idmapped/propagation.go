package idmapped

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("mount_setattr", Label("idmap"), func() {
	types := map[string]uint64{"private": unix.MS_PRIVATE, "shared": unix.MS_SHARED, "slave": unix.MS_SLAVE, "unbindable": unix.MS_UNBINDABLE}
	typeAt := func(s *harness.Subject, path string) string {
		return Get(mounts.PropagationAt(s, path)).Type()
	}
	// become makes a mount one of the type. A slave has a peer group as its master.
	become := func(s *harness.Subject, path, kind string) {
		Arrange(s.Mount("", path, "", unix.MS_PRIVATE, ""))
		if kind == "slave" {
			Arrange(s.Mount("", path, "", unix.MS_SHARED, ""))
			mounts.Beside(s)
		}
		Arrange(s.Mount("", path, "", int(types[kind]), ""))
		if typeAt(s, path) != kind {
			Arrange(fmt.Errorf("make %s %s: it is %s", path, kind, typeAt(s, path)))
		}
	}

	It("with propagation 0 keeps the propagation type", Proves("idmap-setattr-propagation"), func() {
		s, dir := point()
		for kind := range types {
			become(s, dir, kind)
			before := Get(mounts.PropagationAt(s, dir))
			Expect(here(s, dir, 0, set(unix.MOUNT_ATTR_NODEV))).To(Succeed())
			Expect(mounts.PropagationAt(s, dir)).To(Equal(before))
			Expect(here(s, dir, unix.AT_RECURSIVE, unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_NODEV})).To(Succeed())
			Expect(mounts.PropagationAt(s, dir)).To(Equal(before))
		}
	})

	It("with a propagation sets the type from whatever it was, and nothing else", Proves("idmap-setattr-propagation"), func() {
		s, dir := point()
		Arrange(here(s, dir, 0, set(unix.MOUNT_ATTR_NODEV)))
		for from := range types {
			for to, propagation := range types {
				become(s, dir, from)
				Expect(here(s, dir, 0, unix.MountAttr{Propagation: propagation})).To(Succeed())
				want := to
				switch {
				case to == "slave" && from == "shared": // there is no peer that could be its master
					want = "private"
				case to == "slave" && from != "slave":
					want = from
				case to == "shared" && from == "slave":
					want = "slave and shared"
				}
				Expect(typeAt(s, dir)).To(Equal(want), "from %s to %s", from, to)
				Expect(optionsAt(s, dir)).To(Equal("rw,nodev,relatime"))
			}
		}
	})

	It("sets propagation types that take effect, of one mount or with AT_RECURSIVE of all below it", Proves("idmap-setattr-propagation"), func() {
		for _, flags := range []int{0, unix.AT_RECURSIVE} {
			s, tree := branch()
			Expect(here(s, tree[0], flags, unix.MountAttr{Propagation: unix.MS_SHARED})).To(Succeed())
			peer, slave, former := mounts.Beside(s), mounts.Beside(s), mounts.Beside(s)
			Expect(here(slave, tree[0], flags, unix.MountAttr{Propagation: unix.MS_SLAVE})).To(Succeed())
			Expect(here(former, tree[0], flags, unix.MountAttr{Propagation: unix.MS_PRIVATE})).To(Succeed())
			for i, path := range tree {
				reaches := i == 0 || flags != 0
				mounts.Point(s, path+"/by-root")
				Expect(mounts.Below(peer, path)).To(WithTransform(contains("by-root"), Equal(reaches)), "a peer, mount %d", i)
				Expect(mounts.Below(slave, path)).To(WithTransform(contains("by-root"), Equal(reaches)), "a slave, mount %d", i)
				Expect(mounts.Below(former, path)).NotTo(ContainElement("by-root"), "who has left, mount %d", i)
				mounts.Point(slave, path+"/by-slave")
				Expect(mounts.Below(s, path)).NotTo(ContainElement("by-slave"), "mount %d", i)
				mounts.Point(peer, path+"/by-peer")
				Expect(mounts.Below(s, path)).To(WithTransform(contains("by-peer"), Equal(reaches)), "mount %d", i)
			}
			Expect(here(s, tree[1], flags, unix.MountAttr{Propagation: unix.MS_UNBINDABLE})).To(Succeed())
			Arrange(s.Mkdir(tree[0] + "/target"))
			Expect(s.Bind(tree[1], tree[0]+"/target")).To(MatchError(unix.EINVAL), "an unbindable mount")
		}
	})
})

// contains returns whether a list has the element.
func contains(element string) func(list []string) bool {
	return func(list []string) bool { return slices.Contains(list, element) }
}
