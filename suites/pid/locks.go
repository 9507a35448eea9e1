package pid

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// locking are the locks that belong to processes, by the word for them in /proc/locks.
var locking = []struct {
	word string
	lock func(s *harness.Subject, fd int) error
}{
	{"POSIX", func(s *harness.Subject, fd int) error {
		lock := unix.Flock_t{Type: unix.F_WRLCK}
		_, err := s.Syscall("fcntl", unix.SYS_FCNTL, fd, unix.F_SETLK, harness.Struct(&lock))
		return err
	}},
	{"FLOCK", func(s *harness.Subject, fd int) error {
		_, err := s.Syscall("flock", unix.SYS_FLOCK, fd, unix.LOCK_EX)
		return err
	}},
	{"LEASE", func(s *harness.Subject, fd int) error {
		_, err := s.Fcntl(fd, unix.F_SETLEASE, unix.F_WRLCK)
		return err
	}},
}

// lockFiles has s lock a file of its own in every way, and returns their inode numbers.
func lockFiles(s *harness.Subject, dir string) (inodes []uint64) {
	for _, l := range locking {
		fd := Get(s.Open(fmt.Sprintf("%s/%d-%s", dir, s.PID(), l.word), unix.O_CREAT|unix.O_RDWR))
		Arrange(l.lock(s, fd))
		inodes = append(inodes, Get(s.Fstat(fd)).Ino)
	}
	return inodes
}

// lockers returns, for each of the files, the process that a file in the format
// of /proc/locks says has locked it; "" for a file that it does not list.
func lockers(reader *harness.Subject, file string, inodes []uint64) []string {
	text, err := reader.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	found := make([]string, len(inodes))
	for line := range strings.Lines(text) {
		f := strings.Fields(line) // number: kind, how, what, process, device:device:inode, from, to
		for i, inode := range inodes {
			if len(f) > 5 && strings.HasSuffix(f[5], fmt.Sprintf(":%d", inode)) {
				Expect(f[1]).To(Equal(locking[i].word))
				found[i] = f[4]
			}
		}
	}
	return found
}

var _ = Specs("/proc/locks", Label("pid"), func() {
	It("lists the locks of those whom the procfs's namespace sees, by their numbers in it", Proves("pid-proc-locks-filtered"), func() {
		dir := T().TempDir()
		outside := Spawn()
		outer := newMounter(outside, unix.CLONE_NEWPID)
		inner := newMounter(outer, unix.CLONE_NEWPID)
		fork(inner)
		member, middle := fork(inner), fork(outer)
		thrice := func(n int) []string { return []string{fmt.Sprint(n), fmt.Sprint(n), fmt.Sprint(n)} }
		none := []string{"", "", ""}
		by := map[*harness.Subject][]uint64{}
		for _, s := range []*harness.Subject{outside, middle, inner, member} {
			by[s] = lockFiles(s, dir)
		}
		for _, procfs := range []struct {
			what   string
			reader *harness.Subject
			proc   string
			shows  map[*harness.Subject][]string
		}{
			{"innermost", inner, "/proc", map[*harness.Subject][]string{outside: none, middle: none, inner: thrice(1), member: thrice(3)}},
			{"innermost, read from outside", outside, procOf(inner), map[*harness.Subject][]string{outside: none, middle: none, inner: thrice(1), member: thrice(3)}},
			{"middle", outer, "/proc", map[*harness.Subject][]string{
				outside: none, middle: thrice(number(middle)), inner: thrice(inner.NSPID()), member: thrice(seenFrom(outer, member)),
			}},
			{"outermost", outside, "/proc", map[*harness.Subject][]string{
				outside: thrice(outside.PID()), middle: thrice(middle.PID()), inner: thrice(inner.PID()), member: thrice(member.PID()),
			}},
			{"outermost, read from inside", newInit(outside), "/proc", map[*harness.Subject][]string{
				outside: thrice(outside.PID()), member: thrice(member.PID()),
			}},
		} {
			for owner, shown := range procfs.shows {
				Expect(lockers(procfs.reader, procfs.proc+"/locks", by[owner])).To(Equal(shown), "the %s procfs, of %s", procfs.what, owner.Name())
			}
		}
	})

	It("lists a lock in the initial namespace although its owner is gone", Proves("pid-proc-locks-filtered"), func() {
		NeedInitial(nsutil.PID)
		dir := T().TempDir()
		keeper := Spawn()
		init := newMounter(keeper, unix.CLONE_NEWPID)
		fd := Get(keeper.Open(dir+"/kept", unix.O_CREAT|unix.O_RDWR))
		owner := fork(keeper)
		Arrange(locking[1].lock(owner, fd))
		inodes := []uint64{0, Get(keeper.Fstat(fd)).Ino}
		gone := owner.PID()
		Arrange(owner.End())
		Expect(lockers(keeper, "/proc/locks", inodes)).To(Equal([]string{"", fmt.Sprint(gone)}))
		Expect(lockers(init, "/proc/locks", inodes)).To(Equal([]string{"", ""}))
	})
})
