package mountapi

import (
	"encoding/binary"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// watch returns s's descriptor by which it is told when the file systems of the
// directories have ended.
func watch(s *harness.Subject, dirs ...string) int {
	fd, err := s.Syscall("inotify_init1", unix.SYS_INOTIFY_INIT1, unix.IN_CLOEXEC)
	Arrange(err)
	for _, dir := range dirs {
		Get(s.Syscall("inotify_add_watch", unix.SYS_INOTIFY_ADD_WATCH, fd, dir, harness.Hex(unix.IN_ONLYDIR)))
	}
	return int(fd)
}

// ended returns how many of the file systems that s watches have ended.
func ended(s *harness.Subject, watch int, wait time.Duration) int {
	n := 0
	for Get(s.Poll(watch, unix.POLLIN, wait)) != 0 {
		for rest := Get(s.Read(watch, 4096)); len(rest) >= unix.SizeofInotifyEvent; rest = rest[unix.SizeofInotifyEvent:] {
			if binary.NativeEndian.Uint32(rest[4:])&unix.IN_UNMOUNT != 0 {
				n++
			}
		}
		wait = 0
	}
	return n
}

// adrift returns s's descriptor of a copy of a tree that is mounted nowhere else.
func adrift(s *harness.Subject, dir string) int {
	fd := Get(s.OpenTree(dir, whole))
	Arrange(s.Umount(dir, unix.MNT_DETACH))
	return fd
}

// atOnce is how long the end of a mount may take that nobody uses.
const atOnce = time.Second

var _ = Specs("A tree that is mounted nowhere", Label("mount"), func() {
	It("ends with the last descriptor for what open_tree has opened", Proves("mount-open-tree-dissolved-on-close"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		keeper := watch(s, dir+"/tree", dir+"/tree/sub")
		fd := adrift(s, dir+"/tree")
		again := Get(s.Fcntl(fd, unix.F_DUPFD_CLOEXEC, 0))
		heir := Get(s.Fork())
		Arrange(s.Close(fd))
		Arrange(s.Close(again))
		Arrange(heir.Close(fd))
		Expect(ended(s, keeper, 0)).To(Equal(0), "while somebody has a descriptor")
		Expect(enter(heir, again).ReadFile("sub/file")).To(Equal("there"))
	})

	for name, let := range map[string]func(heir *harness.Subject, fd int) error{
		"is closed":           (*harness.Subject).Close,
		"ends with its owner": func(heir *harness.Subject, _ int) error { return heir.End() },
	} {
		It("ends as a whole when the last descriptor "+name, Proves("mount-open-tree-dissolved-on-close"), func() {
			s, dir := mounts.Stage()
			plant(s, dir+"/tree")
			keeper := watch(s, dir+"/tree", dir+"/tree/sub")
			fd := adrift(s, dir+"/tree")
			heir := Get(s.Fork())
			Arrange(s.Close(fd))
			Expect(ended(s, keeper, 0)).To(Equal(0), "while another process has it")
			Expect(let(heir, fd)).To(Succeed())
			Eventually(func() int { return ended(s, keeper, atOnce) }).Should(Equal(2), "the mount and the one below it")
		})
	}

	It("ends for good once nobody uses it any more", Proves("mount-open-tree-dissolved-on-close"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		keeper := watch(s, dir+"/tree")
		fd := adrift(s, dir+"/tree")
		viewer := enter(s, fd)
		file := Get(viewer.Open("file", unix.O_RDONLY))
		Arrange(s.Close(fd))
		Expect(viewer.Read(file, 16)).To(Equal([]byte("there")), "by a file that is open")
		Expect(viewer.ReadDir(".")).To(ConsistOf("file", "sub", "empty"), "by a working directory")
		Expect(viewer.WriteFile("another", "", unix.O_CREAT)).To(Succeed())
		Expect(ended(s, keeper, 0)).To(Equal(0), "while it is used")
		Arrange(viewer.Chdir("/"))
		Expect(ended(s, keeper, 0)).To(Equal(0), "while a file is open")
		Arrange(viewer.Close(file))
		Expect(ended(s, keeper, atOnce)).To(Equal(1))
	})

	It("cannot be mounted when it has ended, by whatever other descriptor", Proves("mount-open-tree-dissolved-on-close"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		Arrange(s.Mkdir(dir + "/target"))
		for _, end := range []bool{false, true} {
			fd := Get(s.OpenTree(dir+"/tree", whole))
			viewer := enter(s, fd)
			other := Get(viewer.Open(".", unix.O_PATH))
			if end {
				Arrange(s.Close(fd))
				expectRefused(func() error { return attach(viewer, other, dir+"/target", 0) }, unix.EINVAL, []*harness.Subject{viewer})
				continue
			}
			Expect(attach(viewer, other, dir+"/target", 0)).To(Succeed(), "while it is there")
			Arrange(s.Close(fd))
			Expect(s.ReadFile(dir+"/target/sub/file")).To(Equal("there"), "mounted, it stays without the descriptor")
			Arrange(s.Umount(dir+"/target", unix.MNT_DETACH))
		}
	})
})
