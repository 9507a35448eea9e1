package propagation

import (
	"fmt"

	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// family returns a mount between one above it, one beside it, and two below it,
// one in the other. All are shared with a copy of the mount namespace.
func family() (x place, below, others []place) {
	GinkgoHelper()
	above := stage()
	Arrange(above.mount())
	x = above.on()
	for _, dir := range []string{"m/beside", "m/x/x", "m/x/x/x"} {
		mounts.Point(x.s, x.top+"/"+dir)
	}
	Arrange(x.s.Mkdir(x.top + "/m/x/x/x/x"))
	Arrange(x.s.Mkdir(x.top + "/m/beside/x"))
	below = []place{x.on(), x.on().on()}
	others = []place{above, x.at("m/beside")}
	for _, p := range append(append(below, others...), x) {
		p.shared()
	}
	x.copied()
	return x, below, others
}

var _ = Specs("Changing the propagation type", Label("mount"), func() {
	for _, by := range setters {
		for _, kind := range []string{"private", "slave", "unbindable", "shared"} {
			It("to "+kind+" by "+by.name+" changes only that mount, recursively those below it as well", Proves("mount-change-propagation-recursive"), func() {
				by.need()
				flag := typeFlags[kind]
				from := "shared"
				x, below, others := family()
				if kind == "shared" {
					from = "private"
					Arrange(setByMount(others[0], unix.MS_PRIVATE|unix.MS_REC))
				}
				expectTypes := func(want string, all []place) {
					GinkgoHelper()
					for _, p := range all {
						Expect(p.tags().Type()).To(Equal(want), "%s", p)
					}
				}
				Expect(by.set(x, flag)).To(Succeed())
				expectTypes(kind, []place{x})
				expectTypes(from, append(below, others...))
				lowest := below[1]
				expectType(lowest, from, "two below")
				Expect(by.set(x, flag|unix.MS_REC)).To(Succeed())
				expectTypes(kind, append(below, x))
				expectTypes(from, others)
				expectType(lowest, kind, "two below")
				expectType(others[1], from, "beside")

				copied := x.copied()
				Expect(by.set(x, typeFlags[from]|unix.MS_REC)).To(Succeed())
				for _, p := range append(below, x) {
					Expect(p.in(copied.s).tags().Type()).To(Equal(kind), "%s in another mount namespace", p)
				}
			})
		}
	}

	It("reaches mounts below through others that have the type already, and stacked ones", Proves("mount-change-propagation-recursive"), func() {
		x, below, _ := family()
		x.private()
		below[0].private()
		Arrange(x.s.Mount("none", below[1].dir, "tmpfs", 0, "mode=755"))
		Expect(below[1].tags().Type()).To(Equal("shared"), "what is stacked on a shared mount")
		Expect(setByMount(x, unix.MS_PRIVATE|unix.MS_REC)).To(Succeed())
		for _, p := range append(below, x) {
			Expect(p.tags().Type()).To(Equal("private"), "%s", p)
		}
		Arrange(x.s.Umount(below[1].dir, 0))
		Expect(below[1].tags().Type()).To(Equal("private"), "what was covered")
		expectApart(below[1], below[1].copied(), "what was covered")
	})

	It("with several types gives EINVAL", Proves("mount-change-propagation-two-types-einval"), func() {
		m := stage()
		peer := m.shared().copied()
		flags := []int{unix.MS_SHARED, unix.MS_PRIVATE, unix.MS_SLAVE, unix.MS_UNBINDABLE}
		for set := range 1 << len(flags) {
			all, n := 0, 0
			for i, flag := range flags {
				if set&(1<<i) != 0 {
					all |= flag
					n++
				}
			}
			for _, extra := range []int{0, unix.MS_REC, unix.MS_SILENT} {
				if n > 1 {
					Expect(setByMount(m, all|extra)).To(MatchError(unix.EINVAL), "flags %#x", all|extra)
				}
			}
		}
		Expect(m.tags()).To(Equal(peer.tags()), "after the refused calls")
		expectPeers(m, peer, "after the refused calls")
		for _, flag := range flags {
			Expect(setByMount(m, flag)).To(Succeed(), "one type")
		}
	})

	It("with a flag other than MS_REC and MS_SILENT gives EINVAL", Proves("mount-change-propagation-other-flag-einval"), func() {
		m := stage()
		peer := m.shared().copied()
		taken := unix.MS_REC | unix.MS_SILENT | unix.MS_BIND | unix.MS_REMOUNT |
			unix.MS_MANDLOCK // of which kernels complain
		for _, flag := range typeFlags {
			taken |= flag
		}
		for _, flag := range typeFlags {
			for bit := range 32 {
				if other := 1 << bit; taken&other == 0 {
					Expect(setByMount(m, flag|other)).To(MatchError(unix.EINVAL), "flags %#x", flag|other)
					if bit%4 == 0 {
						Expect(setByMount(m, flag|other|unix.MS_REC|unix.MS_SILENT)).To(MatchError(unix.EINVAL), "flags %#x, MS_REC and MS_SILENT", flag|other)
					}
				}
			}
		}
		Expect(m.tags()).To(Equal(peer.tags()), "after the refused calls")
		expectPeers(m, peer, "after the refused calls")
		for kind, flag := range typeFlags {
			for _, extra := range []int{unix.MS_REC, unix.MS_SILENT, unix.MS_REC | unix.MS_SILENT} {
				m.shared()
				Expect(setByMount(m, flag|extra)).To(Succeed(), "flags %#x", flag|extra)
				if kind != "slave" {
					Expect(m.tags().Type()).To(Equal(kind), "flags %#x", flag|extra)
				}
			}
		}
	})

	It("is not done by a bind mount or a remount, which ignore the type's flag", Proves("mount-change-propagation-other-flag-einval"), func() {
		m := stage()
		peer := m.shared().copied()
		Arrange(m.s.Mkdir(m.top + "/bind"))
		for kind, flag := range typeFlags {
			Expect(m.s.Mount(m.dir, m.top+"/bind", "", unix.MS_BIND|flag, "")).To(Succeed(), kind)
			Expect(m.at("bind").tags()).To(Equal(m.tags()), "of the bind mount, with the flag for %s", kind)
			Expect(m.at("bind").dev).To(Equal(m.dev))
			Expect(m.s.Mount("none", m.top+"/bind", "", unix.MS_REMOUNT|unix.MS_BIND|flag, "")).To(Succeed(), kind)
			Expect(m.s.Mount("none", m.top+"/bind", "", unix.MS_REMOUNT|flag, "")).To(Succeed(), kind)
			Expect(m.at("bind").tags()).To(Equal(m.tags()), "after a remount with the flag for %s", kind)
			Arrange(m.s.Umount(m.top+"/bind", 0))
		}
		expectPeers(m, peer, "at the end")
	})

	It("ignores source, type and data", Proves("mount-change-propagation-ignores-arguments"), func() {
		m := stage()
		for i, arguments := range [][3]any{
			{nil, nil, nil}, {"/nowhere", "no such type", "no=such,option"}, {m.s.Name(), nil, nil}, {nil, "tmpfs", nil},
			{nil, nil, "shared"}, {"none", "proc", "size=1"}, {"", "", ""}, {m.top, "bind", "private"},
		} {
			kind := []string{"shared", "private", "unbindable"}[i%3]
			_, err := m.s.Syscall("mount", unix.SYS_MOUNT, arguments[0], m.dir, arguments[1], typeFlags[kind], arguments[2])
			Expect(err).NotTo(HaveOccurred(), "%v", arguments)
			expectType(m, kind, fmt.Sprint(arguments))
			Expect(m.s.Stat(m.dir)).To(HaveField("Dev", m.dev), "the file system")
		}
	})

	It("of what is no mount point gives EINVAL", Proves("mount-change-propagation-not-mount-point-einval"), func() {
		m := stage()
		peer := m.shared().copied()
		Arrange(m.s.WriteFile(m.dir+"/file", "", unix.O_CREAT))
		Arrange(m.s.Symlink(m.dir, m.dir+"/link"))
		for _, flag := range typeFlags {
			for _, dir := range []string{m.x(), m.dir + "/file", m.dir + "/x/../x"} {
				p := place{m.s, m.top, dir, m.dev}
				Expect(setByMount(p, flag)).To(MatchError(unix.EINVAL), dir)
				Expect(setByMount(p, flag|unix.MS_REC)).To(MatchError(unix.EINVAL), dir)
			}
		}
		Expect(m.tags()).To(Equal(peer.tags()), "after the refused calls")
		expectPeers(m, peer, "after the refused calls")

		Expect(setByMount(place{m.s, m.top, m.dir + "/link", m.dev}, unix.MS_PRIVATE)).To(Succeed(), "by a link to it")
		Expect(m.tags()).To(BeZero())
		Arrange(m.s.Bind(m.dir+"/file", m.dir+"/file"))
		Expect(m.s.Mount("", m.dir+"/file", "", unix.MS_SHARED, "")).To(Succeed(), "a file that is one")
		Expect(mounts.PropagationAt(m.s, m.dir+"/file")).To(WithTransform(mounts.Propagation.Type, Equal("shared")))
	})

	It("of what is no mount point by mount_setattr gives EINVAL", Proves("mount-change-propagation-not-mount-point-einval"), func() {
		NeedKernel("5.12")
		m := stage()
		Arrange(m.s.WriteFile(m.dir+"/file", "", unix.O_CREAT))
		for _, flag := range typeFlags {
			for _, dir := range []string{m.x(), m.dir + "/file"} {
				p := place{m.s, m.top, dir, m.dev}
				Expect(setBySetattr(p, flag)).To(MatchError(unix.EINVAL), dir)
				Expect(setBySetattr(p, flag|unix.MS_REC)).To(MatchError(unix.EINVAL), dir)
			}
		}
		Expect(m.tags()).To(BeZero())
	})
})
