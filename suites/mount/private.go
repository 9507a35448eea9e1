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

// changes are changes to the list of mounts that [pair] has arranged. Each begins
// with what the one before it has left. Some undo what a less privileged
// namespace has inherited, which is locked there.
var changes = []struct {
	what   string
	undoes bool
	call   func(s *harness.Subject, dir string) error
}{
	{"mount", false, func(s *harness.Subject, dir string) error { return s.Mount("none", dir+"/b", "tmpfs", 0, "") }},
	{"unmount it", false, func(s *harness.Subject, dir string) error { return s.Umount(dir+"/b", 0) }},
	{"bind", false, func(s *harness.Subject, dir string) error { return s.Bind(dir+"/a", dir+"/b") }},
	{"stack", false, func(s *harness.Subject, dir string) error { return s.Mount("none", dir+"/b", "tmpfs", 0, "") }},
	{"unmount the top", false, func(s *harness.Subject, dir string) error { return s.Umount(dir+"/b", 0) }},
	{"detach", false, func(s *harness.Subject, dir string) error { return s.Umount(dir+"/b", unix.MNT_DETACH) }},
	{"bind all", false, func(s *harness.Subject, dir string) error {
		return s.Mount(dir+"/c", dir+"/b", "", unix.MS_BIND|unix.MS_REC, "")
	}},
	{"move", false, func(s *harness.Subject, dir string) error { return s.Mount(dir+"/b", dir+"/e", "", unix.MS_MOVE, "") }},
	{"remount", false, func(s *harness.Subject, dir string) error {
		return s.Mount("none", dir+"/a", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
	}},
	{"share", false, func(s *harness.Subject, dir string) error { return s.Mount("none", dir+"/a", "", unix.MS_SHARED, "") }},
	{"move an old one", true, func(s *harness.Subject, dir string) error { return s.Mount(dir+"/a", dir+"/b", "", unix.MS_MOVE, "") }},
	{"unmount an old one", true, func(s *harness.Subject, dir string) error { return s.Umount(dir+"/b", 0) }},
	{"detach old ones", true, func(s *harness.Subject, dir string) error { return s.Umount(dir+"/c", unix.MNT_DETACH) }},
}

// view is what s sees of the mounts of [pair]: the whole list, and by the files
// what is at the paths.
func view(s *harness.Subject, dir string, paths ...string) string {
	seen := table(s)
	for _, path := range paths {
		st, err := s.Stat(dir + path)
		seen += fmt.Sprintf("%s: %x %x %v\n", path, st.Dev, st.Ino, err)
	}
	return seen
}

// everywhere is where [changes] change something.
var everywhere = []string{"/a", "/b", "/c", "/c/d", "/e", "/e/d"}

// pair returns two processes that share nothing but the list of private mounts
// that they began with.
func pair(way harness.Way, of ...nsutil.Kind) (origin, other *harness.Subject, dir string) {
	origin, dir = mounts.Stage(harness.Named("origin"))
	for _, empty := range []string{"/b", "/e"} {
		Arrange(origin.Mkdir(dir + empty))
	}
	place(origin, dir+"/a", "in-a")
	place(origin, dir+"/c", "in-c")
	place(origin, dir+"/c/d", "in-d")
	return origin, copied(origin, way, of...), dir
}

var _ = Specs("With private mounts", Label("mount"), func() {
	for _, way := range harness.Ways() {
		It("no change is seen in another mount namespace, made by "+string(way), Proves("mount-private-changes-stay-local"), func() {
			for _, of := range owners() {
				for _, inTheCopy := range []bool{true, false} {
					origin, other, dir := pair(way, of...)
					changer, witness := origin, other
					if inTheCopy {
						changer, witness = other, origin
					}
					before, at := view(witness, dir, everywhere...), view(witness, dir, "/b")
					for _, change := range changes {
						if change.undoes && inTheCopy && len(of) > 1 {
							continue
						}
						Expect(change.call(changer, dir)).To(Succeed(), change.what)
						Expect(view(witness, dir, "/b")).To(Equal(at), "%s in another namespace, made by %s", change.what, changer.Name())
					}
					Expect(view(witness, dir, everywhere...)).To(Equal(before), "what %s sees in the end", witness.Name())
					Expect(view(changer, dir, everywhere...)).NotTo(Equal(before))
				}
			}
		})
	}
})
