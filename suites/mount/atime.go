package mount

import (
	"fmt"
	"slices"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// times is a setting of when reading changes the time of the last access.
type times struct {
	flags int
	words []string // in mountinfo, of "noatime", "nodiratime" and "relatime"
	// What reading changes: a time that is older than that of the last change, one
	// that is not, and that of a directory, which is older.
	old, new, directory bool
}

var allTimes = []times{
	{unix.MS_RELATIME, []string{"relatime"}, true, false, true},
	{unix.MS_STRICTATIME, nil, true, true, true},
	{unix.MS_NOATIME, []string{"noatime"}, false, false, false},
	{unix.MS_NODIRATIME, []string{"nodiratime", "relatime"}, true, false, false},
	{unix.MS_STRICTATIME | unix.MS_NODIRATIME, []string{"nodiratime"}, true, true, false},
}

// reads says whether reading changes the time of the last access, which is set
// to be so long from now before.
func reads(s *harness.Subject, path string, since time.Duration) bool {
	at := time.Now().Add(since).Truncate(time.Second)
	spec := [2]unix.Timespec{{Sec: at.Unix()}, {Nsec: unix.UTIME_OMIT}}
	_, err := s.Syscall("utimensat", unix.SYS_UTIMENSAT, unix.AT_FDCWD, path, harness.Struct(&spec), 0)
	Arrange(err)
	fd := Get(s.Open(path, unix.O_RDONLY|unix.O_CLOEXEC))
	buffer := make([]byte, 512)
	if Get(s.Fstat(fd)).Mode&unix.S_IFMT == unix.S_IFDIR {
		Get(s.Syscall("getdents64", unix.SYS_GETDENTS64, fd, harness.Out(buffer), len(buffer)))
	} else {
		Expect(s.Read(fd, len(buffer))).NotTo(BeEmpty())
	}
	after := Get(s.Fstat(fd)).Atim.Sec
	Arrange(s.Close(fd))
	return after != at.Unix()
}

// expectTimes claims that the mount at a point has the setting.
func expectTimes(s *harness.Subject, point string, t times, explain string) {
	ofMount, _ := options(s, point)
	of := slices.DeleteFunc(ofMount, func(word string) bool { return !slices.Contains([]string{"noatime", "nodiratime", "relatime"}, word) })
	Expect(of).To(ConsistOf(t.words), explain)
	Expect(reads(s, point+"/file", -time.Hour)).To(Equal(t.old), "an older time, with %v, %s", t.words, explain)
	Expect(reads(s, point+"/file", time.Hour)).To(Equal(t.new), "a newer time, with %v, %s", t.words, explain)
	Expect(reads(s, point+"/dir", -time.Hour)).To(Equal(t.directory), "that of a directory, with %v, %s", t.words, explain)
}

// library has s mount a tmpfs with something to read at dir/one, and again at dir/two.
func library(s *harness.Subject, dir string) (one, two string) {
	one, two = dir+"/one", dir+"/two"
	place(s, one, "empty")
	Arrange(s.WriteFile(one+"/file", "text", unix.O_CREAT))
	Arrange(s.Mkdir(one + "/dir"))
	touch(s, one+"/dir/entry")
	Arrange(s.Mkdir(two))
	Arrange(s.Bind(one, two))
	return one, two
}

var _ = Specs("Times of last access", Label("mount"), func() {
	It("are set as the flags of one mount say, which others do not follow", Proves("mount-remount-bind-this-mount-only"), func() {
		s, dir := mounts.Stage()
		one, two := library(s, dir)
		expectTimes(s, two, allTimes[0], "by default")
		for _, t := range allTimes {
			Expect(remount(s, two, unix.MS_BIND|t.flags)).To(Succeed())
			expectTimes(s, two, t, "where it is set")
			if len(t.words) == 0 || t.words[0] == "noatime" {
				expectTimes(s, one, allTimes[0], "on another mount")
			}
		}
	})

	for _, how := range []int{unix.MS_BIND, 0} {
		name := map[int]string{unix.MS_BIND: "one mount", 0: "the file system"}[how]

		It("stay as they are when "+name+" is remounted without flags about them", Proves("mount-remount-keeps-atime"), func() {
			s, dir := mounts.Stage()
			_, two := library(s, dir)
			for _, t := range allTimes {
				Arrange(remount(s, two, unix.MS_BIND|t.flags))
				for _, other := range []int{unix.MS_NOSUID, 0} {
					Expect(remount(s, two, how|other)).To(Succeed())
					ofMount, _ := options(s, two)
					Expect(slices.Contains(ofMount, "nosuid")).To(Equal(other != 0), "the rest is set as given, after %#x", t.flags)
				}
				expectTimes(s, two, t, fmt.Sprintf("after a remount of %s", name))
			}
		})

		It("are changed when "+name+" is remounted with any flag about them", Proves("mount-remount-keeps-atime"), func() {
			s, dir := mounts.Stage()
			_, two := library(s, dir)
			for _, was := range allTimes {
				for _, t := range allTimes {
					Arrange(remount(s, two, unix.MS_BIND|was.flags))
					Expect(remount(s, two, how|t.flags)).To(Succeed())
					ofMount, _ := options(s, two)
					of := slices.DeleteFunc(ofMount, func(word string) bool { return !slices.Contains([]string{"noatime", "nodiratime", "relatime"}, word) })
					Expect(of).To(ConsistOf(t.words), "with %#x after %#x", t.flags, was.flags)
				}
			}
		})
	}
})
