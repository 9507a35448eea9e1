package propagation

import (
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A propagated unmount", Label("mount"), func() {
	It("takes locked mounts from less privileged mount namespaces, but not off those that it spares there",
		Proves("mount-unmount-propagated-spares-busy", "mount-unmount-propagated-takes-topmost"), func() {
			kinds.Need(nsutil.User)
			m := stage().shared()
			Expect(m.mount()).To(Succeed())
			child := m.in(lessPrivileged(m))
			Expect(child.umount()).To(MatchError(unix.EINVAL), "a locked mount")
			Expect(m.umount()).To(Succeed())
			Expect(child.see()).To(Equal(child.dev), "the locked mount")

			for _, busy := range []bool{false, true} {
				Arrange(m.s.Mount(source(m.s, m.top), m.x(), "", unix.MS_BIND|unix.MS_REC, ""))
				Expect(shows(child.s, child.x())).To(Equal("upper, lower"))
				Expect(child.s.Umount(child.x()+"/x", 0)).To(MatchError(unix.EINVAL), "part of a tree that came as one")
				if busy {
					Arrange(m.s.Mkdir(m.x() + "/own"))
					Expect(child.s.Mount("none", child.x()+"/own", "tmpfs", 0, "")).To(Succeed())
				}
				Expect(m.s.Umount(m.x(), unix.MNT_DETACH)).To(Succeed())
				Expect(mounts.Below(m.s, m.dir)).To(BeEmpty())
				if !busy {
					Expect(mounts.Below(child.s, child.dir)).To(BeEmpty(), "all of the tree")
				} else {
					Expect(mounts.Below(child.s, child.dir)).To(Equal([]string{"x", "x/own", "x/x"}), "nothing of the tree")
					Expect(shows(child.s, child.x())).To(Equal("upper, lower"))
				}
				Arrange(m.s.Umount(m.top+"/source", unix.MNT_DETACH))
			}
		})

	It("is refused as a whole while a receiver's mount is in use, unless by MNT_DETACH",
		Proves("mount-umount-propagates-to-peers-and-slaves", "mount-unmount-under-shared-reaches-peers"), func() {
			m, others := receivers()
			for _, p := range others {
				Expect(m.mount()).To(Succeed())
				mounted := m.see()
				fd := Get(p.s.Open(p.x(), unix.O_RDONLY|unix.O_DIRECTORY))
				Expect(m.umount()).To(MatchError(unix.EBUSY), "while it is in use at %s", p)
				for _, other := range append(others, m) {
					Expect(other.see()).To(Equal(mounted), "at %s, after the refused call", other)
				}
				Expect(m.s.Umount(m.x(), unix.MNT_DETACH)).To(Succeed())
				for _, other := range append(others, m) {
					Expect(other.see()).To(Equal(other.dev), "at %s", other)
				}
				Expect(p.s.Fstat(fd)).To(HaveField("Dev", mounted), "what is in use")
				Arrange(p.s.Close(fd))

				Expect(m.mount()).To(Succeed())
				fd = Get(p.s.Open(p.x(), unix.O_RDONLY|unix.O_DIRECTORY))
				Arrange(p.s.Close(fd))
				Expect(m.umount()).To(Succeed(), "when it is not in use any more at %s", p)
			}
		})
})
