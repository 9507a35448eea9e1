package mountlock

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// exchange has s exchange two files by renameat2(2).
func exchange(s *harness.Subject, one, other string) error {
	_, err := s.Syscall("renameat2", unix.SYS_RENAMEAT2, unix.AT_FDCWD, one, unix.AT_FDCWD, other, unix.RENAME_EXCHANGE)
	return err
}

// removal is a way to remove a file or directory, beside which is another one of
// the same type with the same name and "-other".
type removal struct {
	text   string
	id     string // the requirement
	file   bool   // of a file, not of a directory
	remove func(s *harness.Subject, point string) error
	left   bool // whether there is something of that name afterwards
}

func (r removal) String() string { return r.text }

var removals = []removal{
	{"removed by rmdir", "mount-point-elsewhere-removable", false, (*harness.Subject).Rmdir, false},
	{"unlinked", "mount-point-elsewhere-unlinkable", true, (*harness.Subject).Unlink, false},
	{"replaced by rename of a directory", "mount-point-removal-removes-mount", false, replace, true},
	{"replaced by rename of a file", "mount-point-removal-removes-mount", true, replace, true},
}

func replace(s *harness.Subject, point string) error { return s.Rename(point+"-other", point) }

// make has s make the file or directory, and the other one.
func (r removal) make(s *harness.Subject, point string) {
	for _, path := range []string{point, point + "-other"} {
		if r.file {
			Arrange(s.WriteFile(path, "plain", unix.O_CREAT))
		} else {
			Arrange(s.Mkdir(path))
		}
	}
}

// mount has s mount something there, of the type that it is.
func (r removal) mount(s *harness.Subject, point string) {
	if !r.file {
		mounts.Tmpfs(s, point)
		Arrange(s.WriteFile(point+"/mark", "mounted", unix.O_CREAT))
		return
	}
	Arrange(s.WriteFile(point+"-mounted", "mounted", unix.O_CREAT))
	Arrange(s.Bind(point+"-mounted", point))
}

// mounted returns where that which is mounted at the point can be read.
func (r removal) mounted(point string) string {
	if r.file {
		return point
	}
	return point + "/mark"
}

// expectGone claims that s sees no mount at the point any more.
func (r removal) expectGone(s *harness.Subject, point string) {
	text, err := s.ReadFile(r.mounted(point))
	switch {
	case r.file && r.left:
		Expect(err).NotTo(HaveOccurred())
		Expect(text).To(Equal("plain"), "%s for %s", point, s.Name())
	default:
		Expect(err).To(MatchError(unix.ENOENT), "%s for %s", point, s.Name())
	}
	all, err := mounts.Table(s)
	Expect(err).NotTo(HaveOccurred())
	for _, m := range all {
		Expect(m.Mountpoint).NotTo(HavePrefix(point), "for %s", s.Name())
	}
}

