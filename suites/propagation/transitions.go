package propagation

import (
	"fmt"

	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// relations are a mount, and others that it has to do with.
type relations struct {
	x                      place
	peers, masters, slaves []place // of x, in its mount namespace and in others
}

// sharer returns a mount with slaves, and with peers if it is to have them.
func sharer(x place, peers bool) relations {
	r := relations{x: x.shared()}
	if peers {
		r.peers = []place{x.bound("peer"), x.copied()}
	}
	r.slaves = []place{x.bound("slave").slave(), x.copied().slave()}
	return r
}

// slaveOf returns a slave of a mount with a peer in another mount namespace.
func slaveOf(master place) (slave place, masters []place) {
	master.shared()
	slave = master.bound("x").slave()
	return slave, []place{master, master.copied()}
}

// slaveAndSharer returns a mount that is both.
func slaveAndSharer(peers bool) relations {
	slave, masters := slaveOf(stage())
	r := sharer(slave, peers)
	r.masters = masters
	return r
}

// state is what a mount can be before its propagation type is set.
type state struct {
	name    string
	arrange func() relations
}

var states = []state{
	{"private", func() relations { return relations{x: stage()} }},
	{"unbindable", func() relations { return relations{x: stage().unbindable()} }},
	{"shared, alone in its peer group", func() relations { return sharer(stage(), false) }},
	{"shared with peers", func() relations { return sharer(stage(), true) }},
	{"slave", func() relations {
		slave, masters := slaveOf(stage())
		return relations{x: slave, masters: masters}
	}},
	{"slave whose master is gone", func() relations {
		master := stage().shared()
		x := master.bound("x").slave()
		Arrange(master.s.Umount(master.dir, 0))
		return relations{x: x}
	}},
	{"slave and shared, alone in its peer group", func() relations { return slaveAndSharer(false) }},
	{"slave and shared with peers", func() relations { return slaveAndSharer(true) }},
}

// transition is what a flag does to mounts in each of the states.
type transition struct {
	flag int
	name string
	to   []string // in the order of the states
	// proves are the ids by state, or one for all.
	proves []string
}

var transitions = []transition{
	{unix.MS_SHARED, "MS_SHARED",
		[]string{"shared", "shared", "shared", "shared", "slave and shared", "shared", "slave and shared", "slave and shared"},
		[]string{"mount-make-shared-transitions"}},
	{unix.MS_SLAVE, "MS_SLAVE",
		[]string{"private", "unbindable", "private", "slave", "slave", "private", "slave", "slave"},
		[]string{
			"mount-make-slave-of-others-no-effect", "mount-make-slave-of-others-no-effect",
			"mount-make-slave-of-lone-shared-is-private", "mount-make-slave-of-shared-with-peers",
			"mount-make-slave-of-others-no-effect", "mount-make-slave-of-others-no-effect",
			"mount-make-slave-of-slave-and-shared-is-slave", "mount-make-slave-of-slave-and-shared-is-slave",
		}},
	{unix.MS_PRIVATE, "MS_PRIVATE",
		[]string{"private", "private", "private", "private", "private", "private", "private", "private"},
		[]string{"mount-make-private-transitions"}},
	{unix.MS_UNBINDABLE, "MS_UNBINDABLE",
		[]string{"unbindable", "unbindable", "unbindable", "unbindable", "unbindable", "unbindable", "unbindable", "unbindable"},
		[]string{"mount-make-unbindable-transitions"}},
}

// expectPeersAfter claims what the mount and its former peers are to each other.
func (r relations) expectPeersAfter(flag int) {
	for _, peer := range r.peers {
		switch flag {
		case unix.MS_SHARED:
			expectPeers(r.x, peer, "peer")
			Expect(r.x.tags().Shared).To(Equal(peer.tags().Shared), "peer group")
		case unix.MS_SLAVE:
			expectSlave(r.x, peer, "former peer")
			Expect(r.x.tags().Master).To(Equal(peer.tags().Shared), "peer group of the master")
		default:
			expectApart(r.x, peer, "former peer")
		}
	}
}

// expectMastersAfter claims what it and its former masters are to each other.
func (r relations) expectMastersAfter(flag int) {
	for _, master := range r.masters {
		if flag == unix.MS_SHARED || flag == unix.MS_SLAVE {
			expectSlave(r.x, master, "master")
		} else {
			expectApart(r.x, master, "former master")
		}
		if flag == unix.MS_SHARED || flag == unix.MS_SLAVE && r.peers == nil {
			Expect(r.x.tags().Master).To(Equal(master.tags().Shared), "peer group of the master")
		}
	}
}

// expectSlavesAfter claims that its slaves stay what they were, or that its
// peers, or else its masters, have got them.
func (r relations) expectSlavesAfter(flag int) {
	for _, slave := range r.slaves {
		var group int
		switch {
		case flag == unix.MS_SHARED:
			expectSlave(slave, r.x, "slave")
			group = r.x.tags().Shared
		case r.peers != nil:
			group = r.peers[0].tags().Shared
		case r.masters != nil:
			group = r.masters[0].tags().Shared
		}
		if flag != unix.MS_SHARED {
			expectApart(r.x, slave, "former slave")
		}
		for _, other := range append(r.peers, r.masters...) {
			expectReaches(other, slave, "slave of who has it")
		}
		Expect(slave.tags().Master).To(Equal(group), "peer group of the slave's master")
		Expect(slave.tags().Shared).To(BeZero(), "peer group of the slave")
	}
}

var _ = Specs("Setting the propagation type", Label("mount"), func() {
	for _, t := range transitions {
		for i, from := range states {
			proves := t.proves[i%len(t.proves)]
			for _, by := range setters {
				It(fmt.Sprintf("of a mount that is %s by %s with %s makes it %s", from.name, by.name, t.name, t.to[i]), Proves(proves), func() {
					by.need()
					r := from.arrange()
					Expect(by.set(r.x, t.flag)).To(Succeed())
					r.expectPeersAfter(t.flag)
					r.expectMastersAfter(t.flag)
					r.expectSlavesAfter(t.flag)
					expectType(r.x, t.to[i], t.name)
				})
			}
		}
	}
})
