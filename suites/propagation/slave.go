package propagation

import (
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// masterAndSlaves returns a master with a peer in another mount namespace, and
// slaves of it in its own and in others.
func masterAndSlaves() (masters, slaves []place) {
	m := stage().shared()
	masters = []place{m, m.copied()}
	slaves = []place{m.bound("slave").slave(), m.copied().slave()}
	return masters, append(slaves, slaves[0].copied())
}

var _ = Specs("A slave mount", Label("mount"), func() {
	It("receives mounts and unmounts from every member of its master's peer group",
		Proves("mount-slave-receives-from-master", "mount-info-master-tag"), func() {
			masters, slaves := masterAndSlaves()
			masters = append(masters, masters[1].bound("another"))
			for _, slave := range slaves {
				for _, master := range masters {
					expectReaches(master, slave, "master to slave")
					Expect(slave.tags()).To(Equal(mounts.Propagation{Master: master.tags().Shared}), "mountinfo of %s", slave)
					Expect(slave.tags().Master).To(BeNumerically(">", 0))
				}
			}
		})

	It("does not send mounts and unmounts to its master or to other slaves",
		Proves("mount-slave-does-not-send-to-master"), func() {
			masters, slaves := masterAndSlaves()
			for _, slave := range slaves {
				for _, master := range masters {
					expectMisses(slave, master, "slave to master")
				}
			}
			expectApart(slaves[0], slaves[1], "slaves")
			expectApart(slaves[0], slaves[2], "a slave and its copy")
		})

	It("unmounts what it has received without the master, and the master can unmount it then",
		Proves("mount-slave-does-not-send-to-master", "mount-slave-receives-from-master", "mount-unmount-propagated-takes-topmost"), func() {
			masters, slaves := masterAndSlaves()
			for _, slave := range slaves {
				Expect(masters[1].mount()).To(Succeed())
				mounted := masters[1].see()
				Expect(slave.see()).To(Equal(mounted))
				Expect(slave.umount()).To(Succeed())
				Expect(slave.see()).To(Equal(slave.dev))
				for _, p := range append(masters, slaves...) {
					if p != slave {
						Expect(p.see()).To(Equal(mounted), "at %s, after an unmount at %s", p, slave)
					}
				}
				Expect(slave.mount()).To(Succeed(), "something else in its place")
				own := slave.see()
				Expect(own).NotTo(Or(Equal(mounted), Equal(slave.dev)))
				Expect(masters[0].umount()).To(Succeed())
				Expect(slave.see()).To(Equal(slave.dev), "at %s, where the unmount takes what is there", slave)
			}
		})

	for _, w := range ways {
		It("receives what its master gets by "+w.name, Proves("mount-slave-receives-from-master", "mount-propagated-onto-slave-is-slave"), func() {
			w.need()
			m := stage().shared()
			slaves := []place{m.bound("slave").slave(), m.copied().slave()}
			Expect(w.mount(m.s, source(m.s, m.top), m.x())).To(Succeed())
			what := func(p place) place {
				if w.deep {
					return p.on().on()
				}
				return p.on()
			}
			for _, slave := range slaves {
				Expect(shows(slave.s, slave.x())).To(Equal(w.brings()), "at %s", slave)
			}
			sent := what(m)
			Expect(m.s.Mkdir(sent.x())).To(Or(Succeed(), MatchError(unix.EEXIST)))
			for _, slave := range slaves {
				got := what(slave)
				Expect(got.dev).To(Equal(sent.dev))
				Expect(got.tags()).To(Equal(mounts.Propagation{Master: sent.tags().Shared}), "mountinfo of %s", got)
				expectSlave(got, sent, "what the slave got")
			}
			Expect(m.s.Umount(m.x(), unix.MNT_DETACH)).To(Succeed())
			for _, slave := range slaves {
				Expect(slave.see()).To(Equal(slave.dev), "at %s, after the master's unmount", slave)
			}
		})
	}

	It("receives what is mounted where it has a mount of its own, below that", Proves("mount-slave-receives-from-master"), func() {
		masters, slaves := masterAndSlaves()
		for _, slave := range slaves {
			Expect(slave.mount()).To(Succeed())
			own := slave.see()
			Expect(masters[0].mount()).To(Succeed())
			fresh := masters[0].see()
			Expect(slave.see()).To(Equal(own), "at %s, while that is covered", slave)
			Expect(slave.umount()).To(Succeed())
			Expect(slave.see()).To(Equal(fresh), "at %s, when it is not any more", slave)
			Expect(masters[0].umount()).To(Succeed())
			Expect(slave.see()).To(Equal(slave.dev), "at %s, after the master's unmount", slave)
		}
	})

	It("has private mounts of its own", Proves("mount-under-slave-is-private", "mount-new-follows-bind-rules"), func() {
		_, slaves := masterAndSlaves()
		for i, slave := range slaves {
			way := ways[i]
			Expect(way.mount(slave.s, source(slave.s, slave.top), slave.x())).To(Succeed())
			own := slave.on()
			Expect(own.tags()).To(BeZero(), way.name)
			if way.deep {
				own = own.on()
			}
			Expect(slave.s.Mkdir(own.x())).To(Or(Succeed(), MatchError(unix.EEXIST)))
			expectApart(own, own.copied(), way.name)
			expectType(own, "private", way.name)
		}
	})
})

var _ = Specs("A mount that is slave and shared", Label("mount"), func() {
	// chain returns a mount, a slave of it that is shared and has a peer, and a
	// slave of that, and so on.
	chain := func() (groups [][]place) {
		p := stage().shared()
		groups = append(groups, []place{p, p.copied()})
		for _, name := range []string{"first", "second", "third"} {
			p = p.bound(name).slave().shared()
			groups = append(groups, []place{p, p.bound(name + "-peer"), p.copied()})
		}
		return append(groups, []place{p.bound("last").slave()})
	}

	It("passes on what it receives to its peers and slaves, and nothing back", Proves("mount-slave-and-shared-passes-on",
		"mount-slave-receives-from-master", "mount-slave-does-not-send-to-master"), func() {
		groups := chain()
		for i, from := range groups {
			sender := from[len(from)-1]
			Expect(sender.mount()).To(Succeed())
			mounted := sender.see()
			expectSee := func(when string) {
				for j, to := range groups {
					for _, p := range to {
						if j >= i && when == "mounted" {
							Expect(p.see()).To(Equal(mounted), "at %s, %s at %s", p, when, sender)
						} else {
							Expect(p.see()).To(Equal(p.dev), "at %s, %s at %s", p, when, sender)
						}
					}
				}
			}
			expectSee("mounted")
			Expect(from[0].umount()).To(Succeed())
			expectSee("unmounted")
		}
	})

	It("has what it receives as slave and shared, too", Proves("mount-slave-and-shared-passes-on", "mount-propagated-onto-slave-is-slave"), func() {
		groups := chain()
		Expect(groups[0][0].mount()).To(Succeed())
		Arrange(groups[0][0].s.Mkdir(groups[0][0].x() + "/x"))
		var above place
		for i, group := range groups {
			for j, p := range group {
				if j > 0 {
					expectPeers(p.on(), group[0].on(), "what peers got")
				} else if i > 0 {
					expectSlave(p.on(), above, "what a slave got")
					Expect(p.on().tags().Master).To(Equal(above.tags().Shared))
				}
			}
			above = group[0].on()
			want := map[int]string{0: "shared", len(groups) - 1: "slave"}[i]
			if want == "" {
				want = "slave and shared"
			}
			Expect(above.tags().Type()).To(Equal(want))
		}
	})
})
