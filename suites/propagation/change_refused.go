package propagation

import (
	"fmt"

	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Setting a propagation type", Label("mount"), func() {
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
