package propagation

import (
	"time"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectAlone claims that a shared mount is the last of its peer group: a slave
// of nobody would be private, and its slaves have no master then.
func expectAlone(p place, as string) {
	slave := p.bound("test-slave").slave()
	Expect(p.s.Mount("", p.dir, "", unix.MS_SLAVE, "")).To(Succeed())
	Expect(p.tags()).To(BeZero(), "%s: mountinfo of %s as a slave of its peers", as, p)
	Expect(slave.tags()).To(BeZero(), "%s: mountinfo of its slave", as)
	expectApart(p, slave, as)
	p.shared()
	Arrange(p.s.Umount(slave.dir, 0))
	Arrange(p.s.Rmdir(slave.dir))
}

// expectNotAlone claims the contrary, and leaves the mount a slave.
func expectNotAlone(p place, group int, as string) {
	Expect(p.s.Mount("", p.dir, "", unix.MS_SLAVE, "")).To(Succeed())
	Expect(p.tags()).To(Equal(mounts.Propagation{Master: group}), "%s: mountinfo of %s as a slave of its peers", as, p)
}

var _ = Specs("A peer group", Label("mount"), func() {
	for _, leave := range leavings {
		It("is left by "+leave.name, Proves("mount-unmount-leaves-peer-group"), func() {
			m := stage().shared()
			first, second, third := m.bound("first"), m.bound("second"), m.bound("third")
			group := m.tags().Shared
			leave.do(m.s, second.dir)
			expectPeers(m, first, "who stay")
			Expect(m.tags().Shared).To(Equal(group))
			leave.do(m.s, first.dir)
			leave.do(m.s, third.dir)
			expectAlone(m, "when all others are unmounted")
			another := m.bound("another")
			expectPeers(m, another, "who comes later")
			expectNotAlone(m, another.tags().Shared, "when another has come")
		})
	}

	It("is left by an unmount that propagates", Proves("mount-unmount-leaves-peer-group", "mount-umount-propagates-to-peers-and-slaves"), func() {
		m := stage().shared()
		m.bound("peer")
		slave, elsewhere := m.bound("slave").slave(), m.copied()
		Expect(m.mount()).To(Succeed())
		Arrange(m.s.Mkdir(m.x() + "/x"))
		bind := m.on().bound("bind")
		expectPeers(bind, elsewhere.on(), "while there are peers")
		expectSlave(slave.on(), bind, "while there are peers")
		Expect(m.umount()).To(Succeed())
		expectAlone(bind, "when the others are unmounted")
	})

	It("is not left by a mount in use that is detached from a tree, but then by it as well", Proves("mount-unmount-leaves-peer-group"), func() {
		m := stage().shared()
		peer := m.bound("peer")
		inside := Get(m.s.Fork())
		Arrange(inside.Chdir(peer.dir))
		Expect(m.s.Umount(peer.dir, unix.MNT_DETACH)).To(Succeed())
		Expect(m.mount()).To(Succeed())
		Expect(inside.Stat("x")).To(HaveField("Dev", m.dev), "in what is detached")
		Expect(m.umount()).To(Succeed())
		expectAlone(m, "with a detached mount in use")
	})

	It("is left by a detached copy that is closed", Proves("mount-unmount-leaves-peer-group"), func() {
		m := stage().shared()
		for _, flags := range []int{0, unix.AT_RECURSIVE} {
			group := m.tags().Shared
			copyOf := func() int { return Get(m.s.OpenTree(m.dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|flags)) }
			fd := copyOf()
			expectNotAlone(m, group, "while it is open")
			Arrange(m.s.Close(fd))
			Expect(m.tags()).To(BeZero(), "a slave of the copy, when that is closed")
			m.shared()
			Arrange(m.s.Close(copyOf()))
			expectAlone(m, "when it is closed")
		}
	})

	It("that loses a member keeps that one's slaves", Proves("mount-unmount-leaves-peer-group", "mount-slave-receives-from-master"), func() {
		m := stage().shared()
		peer := m.bound("peer")
		slaves := []place{peer.bound("slave").slave(), peer.copied().slave()}
		narrow := m.bound("narrow")
		Arrange(m.s.Umount(peer.dir, 0))
		for _, slave := range slaves {
			expectSlave(slave, m, "of a peer that is gone")
			expectSlave(slave, narrow, "of a peer that is gone")
			Expect(slave.tags()).To(Equal(mounts.Propagation{Master: m.tags().Shared}))
		}
	})

	It("that loses its last member leaves its slaves to the next master, or to none",
		Proves("mount-unmount-leaves-peer-group", "mount-info-no-tag-is-private"), func() {
			top := stage().shared()
			middle := top.bound("middle").slave().shared()
			slaves := []place{middle.bound("slave").slave(), middle.bound("sharing").slave().shared(), middle.copied().slave()}
			for _, slave := range slaves {
				Expect(slave.tags().Master).To(Equal(middle.tags().Shared))
			}
			top.in(slaves[2].s).private() // so that this one has no other peer
			Arrange(middle.s.Umount(middle.dir, 0))
			for _, slave := range slaves {
				expectSlave(slave, top, "of a group that is gone, to its master")
				Expect(slave.tags().Master).To(Equal(top.tags().Shared))
			}
			Arrange(top.s.Umount(top.dir, 0))
			for i, slave := range slaves {
				want := []string{"private", "shared", "private"}[i]
				Expect(slave.tags().Type()).To(Equal(want), "without any master")
				expectType(slave, want, "without any master")
			}
		})

	for name, pinned := range map[string]bool{"ends": false, "is kept by a descriptor": true} {
		It("has no members in a mount namespace that has ended: one that "+name, Proves("mount-namespace-end-leaves-peer-groups"), func() {
			m := stage().shared()
			master := m.fresh("master")
			slave := master.shared().bound("slave").slave()
			group := m.tags().Shared
			copied := m.copied()
			master.in(copied.s).bound("more").slave()
			Expect(copied.mount()).To(Succeed())
			mounted := m.see()
			Expect(mounted).NotTo(Equal(m.dev))
			Arrange(m.s.Umount(master.dir, 0)) // whose last peer is in the copy
			expectReaches(master.in(copied.s), slave, "a master in the copy")
			fd := Get(m.s.OpenNS(copied.s, nsutil.Mnt))
			if !pinned {
				Arrange(m.s.Close(fd))
			}
			Arrange(copied.s.End())
			if pinned {
				expectNotAlone(m, group, "with a peer in a namespace that is kept")
				Expect(slave.tags().Type()).To(Equal("slave"))
				visitor := Get(m.s.Fork())
				Expect(visitor.Setns(fd, unix.CLONE_NEWNS)).To(Succeed())
				expectReaches(master.in(visitor), slave, "a master there")
				return
			}
			Eventually(func() string { return slave.tags().Type() }).WithTimeout(Patience()).WithPolling(polling).
				Should(Equal("private"), "a slave without a master")
			Expect(m.see()).To(Equal(mounted), "mounts stay where they have come to")
			Expect(m.umount()).To(Succeed())
			expectAlone(m, "when the copy has ended")
		})
	}
})

// polling is how often a spec looks whether a namespace has been destroyed.
const polling = 2 * time.Millisecond