var _ = Specs("A mount point of another mount namespace", Label("mount"), func() {
	for _, r := range removals {
		It("can be "+r.text, Proves(r.id, "mount-point-removal-removes-mount"), func() {
			here, dir := mounts.Stage(harness.Named("here"))
			point := dir + "/point"
			r.make(here, point)
			there := mounts.Beside(here)
			r.mount(there, point)
			cover(there, dir+"/remains")
			copied, below := mounts.Beside(there), lesser(there)
			fd := Get(there.Open(r.mounted(point), unix.O_RDONLY))
			watch := Get(there.Open("/proc/thread-self/mountinfo", unix.O_RDONLY))
			Expect(there.Poll(watch, unix.POLLPRI, 0)).To(BeZero())

			Expect(r.remove(here, point)).To(Succeed())
			for _, s := range []*harness.Subject{there, copied, below} {
				r.expectGone(s, point)
				Expect(seen(s, dir+"/remains")).To(Equal("cover"), "for %s", s.Name())
			}
			Expect(there.Poll(watch, unix.POLLPRI, 0)).To(Equal(int16(unix.POLLERR|unix.POLLPRI)), "the change is told")
			Expect(there.Read(fd, 100)).To(BeEquivalentTo("mounted"), "what was open before")
			if !r.left {
				Arrange(there.Mkdir(point))
				_, err := here.Lstat(point)
				Expect(err).NotTo(HaveOccurred(), "made anew there")
			}
		})

		It("can be "+r.text+" with all that is mounted on it", Proves(r.id, "mount-point-removal-removes-mount"), func() {
			here, dir := mounts.Stage(harness.Named("here"))
			point := dir + "/point"
			r.make(here, point)
			there := mounts.Beside(here)
			r.mount(there, point)
			if r.file {
				Arrange(there.Bind(point+"-mounted", point))
			} else {
				cover(there, point+"/inner")
				Arrange(there.Mount("none", point, "tmpfs", 0, "mode=755"))
				cover(there, point+"/inner")
				Arrange(there.Chdir(point + "/inner"))
			}
			Arrange(there.Bind(dir, dir)) // the directory is in two mounts now
			r.mount(there, point)
			Expect(r.remove(here, point)).To(Succeed())
			r.expectGone(there, point)
		})

		It("can be "+r.text+" by who has no capability but may write to its directory", Proves(r.id), func() {
			here, dir := mounts.Stage(harness.Named("here"))
			point := dir + "/point"
			r.make(here, point)
			there := mounts.Beside(here)
			r.mount(there, point)
			plain := Get(here.Fork())
			Arrange(plain.Capset(harness.Capabilities{}))
			Arrange(here.Chmod(dir, 0o555))
			Expect(r.remove(plain, point)).To(MatchError(unix.EACCES), "who may not")
			Expect(there.ReadFile(r.mounted(point))).To(Equal("mounted"))
			Arrange(here.Chmod(dir, 0o755))
			Expect(r.remove(plain, point)).To(Succeed())
			r.expectGone(there, point)
		})

		It("can be "+r.text+" in a less privileged namespace", Proves(r.id, "mount-point-removal-removes-mount"), func() {
			there, dir := mounts.Stage(harness.Named("there"))
			point := dir + "/point"
			r.make(there, point)
			here := lesser(there)
			r.mount(there, point)
			Expect(r.remove(here, point)).To(Succeed())
			r.expectGone(there, point)
		})
	}

	for _, r := range []removal{removals[0], removals[1]} {
		of := map[bool]string{false: "directory", true: "file"}[r.file]
		It("can be renamed with its mount when it is a "+of, Proves("mount-point-elsewhere-renamable"), func() {
			here, dir := mounts.Stage(harness.Named("here"))
			point := dir + "/point"
			r.make(here, point)
			there := mounts.Beside(here)
			r.mount(there, point)
			below := lesser(there)
			expectAt := func(at string) {
				for _, s := range []*harness.Subject{there, below} {
					Expect(s.ReadFile(r.mounted(dir+at))).To(Equal("mounted"), "%s for %s", at, s.Name())
					Expect(mounts.Below(s, dir)).To(Equal([]string{at[1:]}))
				}
				_, err := mounts.At(here, dir+at)
				Expect(err).To(HaveOccurred(), "there is none here")
			}
			Arrange(here.Mkdir(dir + "/elsewhere"))
			Expect(here.Rename(point, dir+"/renamed")).To(Succeed())
			expectAt("/renamed")
			Expect(here.Rename(dir+"/renamed", dir+"/elsewhere/renamed")).To(Succeed())
			expectAt("/elsewhere/renamed")
			Expect(exchange(here, dir+"/elsewhere/renamed", dir+"/point-other")).To(Succeed())
			expectAt("/point-other")
			Expect(exchange(here, dir+"/elsewhere/renamed", dir+"/point-other")).To(Succeed())
			expectAt("/elsewhere/renamed")
		})
	}
})
