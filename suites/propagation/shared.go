package propagation

import (
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// group returns the members of a peer group, one in each of the ways to get
// one, in three mount namespaces.
func group() []place {
	first := stage().shared()
	bound := first.bound("bound")
	all := []place{first, bound, first.copied(), bound.copied()}
	unsharer := Get(first.s.Fork())
	Arrange(unsharer.Unshare(unix.CLONE_NEWNS))
	return append(all, first.in(unsharer), all[2].bound("bound-there"))
}

var _ = Specs("A shared mount", Label("mount"), func() {
	It("has the mounts and unmounts of each of its peers", Proves("mount-under-shared-reaches-peers",
		"mount-unmount-under-shared-reaches-peers", "mount-propagation-symmetric-among-peers"), func() {
		all := group()
		for _, from := range all {
			Expect(from.mount()).To(Succeed())
			mounted := from.see()
			for _, to := range all {
				Expect(to.see()).To(And(Equal(mounted), Not(Equal(to.dev))), "at %s, as mounted at %s", to, from)
			}
			Expect(from.umount()).To(Succeed())
			for _, to := range all {
				Expect(to.see()).To(Equal(to.dev), "at %s, as unmounted at %s", to, from)
			}
		}
		for i := range all {
			mounter, unmounter := all[i], all[(i+1)%len(all)]
			Expect(mounter.mount()).To(Succeed())
			Expect(unmounter.umount()).To(Succeed(), "at %s of what is mounted at %s", unmounter, mounter)
			for _, to := range all {
				Expect(to.see()).To(Equal(to.dev), "at %s, as unmounted at %s", to, unmounter)
			}
		}
	})

	for _, w := range ways {
		It("has what its peers get by "+w.name, Proves("mount-under-shared-reaches-peers", "mount-under-shared-is-shared-in-new-group"), func() {
			w.need()
			m := stage().shared()
			peers := []place{m.bound("peer"), m.copied()}
			from := source(m.s, m.top)
			Expect(w.mount(m.s, from, m.x())).To(Succeed())
			for _, p := range append(peers, m) {
				Expect(p.see()).To(And(Equal(m.see()), Not(Equal(m.dev))), "at %s", p)
				Expect(shows(p.s, p.x())).To(Equal(w.brings()), "at %s", p)
			}
			expectShared := func(dir string) (here, there place) {
				here = m.at(dir)
				there = here.in(peers[1].s)
				Expect(here.tags().Shared).NotTo(Or(BeZero(), Equal(m.tags().Shared)), "the peer group of %s", here)
				for _, p := range []place{m.at("peer" + dir[1:]), there} {
					Expect(p.tags()).To(Equal(here.tags()), "mountinfo of %s", p)
				}
				return here, there
			}
			here, there := expectShared("m/x")
			if w.deep {
				here, there = expectShared("m/x/x")
			}
			Expect(m.s.Mkdir(here.x())).To(Or(Succeed(), MatchError(unix.EEXIST)))
			expectPeers(here, there, "what was mounted, and its replica")
			Expect(m.s.Umount(m.x(), unix.MNT_DETACH)).To(Succeed())
			for _, p := range append(peers, m) {
				Expect(p.see()).To(Equal(p.dev), "at %s, after the unmount", p)
			}
		})
	}

	for _, leave := range leavings {
		It("loses with its peers and slaves what is unmounted by "+leave.name,
			Proves("mount-unmount-under-shared-reaches-peers", "mount-slave-receives-from-master", "mount-umount-propagates-to-peers-and-slaves"), func() {
				m, others := receivers()
				for _, from := range []place{m, others[0], others[1]} {
					Expect(m.mount()).To(Succeed())
					leave.do(from.s, from.x())
					for _, p := range append(others, m) {
						Expect(p.see()).To(Equal(p.dev), "at %s, as unmounted at %s", p, from)
					}
				}
			})
	}

	It("has a tree as one, and loses it as one", Proves("mount-under-shared-reaches-peers", "mount-unmount-under-shared-reaches-peers"), func() {
		m := stage().shared()
		peers := []place{m.bound("peer"), m.copied()}
		Expect(m.s.Mount(source(m.s, m.top), m.x(), "", unix.MS_BIND|unix.MS_REC, "")).To(Succeed())
		for _, p := range append(peers, m) {
			Expect(shows(p.s, p.x())).To(Equal("upper, lower"), "at %s", p)
		}
		Expect(m.s.Umount(m.x(), 0)).To(MatchError(unix.EBUSY), "with something mounted below")
		Expect(peers[1].s.Umount(m.x()+"/x", 0)).To(Succeed(), "only what is below")
		for _, p := range append(peers, m) {
			Expect(shows(p.s, p.x())).To(Equal("upper"), "at %s", p)
		}
		Expect(m.s.Mount(m.top+"/source", m.x()+"/x", "", unix.MS_BIND|unix.MS_REC, "")).To(Succeed())
		for _, p := range append(peers, m) {
			Expect(shows(p.s, p.x()+"/x")).To(Equal("upper, lower"), "at %s/x", p)
		}
		Expect(peers[0].s.Umount(peers[0].x(), unix.MNT_DETACH)).To(Succeed())
		for _, p := range append(peers, m) {
			Expect(p.see()).To(Equal(p.dev), "at %s", p)
			Expect(shows(p.s, p.x())).To(BeEmpty(), "at %s", p)
		}
	})

	It("has what is mounted on a file, and on its root", Proves("mount-under-shared-reaches-peers", "mount-unmount-under-shared-reaches-peers"), func() {
		m := stage()
		Arrange(m.s.WriteFile(m.dir+"/file", "covered", unix.O_CREAT))
		Arrange(m.s.WriteFile(m.top+"/other", "covering", unix.O_CREAT))
		m.shared()
		peers := []place{m.bound("peer"), m.copied()}
		Expect(m.s.Bind(m.top+"/other", m.dir+"/file")).To(Succeed())
		for _, p := range append(peers, m) {
			Expect(p.s.ReadFile(p.dir+"/file")).To(Equal("covering"), "at %s", p)
		}
		Expect(peers[1].s.Umount(m.dir+"/file", 0)).To(Succeed())
		for _, p := range append(peers, m) {
			Expect(p.s.ReadFile(p.dir+"/file")).To(Equal("covered"), "at %s", p)
		}

		Expect(m.s.Mount("none", m.dir, "tmpfs", 0, "mode=755")).To(Succeed())
		for _, p := range append(peers, m) {
			_, err := p.s.Stat(p.dir + "/file")
			Expect(err).To(MatchError(unix.ENOENT), "at %s, which is covered", p)
		}
		Expect(peers[0].s.Umount(peers[0].dir, 0)).To(Succeed())
		for _, p := range append(peers, m) {
			Expect(p.s.ReadFile(p.dir+"/file")).To(Equal("covered"), "at %s", p)
		}
	})

	It("has what is mounted at places that its root leads to, and nothing else", Proves("mount-under-shared-reaches-peers",
		"mount-unmount-under-shared-reaches-peers", "mount-bind-joins-peer-group"), func() {
		m := stage().shared()
		Arrange(m.s.Mkdir(m.x() + "/x"))
		Arrange(m.s.Mkdir(m.dir + "/other"))
		narrow := m.bound("narrow")
		Arrange(m.s.Umount(narrow.dir, 0))
		Arrange(m.s.Bind(m.x(), narrow.dir))
		expectPeers(place{m.s, m.top, m.x(), m.dev}, narrow, "a bind mount of a directory")
		Expect(narrow.tags().Shared).To(And(Equal(m.tags().Shared), BeNumerically(">", 0)))

		Expect(m.s.Mount("none", m.dir+"/other", "tmpfs", 0, "")).To(Succeed())
		Expect(narrow.see()).To(Equal(narrow.dev))
		Expect(m.s.Umount(m.dir+"/other", 0)).To(Succeed())

		Expect(m.s.Mount("none", m.x(), "tmpfs", 0, "")).To(Succeed())
		Expect(m.s.Stat(narrow.dir)).To(HaveField("Dev", m.see()), "on its root")
		Expect(m.s.Umount(narrow.dir, 0)).To(Succeed())
		Expect(m.see()).To(Equal(m.dev), "unmounted from there")
	})

	It("has what a peer mounts where it has a mount already, below that", Proves("mount-under-shared-reaches-peers",
		"mount-unmount-under-shared-reaches-peers"), func() {
		m := stage()
		Arrange(m.mount())
		own := m.see()
		peer := m.shared().bound("peer")
		Expect(peer.mount()).To(Succeed())
		fresh := peer.see()
		Expect(m.see()).To(Equal(own), "while it is covered")
		Expect(m.umount()).To(Succeed())
		Expect(m.see()).To(Equal(fresh), "when it is not any more")
		Expect(peer.see()).To(Equal(fresh), "where the other mount was not")
		Expect(m.umount()).To(Succeed())
		Expect(peer.see()).To(Equal(peer.dev))
	})
})
