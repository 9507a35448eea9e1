package propagation

import (
	"errors"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A private mount", Label("mount"), func() {
	It("neither sends nor receives, in whatever way its copy was made", Proves("mount-private-no-propagation", "mount-info-no-tag-is-private"), func() {
		m := stage()
		Expect(m.tags()).To(BeZero())
		expectApart(m, m.bound("bound"), "a bind mount")
		for _, way := range harness.Ways() {
			s := Get(m.s.Isolate(way, nsutil.Mnt))
			expectApart(m, m.in(s), "a copy by "+string(way))
			Expect(m.in(s).tags()).To(BeZero())
		}
	})

	It("neither sends to its former peers, master and slaves, nor receives from them",
		Proves("mount-private-no-propagation", "mount-info-no-tag-is-private"), func() {
			r := slaveAndSharer(true)
			r.x.private()
			for _, other := range append(append(r.peers, r.masters...), r.slaves...) {
				expectApart(r.x, other, "private")
			}
			Expect(r.x.tags()).To(BeZero())
		})

	for _, w := range ways {
		It("does not send what it gets by "+w.name, Proves("mount-private-no-propagation", "mount-new-follows-bind-rules"), func() {
			w.need()
			m := stage()
			others := []place{m.bound("other"), m.copied()}
			Expect(w.mount(m.s, source(m.s, m.top), m.x())).To(Succeed())
			Expect(shows(m.s, m.x())).To(Equal(w.brings()))
			Expect(m.on().tags()).To(BeZero())
			for _, other := range others {
				Expect(other.see()).To(Equal(other.dev), "at %s", other)
			}
		})
	}
})

var _ = Specs("A propagation type", Label("mount"), func() {
	It("is of the mount, not of the file system", Proves("mount-propagation-is-of-mount-not-file-system"), func() {
		m := stage()
		var all []place
		for _, name := range []string{"shared", "slave", "slave-and-shared", "unbindable", "private"} {
			all = append(all, m.bound(name))
		}
		master := m.bound("master").shared()
		all[1] = master.bound("slave-of-master").slave()
		all[2] = master.bound("sharing-slave").slave().shared()
		all[0].shared()
		all[3].unbindable()
		types := []string{"shared", "slave", "slave and shared", "unbindable", "private"}
		for i, p := range all {
			Expect(p.dev).To(Equal(m.dev), "the file system")
			Expect(p.tags().Type()).To(Equal(types[i]))
			expectApart(m, p, types[i])
			expectApart(p, all[(i+1)%len(all)], types[i])
		}
		Expect(all[0].s.Mount("none", m.dir, "", unix.MS_REMOUNT, "mode=711")).To(Succeed(), "the file system")
		for i, p := range all {
			Expect(p.tags().Type()).To(Equal(types[i]), "after a remount")
		}
		for i, p := range all {
			Expect(p.s.Mount("none", p.dir, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_NOSUID, "")).To(Succeed(), "the mount")
			Expect(p.tags().Type()).To(Equal(types[i]), "after a remount")
		}
	})

	It("is of each mount of a file system that is mounted twice", Proves("mount-propagation-is-of-mount-not-file-system"), func() {
		kinds.Need(nsutil.IPC)
		s, top := mounts.Stage()
		Arrange(s.Unshare(unix.CLONE_NEWIPC))
		twice := func(dir string) place {
			Arrange(s.Mkdir(top + "/" + dir))
			if err := s.Mount("none", top+"/"+dir, "mqueue", 0, ""); errors.Is(err, unix.ENODEV) {
				NeedKconfig("CONFIG_POSIX_MQUEUE")
			} else {
				Arrange(err)
			}
			return place{s: s, top: top}.at(dir)
		}
		Arrange(s.WriteFile(top+"/other", "", unix.O_CREAT))
		first, second := twice("first"), twice("second")
		Arrange(s.Close(Get(s.Open(first.dir+"/queue", unix.O_CREAT|unix.O_RDWR))))
		Expect(s.Stat(second.dir+"/queue")).To(HaveField("Dev", first.dev), "the file system")
		first.shared()
		third := twice("third")
		bind := first.bound("bind")
		Expect(s.Bind(top+"/other", first.dir+"/queue")).To(Succeed())
		Expect(s.Stat(bind.dir+"/queue")).NotTo(HaveField("Dev", first.dev), "in the peer")
		for _, p := range []place{second, third} {
			Expect(p.tags()).To(BeZero(), "mountinfo of %s", p)
			Expect(s.Stat(p.dir+"/queue")).To(HaveField("Dev", p.dev), "in %s", p)
		}
	})

	It("governs mounts directly below, and deeper ones go by their own parent's", Proves("mount-propagation-governs-direct-children"), func() {
		outer := stage().shared()
		copied := outer.copied()
		Arrange(outer.mount())
		inner := outer.on()
		Arrange(inner.s.Mkdir(inner.x()))
		expectPeers(inner, inner.in(copied.s), "shared below shared")
		inner.private()
		expectApart(inner, inner.in(copied.s), "private below shared")
		Expect(inner.mount()).To(Succeed())
		Expect(copied.s.Stat(inner.x())).To(HaveField("Dev", inner.dev))
		lowest := inner.on().shared()
		Arrange(lowest.s.Mkdir(lowest.x()))
		last := lowest.copied()
		expectPeers(lowest, last, "shared below private")
		outer.private()
		expectPeers(lowest, last, "shared below private below private")
	})

	for _, other := range []string{"private", "slave", "unbindable"} {
		It("of the parent decides what becomes of an unmount, whatever is unmounted: "+other+" below shared, shared below "+other,
			Proves("mount-unmount-follows-parents-propagation"), func() {
				flag := typeFlags[other]
				m := stage().shared()
				peers := []place{m.bound("peer"), m.copied()}
				Expect(m.mount()).To(Succeed())
				m.on().become(flag)
				Expect(m.umount()).To(Succeed())
				for _, p := range append(peers, m) {
					Expect(p.see()).To(Equal(p.dev), "at %s, where it was below shared", p)
				}
				Expect(m.mount()).To(Succeed())
				for _, p := range append(peers, m) {
					p.become(flag)
				}
				mounted := m.see()
				Expect(m.on().tags().Shared).To(And(BeNumerically(">", 0), Equal(peers[1].on().tags().Shared)))
				Expect(m.umount()).To(Succeed())
				for _, p := range peers {
					Expect(p.see()).To(Equal(mounted), "at %s, below %s", p, other)
				}
			})
	}
})
