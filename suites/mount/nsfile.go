package mount

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// generations returns members of mount namespaces that were made one after
// another, each by the member of the one before it, the oldest first, and a file
// that all see.
func generations() (all []*harness.Subject, file string) {
	oldest := Spawn(harness.Named("oldest"))
	mounts.StayOnCPU(oldest)
	Arrange(oldest.Unshare(unix.CLONE_NEWNS))
	Arrange(oldest.MakePrivate())
	dir := T().TempDir()
	mounts.Tmpfs(oldest, dir)
	file = dir + "/file"
	touch(oldest, file)
	middle := mounts.Beside(oldest)
	return []*harness.Subject{oldest, middle, mounts.Beside(middle)}, file
}

// bindings are ways to bind a file.
var bindings = map[string]func(s *harness.Subject, source, target string) error{
	"MS_BIND": func(s *harness.Subject, source, target string) error { return s.Bind(source, target) },
	"MS_BIND|MS_REC": func(s *harness.Subject, source, target string) error {
		return s.Mount(source, target, "", recursive, "")
	},
	"MS_BIND of a descriptor": func(s *harness.Subject, source, target string) error {
		fd := Get(s.Open(source, unix.O_RDONLY|unix.O_CLOEXEC))
		defer s.Close(fd)
		return s.Bind(fmt.Sprintf("/proc/self/fd/%d", fd), target)
	},
}

