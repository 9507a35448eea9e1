package mount

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectRoot claims that the names in the root directory of s are these.
func expectRoot(s *harness.Subject, expect ...string) {
	Expect(s.ReadDir("/")).To(ConsistOf(expect), "the root of %s", s.Name())
}

var _ = Specs("chroot(2)", Label("mount"), func() {
	It("needs CAP_SYS_CHROOT in the caller's own user namespace, and no other capability", Proves("mount-chroot-needs-cap"), func() {
		root, dir := mounts.Stage(harness.Named("root"))
		place(root, dir+"/jail", "in-jail")
		Arrange(root.Chmod(dir, 0o755))
		before := Get(root.ReadDir("/"))
		below := Get(root.Clone(unix.CLONE_NEWUSER))
		Arrange(below.MapIDs(onlyRoot, onlyRoot))
		nested := Get(below.Clone(unix.CLONE_NEWUSER))
		suspended := Get(root.Fork())
		Arrange(suspended.Capset(harness.Capabilities{Permitted: 1 << unix.CAP_SYS_CHROOT}))
		for _, s := range []*harness.Subject{lacking(root, unix.CAP_SYS_CHROOT), suspended, lacking(below, unix.CAP_SYS_CHROOT), lacking(nested, unix.CAP_SYS_CHROOT)} {
			for _, path := range []string{dir + "/jail", "/"} {
				Expect(s.Chroot(path)).To(MatchError(unix.EPERM), "by %s", s.Name())
			}
			expectRoot(s, before...)
		}
		for _, s := range []*harness.Subject{
			holding(root, unix.CAP_SYS_CHROOT), Get(root.Fork()), holding(below, unix.CAP_SYS_CHROOT), below, holding(nested, unix.CAP_SYS_CHROOT), nested,
		} {
			Expect(s.Chroot(dir+"/jail")).To(Succeed(), "by %s", s.Name())
			expectRoot(s, "in-jail")
		}
		expectRoot(root, before...)
	})

	It("changes the root of the caller alone, and neither the mount namespace nor the working directory", Proves("mount-chroot-keeps-namespace-and-cwd"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/jail", "in-jail")
		place(s, dir+"/cwd", "in-cwd")
		before := Get(s.ReadDir("/"))
		for cwd, inside := range map[string]bool{"/cwd": false, "/jail": true, "": false} {
			jailed, mate := Get(s.Fork()), Get(s.Fork())
			Arrange(jailed.Chdir(dir + cwd))
			names, list := Get(jailed.ReadDir(".")), table(s)
			st := Get(jailed.Stat("."))
			Expect(jailed.Chroot(dir + "/jail")).To(Succeed())
			expectRoot(jailed, "in-jail")
			expectRoot(mate, before...)
			Expect(table(s)).To(Equal(list), "no mount has changed")
			Expect(jailed.NS(nsutil.Mnt)).To(Equal(Get(s.NS(nsutil.Mnt))))
			Expect(jailed.ReadDir(".")).To(ConsistOf(names))
			Expect(jailed.Stat(".")).To(And(HaveField("Ino", st.Ino), HaveField("Dev", st.Dev)))
			if !inside {
				Expect(jailed.Stat("..")).To(HaveField("Ino", Get(s.Stat(dir+cwd+"/..")).Ino), "the way up from outside of the root is open")
				Expect(jailed.ReadDir("/..")).To(ConsistOf("in-jail"), "and that from the root is not")
			}
			Arrange(s.Mkdir(dir + "/jail/point"))
			cover(s, dir+"/jail/point", "later")
			Expect(jailed.ReadDir("/point")).To(ConsistOf("later"), "what others mount in the namespace appears")
			Arrange(s.Umount(dir+"/jail/point", 0))
			Arrange(s.Rmdir(dir + "/jail/point"))
		}
	})
})

var _ = Specs("getcwd(2)", Label("mount"), func() {
	It("says that a directory outside the caller's root is unreachable", Proves("mount-getcwd-unreachable"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/jail", "in-jail")
		place(s, dir+"/on", "in-on")
		Arrange(s.Mkdir(dir + "/on/sub"))
		for _, cwd := range []string{"/on/sub", "/on", ""} {
			jailed := Get(s.Fork())
			Arrange(jailed.Chdir(dir + cwd))
			Expect(jailed.Getcwd()).To(Equal(dir + cwd))
			Arrange(jailed.Chroot(dir + "/jail"))
			Expect(jailed.Getcwd()).To(And(HavePrefix("(unreachable)/"), HaveSuffix(dir+cwd)), "the path from the namespace's root")
			Arrange(jailed.Chdir("/"))
			Expect(jailed.Getcwd()).To(Equal("/"))
		}
	})

	It("says that a directory on a detached mount, or in another mount namespace, is unreachable", Proves("mount-getcwd-unreachable"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/on", "in-on")
		Arrange(s.Mkdir(dir + "/on/sub"))
		beside := mounts.Beside(s)
		fd := Get(beside.Open(dir+"/on/sub", unix.O_PATH))
		Arrange(beside.Join(s, nsutil.Mnt))
		Arrange(beside.Fchdir(fd))
		Expect(beside.Getcwd()).To(HavePrefix("(unreachable)"), "in another namespace")

		for cwd, path := range map[string]string{"/on": "(unreachable)/", "/on/sub": "(unreachable)/sub"} {
			inside := Get(s.Fork())
			Arrange(inside.Chdir(dir + cwd))
			witness := Get(inside.Fork())
			Expect(witness.Getcwd()).To(Equal(dir + cwd))
			Arrange(inside.Umount(dir+"/on", unix.MNT_DETACH))
			Expect(inside.Getcwd()).To(Equal(path))
			Expect(witness.Getcwd()).To(Equal(path))
			cover(s, dir+"/on", "in-on")
			Arrange(s.Mkdir(dir + "/on/sub"))
		}
		removed := Get(s.Fork())
		Arrange(removed.Mkdir(dir + "/removed"))
		Arrange(removed.Chdir(dir + "/removed"))
		Arrange(s.Rmdir(dir + "/removed"))
		_, err := removed.Getcwd()
		Expect(err).To(MatchError(unix.ENOENT), "what has been removed is not there at all")
	})
})
