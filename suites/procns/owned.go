package procns

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// owner is whom a file belongs to.
type owner struct{ uid, gid uint32 }

var globalRoot = owner{0, 0}

// everybodys is the mode of directories in /proc/PID that belong to the effective
// ids whatever the dumpable attribute is: everybody may read and search them.
const everybodys = unix.S_IFDIR | 0o555

// expectOwner claims that all files in /proc/PID of a process belong to want, and
// the directories that are everybody's to effective.
func expectOwner(process *harness.Subject, want, effective owner) {
	for _, file := range filesOf(process) {
		var st unix.Stat_t
		Expect(unix.Lstat(file, &st)).To(Succeed(), file)
		if st.Mode == everybodys {
			Expect(owner{st.Uid, st.Gid}).To(Equal(effective), "%s of %s, which is everybody's", file, process.Name())
		} else {
			Expect(owner{st.Uid, st.Gid}).To(Equal(want), "%s of %s", file, process.Name())
		}
	}
}

// filesOf returns the paths of what is in /proc/PID, and of some of what is below.
func filesOf(s *harness.Subject) []string {
	dir := fmt.Sprintf("/proc/%d", s.PID())
	files := []string{dir}
	for _, name := range append(names(dir), "ns/user", "ns/uts", "fd/0", "fdinfo/0") {
		files = append(files, dir+"/"+name)
	}
	thread := fmt.Sprintf("%s/task/%d", dir, s.PID())
	for _, name := range append(names(thread), "ns/user", "fd/0") {
		files = append(files, thread+"/"+name)
	}
	return append(files, thread)
}

func names(dir string) []string {
	var all []string
	for _, entry := range Get(os.ReadDir(dir)) {
		all = append(all, entry.Name())
	}
	return all
}

// seenBy returns whom the files of a process belong to as reader sees it.
func seenBy(reader, process *harness.Subject) owner {
	st := Get(reader.Lstat(fmt.Sprintf("/proc/%d/status", process.PID())))
	return owner{st.Uid, st.Gid}
}

// differ gives s real, effective, saved and file system ids that are not the same:
// uids from first on, gids from first+3 on. It returns the effective ones as s sees them.
func differ(s *harness.Subject, first int) (uid, gid uint32) {
	Arrange(s.Setgroups())
	Arrange(s.Setresgid(first+3, first+4, first+5))
	Arrange(s.Setfsgid(first + 5))
	Arrange(s.Setresuid(first, first+1, first+2))
	Arrange(s.Setfsuid(first + 2))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return uint32(first + 1), uint32(first + 4)
}

// withFile opens a file, for there to be something in /proc/PID/fd.
func withFile(s *harness.Subject) *harness.Subject {
	Expect(s.Open("/dev/null", unix.O_RDONLY)).To(BeZero())
	return s
}

// insideOf returns root of a new user namespace that maps ten ids from first on
// to ids that own nothing on this machine, from outer on.
func insideOf(first, outer int) *harness.Subject {
	s := Spawn(harness.Cloned(nsutil.User), harness.Named("inside"))
	mapping := fmt.Sprintf("%d %d 10", first, outer)
	Arrange(s.MapIDs(mapping, mapping))
	Arrange(s.Setresgid(first, first, first))
	Arrange(s.Setresuid(first, first, first))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}
