package mountlock

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// attempts are the ways to remove or rename a mount point, all of which are refused
// where it is one.
func (r removal) attempts() map[string]func(s *harness.Subject, point string) error {
	all := map[string]func(s *harness.Subject, point string) error{
		"rename":          func(s *harness.Subject, point string) error { return s.Rename(point, point+"-renamed") },
		"replace":         replace,
		"exchange":        func(s *harness.Subject, point string) error { return exchange(s, point, point+"-other") },
		"exchange it for": func(s *harness.Subject, point string) error { return exchange(s, point+"-other", point) },
	}
	if r.file {
		all["unlink"] = (*harness.Subject).Unlink
	} else {
		all["rmdir"] = (*harness.Subject).Rmdir
	}
	return all
}

var _ = Specs("A mount point", Label("mount"), func() {
	for _, r := range []removal{removals[0], removals[1]} {
		of := map[bool]string{false: "directory", true: "file"}[r.file]
		It("can be neither removed nor renamed where it is one when it is a "+of, Proves("mount-point-own-removal-ebusy"), func() {
			s, dir := mounts.Stage(harness.Named("here"))
			point := dir + "/point"
			r.make(s, point)
			elsewhere := mounts.Beside(s)
			r.mount(s, point)
			Arrange(s.Mkdir(dir + "/alias"))
			Arrange(s.Bind(dir, dir+"/alias"))
			before := Get(mounts.Lines(s))
			for text, attempt := range r.attempts() {
				for _, member := range []*harness.Subject{s, mounts.Beside(s), lesser(s)} {
					Expect(attempt(member, point)).To(MatchError(unix.EBUSY), "%s, by %s", text, member.Name())
					Expect(attempt(member, dir+"/alias/point")).To(MatchError(unix.EBUSY), "%s, by %s and another path", text, member.Name())
				}
				Expect(s.ReadFile(r.mounted(point))).To(Equal("mounted"), text)
			}
			Expect(mounts.Lines(s)).To(Equal(before))
			_, err := elsewhere.Lstat(point)
			Expect(err).NotTo(HaveOccurred())
		})

		It("can be removed and renamed when the mount on it is gone if it is a "+of, Proves("mount-point-own-removal-ebusy"), func() {
			s, dir := mounts.Stage(harness.Named("here"))
			for text, attempt := range r.attempts() {
				point := dir + "/" + text
				r.make(s, point)
				r.mount(s, point)
				Expect(attempt(s, point)).To(MatchError(unix.EBUSY), text)
				Arrange(s.Umount(point, unix.MNT_DETACH))
				Expect(attempt(s, point)).To(Succeed(), text)
			}
		})
	}
})
