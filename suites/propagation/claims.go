package propagation

import (
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectReaches claims that what from mounts is mounted at to as well, and that
// to's is unmounted with from's.
func expectReaches(from, to place, as string) {
	Expect(from.mount()).To(Succeed(), "%s: mount at %s", as, from)
	mounted := from.see()
	Expect(mounted).NotTo(Equal(from.dev), "%s: at %s itself", as, from)
	Expect(to.see()).To(Equal(mounted), "%s: at %s, as mounted at %s", as, to, from)
	Expect(from.umount()).To(Succeed(), "%s: unmount at %s", as, from)
	Expect(from.see()).To(Equal(from.dev), "%s: at %s itself, after the unmount", as, from)
	Expect(to.see()).To(Equal(to.dev), "%s: at %s, as unmounted at %s", as, to, from)
}

// expectMisses claims that to goes on as it was when from mounts, and keeps a
// mount of its own when from unmounts.
func expectMisses(from, to place, as string) {
	Expect(from.mount()).To(Succeed(), "%s: mount at %s", as, from)
	Expect(to.see()).To(Equal(to.dev), "%s: at %s, after a mount at %s", as, to, from)
	Expect(from.umount()).To(Succeed(), "%s: unmount at %s", as, from)

	Expect(to.mount()).To(Succeed(), "%s: mount at %s", as, to)
	own := to.see()
	if from.see() == from.dev {
		Expect(from.mount()).To(Succeed(), "%s: mount at %s", as, from)
	}
	Expect(from.umount()).To(Succeed(), "%s: unmount at %s", as, from)
	Expect(to.see()).To(Equal(own), "%s: at %s, after an unmount at %s", as, to, from)
	Expect(to.umount()).To(Succeed(), "%s: unmount at %s", as, to)
	Expect(to.see()).To(Equal(to.dev), "%s: at %s, at the end", as, to)
}

// expectPeers claims that mounts and unmounts go both ways.
func expectPeers(a, b place, as string) {
	for _, from := range []place{a, b} {
		Expect(from.mount()).To(Succeed(), "%s: mount at %s", as, from)
		mounted := from.see()
		other := a
		if from == a {
			other = b
		}
		Expect(mounted).NotTo(Equal(from.dev), "%s: at %s itself", as, from)
		Expect(other.see()).To(Equal(mounted), "%s: at %s, as mounted at %s", as, other, from)
		Expect(other.umount()).To(Succeed(), "%s: unmount at %s", as, other)
		Expect(other.see()).To(Equal(other.dev), "%s: at %s itself, after the unmount", as, other)
		Expect(from.see()).To(Equal(from.dev), "%s: at %s, as unmounted at %s", as, from, other)
	}
}

// expectSlave claims that they go from the master to the slave only.
func expectSlave(slave, master place, as string) {
	Expect(slave.mount()).To(Succeed(), "%s: mount at %s", as, slave)
	Expect(master.see()).To(Equal(master.dev), "%s: at %s, after a mount at %s", as, master, slave)
	Expect(slave.umount()).To(Succeed(), "%s: unmount at %s", as, slave)
	expectReaches(master, slave, as)

	Expect(master.mount()).To(Succeed(), "%s: mount at %s", as, master)
	Expect(slave.umount()).To(Succeed(), "%s: unmount at %s", as, slave)
	Expect(master.see()).NotTo(Equal(master.dev), "%s: at %s, after an unmount at %s", as, master, slave)
	Expect(master.umount()).To(Succeed(), "%s: unmount at %s", as, master)
}

// expectApart claims that they go neither way. What arrived where something is
// mounted would be below that, and show when it is unmounted.
func expectApart(a, b place, as string) {
	Expect(a.mount()).To(Succeed(), "%s: mount at %s", as, a)
	Expect(b.see()).To(Equal(b.dev), "%s: at %s, after a mount at %s", as, b, a)
	Expect(b.mount()).To(Succeed(), "%s: mount at %s", as, b)
	atB := b.see()
	Expect(a.umount()).To(Succeed(), "%s: unmount at %s", as, a)
	Expect(a.see()).To(Equal(a.dev), "%s: at %s, after a mount at %s", as, a, b)
	Expect(b.see()).To(Equal(atB), "%s: at %s, after an unmount at %s", as, b, a)

	Expect(a.mount()).To(Succeed(), "%s: mount at %s", as, a)
	atA := a.see()
	Expect(b.umount()).To(Succeed(), "%s: unmount at %s", as, b)
	Expect(b.see()).To(Equal(b.dev), "%s: at %s, after a mount at %s", as, b, a)
	Expect(a.see()).To(Equal(atA), "%s: at %s, after an unmount at %s", as, a, b)
	Expect(a.umount()).To(Succeed(), "%s: unmount at %s", as, a)
}

// tags returns what mountinfo says of the place's propagation.
func (p place) tags() mounts.Propagation {
	tags, err := mounts.PropagationAt(p.s, p.dir)
	Expect(err).NotTo(HaveOccurred())
	return tags
}

// expectType claims that the mount has the type in its own right: by mountinfo,
// and by what a new bind mount of it is to it. Whether a slave hears of its
// master is another claim.
func expectType(p place, want, as string) {
	Expect(p.tags().Type()).To(Equal(want), "%s: type of %s in mountinfo", as, p)
	bind := p
	bind.dir = p.top + "/bind"
	Expect(p.s.Mkdir(bind.dir)).To(Succeed())
	if want == "unbindable" {
		Expect(p.s.Bind(p.dir, bind.dir)).To(MatchError(unix.EINVAL), "%s: bind %s", as, p)
	} else {
		Expect(p.s.Bind(p.dir, bind.dir)).To(Succeed(), "%s: bind %s", as, p)
		if want == "shared" || want == "slave and shared" {
			expectPeers(p, bind, as)
		} else {
			expectApart(p, bind, as)
		}
		Expect(p.s.Umount(bind.dir, 0)).To(Succeed(), "%s: unmount the bind mount of %s", as, p)
	}
	Expect(p.s.Rmdir(bind.dir)).To(Succeed(), "%s: after the bind mount of %s", as, p)
}
