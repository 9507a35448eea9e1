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

// move has s move a mount by MS_MOVE.
func move(s *harness.Subject, from, to string) error { return s.Mount(from, to, "", unix.MS_MOVE, "") }

var _ = Specs("Moving a mount", Label("mount"), func() {
	It("takes the subtree along, the same mounts as before", Proves("mount-move-takes-subtree"), func() {
		s, dir := grove()
		before := map[string]int{}
		for _, m := range Get(mounts.Table(s)) {
			before[m.Mountpoint] = m.ID
		}
		inside := Get(s.Fork())
		Arrange(inside.Chdir(dir + "/tree/part/b"))
		open := Get(s.Open(dir+"/tree/a/c/in-c", unix.O_RDWR|unix.O_CLOEXEC))

		Expect(move(s, dir+"/tree", dir+"/to")).To(Succeed())
		Expect(mounts.Below(s, dir)).To(Equal([]string{"to", "to/a", "to/a/c", "to/part/b", "to/unbindable", "to/unbindable/below"}))
		for _, point := range []string{"", "/a", "/a/c", "/part/b", "/unbindable", "/unbindable/below"} {
			Expect(Get(mounts.At(s, dir+"/to"+point)).ID).To(Equal(before[dir+"/tree"+point]), "of %s", point)
		}
		for path, name := range map[string]string{"": "in-tree", "/a": "in-a", "/a/c": "in-c", "/part/b": "in-b", "/unbindable/below": "below-unbindable"} {
			Expect(s.ReadDir(dir+"/to"+path)).To(ContainElement(name), "at %s", path)
		}
		Expect(s.ReadDir(dir + "/tree")).To(BeEmpty())
		Expect(inside.Getcwd()).To(Equal(dir + "/to/part/b"))
		Expect(s.Write(open, []byte("x"))).To(Equal(1))
		Expect(s.ReadFile(dir + "/to/a/c/in-c")).To(Equal("x"))
		to := Get(mounts.At(s, dir+"/to"))
		Expect(to.Parent).To(Equal(before[dir]))
	})

	It("moves a mount below others, to another parent, and a mount of a file", Proves("mount-move-takes-subtree"), func() {
		s, dir := grove()
		Arrange(s.Mkdir(dir + "/tree/part/to"))
		Expect(move(s, dir+"/tree/a", dir+"/tree/part/to")).To(Succeed())
		Expect(mounts.Below(s, dir+"/tree")).To(Equal([]string{"part/b", "part/to", "part/to/c", "unbindable", "unbindable/below"}))
		Expect(s.ReadDir(dir + "/tree/a")).To(ConsistOf("covered"))
		touch(s, dir+"/from-file")
		touch(s, dir+"/to-file")
		Arrange(s.Bind(dir+"/tree/in-tree", dir+"/from-file"))
		Expect(move(s, dir+"/from-file", dir+"/to-file")).To(Succeed())
		Expect(Get(mounts.At(s, dir+"/to-file")).Root).To(Equal("/in-tree"))
		Expect(mounts.Below(s, dir)).NotTo(ContainElement("from-file"))
	})

	It("moves the top of a stack, onto another", Proves("mount-move-takes-subtree"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/from", "lower")
		cover(s, dir+"/from", "upper")
		place(s, dir+"/to", "target")
		Expect(move(s, dir+"/from", dir+"/to")).To(Succeed())
		Expect(s.ReadDir(dir + "/from")).To(ConsistOf("lower"))
		Expect(s.ReadDir(dir + "/to")).To(ConsistOf("upper"))
		Expect(s.Umount(dir+"/to", 0)).To(Succeed())
		Expect(s.ReadDir(dir + "/to")).To(ConsistOf("target"))
	})

	It("of what is no mount point is refused with EINVAL", Proves("mount-move-not-mount-point-einval"), func() {
		s, dir := grove()
		place(s, dir+"/jail", "jail")
		Arrange(s.Mkdir(dir + "/jail/root"))
		touch(s, dir+"/plain")
		for from, to := range map[string]string{"/tree/part": "/to", "/to": "/tree/a", "/plain": "/tree/in-tree", "/tree/in-tree": "/plain"} {
			expectRefused(s, unix.EINVAL, func() error { return move(s, dir+from, dir+to) }, "%s to %s", from, to)
		}
		Arrange(s.Bind(dir+"/tree/part", dir+"/tree/part"))
		Expect(move(s, dir+"/tree/part", dir+"/to")).To(Succeed(), "it is one now")
	})

	It("of / is refused", Proves("mount-move-not-mount-point-einval"), func() {
		s, dir := grove()
		whole := Spawn(harness.Joined(s, nsutil.Mnt))
		toMove := func() error { return move(whole, "/", dir+"/to") }
		switch {
		case atNamespaceRoot(whole):
			expectRefused(whole, unix.EINVAL, toMove)
		case Nested():
			before := table(whole)
			Expect(toMove()).To(Or(MatchError(unix.EINVAL), MatchError(unix.ELOOP)), "it may be locked")
			Expect(table(whole)).To(Equal(before))
		default:
			expectRefused(whole, unix.ELOOP, toMove, "since it is mounted on another, everything is below it")
		}
		jailed := Get(s.Fork())
		Arrange(jailed.Mkdir(dir + "/jail"))
		Arrange(jailed.Mkdir(dir + "/jail/to"))
		Arrange(jailed.Chroot(dir + "/jail"))
		expectRefused(jailed, unix.EINVAL, func() error { return move(jailed, "/", "/to") }, "which is no mount point")
	})

	It("of a mount in another mount namespace, or to there, is refused with EINVAL", Proves("mount-move-not-mount-point-einval"), func() {
		s, dir := grove()
		other := mounts.Beside(s)
		fds := map[string]int{}
		for _, path := range []string{"/tree/a", "/to"} {
			fds[path] = Get(other.Open(dir+path, unix.O_PATH|unix.O_DIRECTORY))
		}
		witness := Get(other.Fork())
		Arrange(other.Join(s, nsutil.Mnt))
		before := table(witness)
		Arrange(other.Fchdir(fds["/tree/a"]))
		expectRefused(other, unix.EINVAL, func() error { return move(other, ".", dir+"/to") }, "from there")
		Arrange(other.Fchdir(fds["/to"]))
		expectRefused(other, unix.EINVAL, func() error { return move(other, dir+"/tree/a", ".") }, "to there")
		Expect(table(witness)).To(Equal(before))
		Expect(move(other, dir+"/tree/a", dir+"/to")).To(Succeed())
	})

	It("to what is below it is refused with ELOOP", Proves("mount-move-below-itself-eloop"), func() {
		s, dir := grove()
		Arrange(s.Mkdir(dir + "/tree/a/c/d"))
		Arrange(s.Mkdir(dir + "/tree/a/d"))
		for from, tos := range map[string][]string{
			"/tree":   {"/tree", "/tree/part", "/tree/a", "/tree/a/d", "/tree/a/c", "/tree/a/c/d", "/tree/part/b", "/tree/unbindable"},
			"/tree/a": {"/tree/a", "/tree/a/d", "/tree/a/c", "/tree/a/c/d"},
		} {
			for _, to := range tos {
				expectRefused(s, unix.ELOOP, func() error { return move(s, dir+from, dir+to) }, "%s to %s", from, to)
			}
		}
		Expect(move(s, dir+"/tree/a/c", dir+"/tree/part/b")).To(Succeed(), "beside")
		Expect(move(s, dir+"/tree/part/b", dir+"/to")).To(Succeed(), "up")
	})
})
