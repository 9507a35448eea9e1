package mount

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// terminals has s mount terminals of its own on the directory dir/pts.
func terminals(s *harness.Subject, dir string) {
	Arrange(s.Mount("none", dir+"/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=600"))
}

// openMaster opens a new terminal below dir, lets the other end be opened, and
// returns the descriptor with the terminal's number.
func openMaster(s *harness.Subject, dir string) (master int, number uint32) {
	master = Get(s.Open(dir+"/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY))
	var unlocked int32
	Get(s.Ioctl(master, unix.TIOCSPTLCK, harness.Struct(&unlocked)))
	Get(s.Ioctl(master, unix.TIOCGPTN, harness.Struct(&number)))
	return master, number
}

// pass returns two children of a process, and a function that gives a descriptor
// of the one to the other.
func pass(parent *harness.Subject) (from, to *harness.Subject, give func(fd int) int) {
	a, b, err := parent.Socketpair(unix.SOCK_STREAM)
	Arrange(err)
	from, to = Get(parent.Fork()), Get(parent.Fork())
	return from, to, func(fd int) int {
		Arrange(from.SendFd(a, fd))
		return Get(to.ReceiveFd(b))
	}
}

// expectConnected claims that what is written to one end of a terminal can be read from the other.
func expectConnected(writer *harness.Subject, master int, reader *harness.Subject, slave int) {
	Expect(writer.Write(master, []byte("line\n"))).To(Equal(5))
	Expect(reader.Read(slave, 16)).To(BeEquivalentTo("line\n"))
}

var _ = Specs("TIOCGPTPEER", Label("mount"), func() {
	It("opens the other end of a terminal that the caller sees nowhere", Proves("mount-tiocgptpeer-opens-invisible-slave"), func() {
		parent, dir := mounts.Stage()
		Arrange(parent.Mkdir(dir + "/pts"))
		maker, other, give := pass(parent)
		Arrange(maker.Unshare(unix.CLONE_NEWNS))
		terminals(maker, dir)
		for range 2 {
			master, number := openMaster(maker, dir)
			fd := give(master)
			path := fmt.Sprintf("%s/pts/%d", dir, number)
			_, err := other.Stat(path)
			Expect(err).To(MatchError(unix.ENOENT))
			slave, err := other.Ioctl(fd, unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY)
			Expect(err).NotTo(HaveOccurred())
			seen, there := Get(other.Fstat(slave)), Get(maker.Stat(path))
			Expect([]uint64{seen.Dev, seen.Ino, seen.Rdev}).To(Equal([]uint64{there.Dev, there.Ino, there.Rdev}), "it is that terminal")
			Expect(Get(other.Fcntl(slave, unix.F_GETFL, 0)) & unix.O_ACCMODE).To(Equal(unix.O_RDWR))
			expectConnected(maker, master, other, slave)
		}
	})

	It("opens the other end of a terminal when that is covered, or the file system is detached", Proves("mount-tiocgptpeer-opens-invisible-slave"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/pts"))
		terminals(s, dir)
		master, number := openMaster(s, dir)
		mounts.Tmpfs(s, dir+"/pts")
		for _, how := range []string{"covered", "detached"} {
			slave, err := s.Ioctl(master, unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY)
			Expect(err).NotTo(HaveOccurred(), how)
			Expect(unix.Minor(Get(s.Fstat(slave)).Rdev)).To(Equal(number), how)
			expectConnected(s, master, s, slave)
			Arrange(s.Close(slave))
			Arrange(s.Umount(dir+"/pts", unix.MNT_DETACH))
		}
		Expect(mounts.Below(s, dir)).To(BeEmpty())
	})
})

var _ = Specs("The link of a terminal's descriptor", Label("mount"), func() {
	It("has the name that it has elsewhere, under which another terminal is found here", Proves("mount-ttyname-foreign-devpts-enodev"), func() {
		parent, dir := mounts.Stage()
		Arrange(parent.Mkdir(dir + "/pts"))
		maker, other, give := pass(parent)
		for _, s := range []*harness.Subject{maker, other} {
			Arrange(s.Unshare(unix.CLONE_NEWNS))
			terminals(s, dir)
		}
		master, number := openMaster(maker, dir)
		_, same := openMaster(other, dir)
		Expect(same).To(Equal(number), "both begin to count anew")
		path := fmt.Sprintf("%s/pts/%d", dir, number)
		slave := Get(maker.Open(path, unix.O_RDWR|unix.O_NOCTTY))
		fd := give(slave)
		link := fmt.Sprintf("/proc/self/fd/%d", fd)
		Expect(other.Readlink(link)).To(Equal(path))
		received, found := Get(other.Fstat(fd)), Get(other.Stat(path))
		Expect(found.Mode&unix.S_IFMT).To(BeEquivalentTo(unix.S_IFCHR), "there is a terminal by that name")
		Expect(found.Rdev).To(Equal(received.Rdev), "with the same numbers")
		Expect(found.Dev).NotTo(Equal(received.Dev), "but it is another one")
		Expect(Get(maker.Stat(path))).To(And(HaveField("Dev", received.Dev), HaveField("Ino", received.Ino)))
		expectConnected(maker, master, other, fd)
	})
})
