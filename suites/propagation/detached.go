package propagation

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// detached is a copy of a mount, or of a tree, that is mounted nowhere.
type detached struct {
	fd     int
	inside *harness.Subject // a process with the copy's root as working directory
}

func detach(p place, flags int) detached {
	fd := Get(p.s.OpenTree(p.dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|flags))
	inside := Get(p.s.Fork())
	Arrange(inside.Fchdir(fd))
	return detached{fd, inside}
}

// see returns which file system is mounted on x of the copy.
func (d detached) see() uint64 {
	st, err := d.inside.Stat("x")
	Expect(err).NotTo(HaveOccurred())
	return st.Dev
}

var _ = Specs("A detached copy", Label("mount"), func() {
	for name, relation := range map[string]func(m place) (original, sender place){
		"a shared mount":         func(m place) (place, place) { m.shared(); return m, m.copied() },
		"a slave":                func(m place) (place, place) { m.shared(); return m.bound("slave").slave(), m },
		"a slave that is shared": func(m place) (place, place) { m.shared(); return m.bound("slave").slave().shared(), m },
	} {
		for _, flags := range []int{0, unix.AT_RECURSIVE} {
			It(fmt.Sprintf("of %s, made with flags %#x, receives no mounts until it is attached", name, flags),
				Proves("mount-detached-receives-no-propagation"), func() {
					original, sender := relation(stage())
					d := detach(original, flags)
					Arrange(original.s.Mkdir(original.top + "/attached"))
					Expect(sender.mount()).To(Succeed())
					Expect(original.see()).To(Equal(sender.see()), "at the original")
					Expect(d.see()).To(Equal(original.dev), "in the copy")

					Expect(attach(original.s, d.fd, original.top+"/attached")).To(Succeed())
					attached := original.at("attached")
					Expect(attached.see()).To(Equal(original.dev), "what was mounted before")
					Expect(attached.tags()).To(Equal(original.tags()))
					Expect(sender.umount()).To(Succeed())
					expectReaches(sender, attached, "when it is attached")
				})
		}
	}

	It("of a new file system receives nothing, and sends nothing", Proves("mount-detached-receives-no-propagation"), func() {
		m := stage().shared()
		other := m.copied()
		fs := Get(m.s.Fsopen("tmpfs"))
		Arrange(m.s.FsconfigCreate(fs))
		fd := Get(m.s.Fsmount(fs, unix.FSMOUNT_CLOEXEC))
		inside := Get(m.s.Fork())
		Arrange(inside.Fchdir(fd))
		Arrange(inside.Mkdir("x"))
		Expect(m.mount()).To(Succeed())
		Expect(inside.Stat("x")).To(HaveField("Dev", Get(inside.Stat(".")).Dev))
		Expect(m.umount()).To(Succeed())
		Expect(attach(m.s, fd, m.x())).To(Succeed())
		Expect(other.see()).To(Equal(m.see()), "when it is attached")
	})

	It("of a tree loses what is unmounted in the original", Proves("mount-detached-receives-no-propagation"), func() {
		for _, slave := range []bool{false, true} {
			m := stage().shared()
			peer := m.copied()
			original := m
			if slave {
				original = m.bound("slave").slave()
			}
			Expect(m.mount()).To(Succeed())
			mounted := m.see()
			d := detach(original, unix.AT_RECURSIVE)
			Expect(d.see()).To(Equal(mounted))
			Expect(peer.umount()).To(Succeed())
			Expect(original.see()).To(Equal(original.dev))
			Expect(d.see()).To(Equal(original.dev), "in the copy")

			Arrange(original.s.Mkdir(original.top + "/attached"))
			Expect(attach(original.s, d.fd, original.top+"/attached")).To(Succeed())
			Expect(original.at("attached").see()).To(Equal(original.dev), "when it is attached")
		}
	})
})