var _ = Specs("Binding the file of a mount namespace", Label("mount"), func() {
	It("is refused unless it is younger than one's own", Proves("mount-bind-own-ns-mnt-einval"), func() {
		all, file := generations()
		for i, s := range all {
			for j, target := range all {
				for how, bind := range bindings {
					source := procFile(target, "ns/mnt")
					if j <= i {
						expectRefused(s, unix.EINVAL, func() error { return bind(s, source, file) }, "that of %s by %s, with %s", target.Name(), s.Name(), how)
						continue
					}
					Expect(bind(s, source, file)).To(Succeed(), "that of %s by %s, with %s", target.Name(), s.Name(), how)
					Expect(s.NSFile(file)).To(Equal(Get(target.NS(nsutil.Mnt))))
					Expect(s.Umount(file, 0)).To(Succeed())
				}
			}
			expectRefused(s, unix.EINVAL, func() error { return s.Bind("/proc/self/ns/mnt", file) }, "by %s", s.Name())
			fresh := Get(s.Fork())
			Expect(fresh.Unshare(unix.CLONE_NEWNS)).To(Succeed())
			Expect(s.Bind(procFile(fresh, "ns/mnt"), file)).To(Succeed(), "by %s", s.Name())
			Expect(s.Umount(file, 0)).To(Succeed())
		}
	})

	It("is refused to those of a younger one, whoever owns that", Proves("mount-bind-own-ns-mnt-einval"), func() {
		all, file := generations()
		oldest := all[0]
		older := fmt.Sprintf("/proc/self/fd/%d", Get(oldest.Open("/proc/self/ns/mnt", unix.O_RDONLY))) // which children have open, too
		for _, way := range harness.Ways() {
			for _, of := range owners() {
				s := copied(oldest, way, of...)
				for _, source := range []string{"/proc/self/ns/mnt", older} {
					expectRefused(s, unix.EINVAL, func() error { return s.Bind(source, file) }, "%s by %s", source, s.Name())
				}
				Expect(oldest.Bind(procFile(s, "ns/mnt"), file)).To(Succeed())
				Expect(oldest.NSFile(file)).To(Equal(Get(s.NS(nsutil.Mnt))))
				Expect(oldest.Umount(file, 0)).To(Succeed())
			}
		}
	})

	It("is refused whatever the propagation type there is", Proves("mount-bind-own-ns-mnt-einval"), func() {
		all, file := generations()
		s, younger := all[0], all[1]
		point := file[:len(file)-len("/file")]
		for _, flags := range []int{unix.MS_PRIVATE, unix.MS_UNBINDABLE, unix.MS_SHARED} {
			Arrange(s.Mount("none", point, "", flags, ""))
			expectRefused(s, unix.EINVAL, func() error { return s.Bind("/proc/self/ns/mnt", file) }, "with %#x", flags)
			Expect(s.Bind(procFile(younger, "ns/mnt"), file)).To(Succeed(), "with %#x", flags)
			Expect(s.NSFile(file)).To(Equal(Get(younger.NS(nsutil.Mnt))))
			Expect(s.Umount(file, 0)).To(Succeed())
		}
	})

	It("is refused where the mount would propagate, however young it is", Proves("mount-bind-ns-mnt-propagating-einval"), func() {
		all, file := generations()
		point := file[:len(file)-len("/file")]
		s := all[0]
		Arrange(s.Mount("none", point, "", unix.MS_SHARED, ""))
		for _, to := range []string{"another namespace", "the same namespace"} {
			receiver := s
			if to == "another namespace" {
				receiver = mounts.Beside(s)
			} else {
				Arrange(s.Bind(point, T().TempDir()))
			}
			youngest := Get(s.Fork())
			Arrange(youngest.Unshare(unix.CLONE_NEWNS))
			Arrange(youngest.MakePrivate())
			before := table(receiver)
			for how, bind := range bindings {
				expectRefused(s, unix.EINVAL, func() error { return bind(s, procFile(youngest, "ns/mnt"), file) }, "to %s, with %s", to, how)
			}
			Expect(table(receiver)).To(Equal(before))
			Expect(s.Bind(procFile(youngest, "ns/uts"), file)).To(Succeed(), "the file of another kind")
			Expect(table(receiver)).NotTo(Equal(before))
			Arrange(s.Umount(file, 0))
			if receiver != s {
				Arrange(receiver.End())
			}
		}
	})

	It("with what is around it copies it, and what propagates is without it", Proves("mount-bind-ns-mnt-propagating-einval"), func() {
		all, file := generations()
		s, younger := all[0], all[2]
		point := file[:len(file)-len("/file")]
		Arrange(s.Bind(procFile(younger, "ns/mnt"), file))
		to := T().TempDir()
		mounts.Tmpfs(s, to)
		Arrange(s.Mkdir(to + "/to"))
		Expect(s.Mount(point, to+"/to", "", recursive, "")).To(Succeed())
		Expect(s.NSFile(to + "/to/file")).To(Equal(Get(younger.NS(nsutil.Mnt))))
		Arrange(s.Umount(to+"/to", unix.MNT_DETACH))

		Arrange(s.Mount("none", to, "", unix.MS_SHARED, ""))
		receiver := mounts.Beside(s)
		Expect(s.Mount(point, to+"/to", "", recursive, "")).To(Succeed())
		Expect(s.NSFile(to + "/to/file")).To(Equal(Get(younger.NS(nsutil.Mnt))))
		Expect(mounts.Below(receiver, to)).To(Equal([]string{"to"}))
		Expect(receiver.ReadFile(to+"/to/file")).To(BeEmpty(), "there is no mount on the file")
	})

	It("and moving the copy to where it may not be is refused as a loop", Proves("mount-move-mount-own-ns-mnt-eloop"), func() {
		all, file := generations()
		for i, s := range all {
			for j, target := range all {
				tree, err := s.OpenTree(procFile(target, "ns/mnt"), unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
				Expect(err).NotTo(HaveOccurred())
				if j <= i {
					expectRefused(s, unix.ELOOP, func() error { return s.MoveMount(tree, file) }, "that of %s by %s", target.Name(), s.Name())
					continue
				}
				Expect(s.MoveMount(tree, file)).To(Succeed(), "that of %s by %s", target.Name(), s.Name())
				Expect(s.NSFile(file)).To(Equal(Get(target.NS(nsutil.Mnt))))
				Expect(s.Umount(file, unix.MNT_DETACH)).To(Succeed())
			}
		}
	})
})
