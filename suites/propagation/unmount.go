package propagation

import (
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// receivers returns a shared mount and others that receive from it: peers and
// slaves, in its mount namespace and in another.
func receivers() (m place, others []place) {
	m = stage().shared()
	return m, []place{m.bound("peer"), m.copied(), m.bound("slave").slave(), m.copied().slave()}
}

var _ = Specs("A propagated unmount", Label("mount"), func() {
	It("takes the topmost of a stack, one by one, wherever the mount propagates to",
		Proves("mount-unmount-propagated-takes-topmost", "mount-umount-propagates-to-peers-and-slaves"), func() {
			m, others := receivers()
			stack := []uint64{m.dev}
			for range 3 {
				Expect(m.mount()).To(Succeed())
				stack = append(stack, m.see())
				for _, p := range others {
					Expect(p.see()).To(Equal(m.see()), "at %s", p)
				}
			}
			for i := len(stack) - 2; i >= 0; i-- {
				from := others[:2][i%2]
				Expect(from.umount()).To(Succeed())
				for _, p := range append(others, m) {
					Expect(p.see()).To(Equal(stack[i]), "at %s", p)
				}
			}
			Expect(m.umount()).To(MatchError(unix.EINVAL), "with nothing there any more")
		})

	It("takes what is directly on the place, and leaves what a receiver has on top of it", Proves("mount-unmount-propagated-takes-topmost"), func() {
		m, others := receivers()
		for _, p := range others[2:] { // the slaves, whose own mounts stay with them
			By("covering what is received")
			Expect(m.mount()).To(Succeed())
			Expect(p.mount()).To(Succeed())
			own := p.see()
			Expect(own).NotTo(Equal(m.see()))
			Expect(m.umount()).To(Succeed())
			Expect(p.see()).To(Equal(own), "at %s", p)
			Expect(p.umount()).To(Succeed())
			Expect(p.see()).To(Equal(p.dev), "at %s: nothing is below its own", p)

			By("receiving beneath one")
			Expect(p.mount()).To(Succeed())
			own = p.see()
			Expect(m.mount()).To(Succeed())
			Expect(m.umount()).To(Succeed())
			Expect(p.see()).To(Equal(own), "at %s", p)
			Expect(p.umount()).To(Succeed())
			Expect(p.see()).To(Equal(p.dev), "at %s: nothing is below its own", p)

			By("replacing what is received")
			Expect(m.mount()).To(Succeed())
			Expect(p.umount()).To(Succeed())
			Expect(p.mount()).To(Succeed())
			Expect(m.umount()).To(Succeed())
			Expect(p.see()).To(Equal(p.dev), "at %s: its own is what is there", p)
		}
	})

	It("spares receivers whose mount has mounts of its own below, and no others", Proves("mount-unmount-propagated-spares-busy"), func() {
		for _, flags := range []int{0, unix.MNT_DETACH} {
			m, others := receivers()
			Expect(m.mount()).To(Succeed())
			mounted := m.see()
			Arrange(m.s.Mkdir(m.x() + "/own"))
			var owns []uint64
			for _, p := range others {
				p.on().private()
				Expect(p.s.Mount("none", p.x()+"/own", "tmpfs", 0, "")).To(Succeed())
				owns = append(owns, Get(p.s.Stat(p.x()+"/own")).Dev)
			}
			idle := others[0]
			Arrange(idle.s.Umount(idle.x()+"/own", 0))
			Expect(m.s.Umount(m.x(), flags)).To(Succeed())
			for i, p := range others {
				if p == idle {
					Expect(p.see()).To(Equal(p.dev), "at %s, with nothing below", p)
					continue
				}
				Expect(p.see()).To(Equal(mounted), "at %s", p)
				Expect(p.s.Stat(p.x()+"/own")).To(HaveField("Dev", owns[i]), "at %s", p)
				Expect(p.s.Umount(p.x()+"/own", 0)).To(Succeed())
				Expect(p.umount()).To(Succeed(), "at %s, at last", p)
			}
		}
	})

	It("spares in a tree what has mounts of its own below, and takes the rest", Proves("mount-unmount-propagated-spares-busy"), func() {
		m := stage().shared()
		slaves := []place{m.bound("slave").slave(), m.copied().slave()}
		for _, dir := range []string{"x", "x/a", "x/b", "x/a/c", "x/b/d"} {
			if dir != "x" {
				Arrange(m.s.Mkdir(m.dir + "/" + dir))
			}
			Expect(m.s.Mount("none", m.dir+"/"+dir, "tmpfs", 0, "mode=755")).To(Succeed())
		}
		Arrange(m.s.Mkdir(m.dir + "/x/a/own"))
		for _, p := range slaves {
			Expect(mounts.Below(p.s, p.dir)).To(Equal([]string{"x", "x/a", "x/a/c", "x/b", "x/b/d"}), "at %s", p)
			Expect(p.s.Mount("none", p.dir+"/x/a/own", "tmpfs", 0, "")).To(Succeed())
		}
		Expect(m.s.Umount(m.x(), unix.MNT_DETACH)).To(Succeed())
		Expect(mounts.Below(m.s, m.dir)).To(BeEmpty())
		for _, p := range slaves {
			Expect(mounts.Below(p.s, p.dir)).To(Equal([]string{"x", "x/a", "x/a/own"}), "at %s", p)
		}
	})

	It("of a recursive bind mount unmounts what it was made of, unless it is a slave", Proves("mount-umount-propagates-to-peers-and-slaves"), func() {
		for _, safe := range []bool{false, true} {
			m := stage()
			Arrange(m.mount())
			Arrange(m.s.Mkdir(m.x() + "/x"))
			Arrange(m.on().mount())
			Arrange(setByMount(place{m.s, m.top, m.top, 0}, unix.MS_SHARED|unix.MS_REC))
			copied := m.copied()
			slave := m.copied()
			Arrange(setByMount(place{slave.s, m.top, m.top, 0}, unix.MS_SLAVE|unix.MS_REC))
			Arrange(m.s.Mkdir(m.top + "/all"))
			Expect(m.s.Mount(m.dir, m.top+"/all", "", unix.MS_BIND|unix.MS_REC, "")).To(Succeed())
			if safe {
				Expect(setByMount(m.at("all"), unix.MS_SLAVE|unix.MS_REC)).To(Succeed())
			}
			Expect(m.s.Umount(m.top+"/all", unix.MNT_DETACH)).To(Succeed())
			if !safe {
				for _, p := range []place{m, copied, slave} {
					Expect(mounts.Below(p.s, p.top)).To(Equal([]string{"m"}), "for %s, with the originals", p)
				}
				continue
			}
			originals := []string{"m", "m/x", "m/x/x"}
			Expect(mounts.Below(m.s, m.top)).To(Equal(originals), "without the originals")
			for _, p := range []place{copied, slave} { // where something is below the replica, which nobody unmounts
				Expect(mounts.Below(p.s, p.top)).To(Equal(append([]string{"all", "all/x", "all/x/x"}, originals...)), "for %s", p)
			}
		}
	})
})
