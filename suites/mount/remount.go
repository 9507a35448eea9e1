package mount

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// remount has s remount what is mounted at a point.
func remount(s *harness.Subject, point string, flags int) error {
	return s.Mount("none", point, "", unix.MS_REMOUNT|flags, "")
}

var _ = Specs("Remounting one mount, with MS_BIND,", Label("mount"), func() {
	for _, f := range flags {
		It(fmt.Sprintf("sets %s there only, and clears it when it is not given again", f.word), Proves("mount-remount-bind-this-mount-only", "mount-remount-bind-clears-unlisted"), func() {
			s, dir := mounts.Stage()
			Arrange(s.Chmod(dir, 0o755))
			place(s, dir+"/one", "file-of-one")
			f.prepare(s, dir+"/one")
			Arrange(s.Mkdir(dir + "/two"))
			Arrange(s.Bind(dir+"/one", dir+"/two"))
			beside := mounts.Beside(s)
			one, two := dir+"/one", dir+"/two"
			_, before := options(s, one)
			f.expect(false, s, two, "before")

			Expect(remount(s, two, unix.MS_BIND|f.value)).To(Succeed())
			f.expect(true, s, two, "where it is set")
			f.expect(false, s, one, "on another mount")
			f.expect(false, beside, two, "in another mount namespace")
			_, after := options(s, two)
			Expect(after).To(Equal(before), "the options of the super block")

			Expect(remount(s, two, unix.MS_BIND)).To(Succeed())
			f.expect(false, s, two, "when no flags are given")
			Expect(remount(s, two, unix.MS_BIND|f.value|allBut(f.value))).To(Succeed())
			Expect(remount(s, two, unix.MS_BIND|allBut(f.value))).To(Succeed())
			ofMount, _ := options(s, two)
			for _, other := range flags {
				Expect(slices.Contains(ofMount, other.word)).To(Equal(allBut(f.value)&other.value != 0), "%s among %v", other.word, ofMount)
			}
			Expect(remount(s, two, unix.MS_BIND|f.value)).To(Succeed())
			f.expect(true, s, two, "where it is set again, alone")
			Expect(remount(s, one, unix.MS_BIND)).To(Succeed())
			f.expect(true, s, two, "when the other mount's flags are cleared")
		})
	}

	It("changes neither source nor data, nor flags of the super block", Proves("mount-remount-bind-this-mount-only"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/one"))
		Arrange(s.Mount("source", dir+"/one", "tmpfs", 0, "size=64k,mode=755"))
		_, before := options(s, dir+"/one")
		Expect(s.Mount("other", dir+"/one", "other", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_SYNCHRONOUS|unix.MS_DIRSYNC|unix.MS_LAZYTIME, "size=128k")).To(Succeed())
		Expect(mounts.At(s, dir+"/one")).To(And(HaveField("Source", "source"), HaveField("FSType", "tmpfs")))
		_, after := options(s, dir+"/one")
		Expect(after).To(Equal(before))
	})
})

var _ = Specs("Remounting the file system", Label("mount"), func() {
	It("read-only has it so on all mounts, where MS_BIND has it on one", Proves("mount-remount-bind-this-mount-only"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/one", "file")
		Arrange(s.Mkdir(dir + "/two"))
		Arrange(s.Bind(dir+"/one", dir+"/two"))
		Expect(remount(s, dir+"/two", unix.MS_RDONLY)).To(Succeed())
		for point, word := range map[string]string{"/one": "rw", "/two": "ro"} {
			Expect(s.WriteFile(dir+point+"/file", "x", 0)).To(MatchError(unix.EROFS), "at %s", point)
			ofMount, ofSuper := options(s, dir+point)
			Expect(ofMount).To(ContainElement(word), "at %s", point)
			Expect(ofSuper).To(ContainElement("ro"), "at %s", point)
		}
		Expect(remount(s, dir+"/two", unix.MS_BIND)).To(Succeed())
		Expect(s.WriteFile(dir+"/two/file", "x", 0)).To(MatchError(unix.EROFS), "the file system is")
		Expect(remount(s, dir+"/two", 0)).To(Succeed())
		Expect(s.WriteFile(dir+"/two/file", "x", 0)).To(Succeed())
		Expect(s.WriteFile(dir+"/one/file", "x", 0)).To(Succeed())
	})
})
