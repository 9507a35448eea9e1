package unshare

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// umask sets the mask and returns that before.
func umask(s *harness.Subject, mask int) int {
	return int(Get(s.Syscall("umask", unix.SYS_UMASK, mask)))
}

// place returns the identity of a subject's directory: "root" or "cwd".
func place(s *harness.Subject, which string) nsutil.ID {
	return Get(nsutil.IDOf(fmt.Sprintf("/proc/%d/%s", s.PID(), which)))
}

// expectSharedFS holds that a and b have one working directory and umask, or not.
func expectSharedFS(a, b *harness.Subject, shared bool, what ...any) {
	for i, s := range []*harness.Subject{a, b} {
		other := []*harness.Subject{b, a}[i]
		was, mask := place(other, "cwd"), 0o21+i
		Expect(Get(os.Stat(fmt.Sprintf("/proc/%d/cwd", other.PID()))).IsDir()).To(BeTrue())
		dir := T().TempDir()
		Arrange(os.Chmod(dir, 0o755))
		chdir(s, dir)
		umask(s, mask)
		if shared {
			Expect(place(other, "cwd")).To(Equal(place(s, "cwd")), what...)
			Expect(umask(other, mask)).To(Equal(mask), what...)
		} else {
			Expect(place(other, "cwd")).To(Equal(was), what...)
			Expect(umask(other, 0o77)).NotTo(Equal(mask), what...)
			Expect(umask(s, mask)).To(Equal(mask), what...)
		}
	}
}

// expectSharedFiles holds that a and b have one table of descriptors, or not.
func expectSharedFiles(a, b *harness.Subject, shared bool, what ...any) {
	for i, s := range []*harness.Subject{a, b} {
		other := []*harness.Subject{b, a}[i]
		fd := Get(s.Fcntl(Get(s.Open("/", unix.O_RDONLY)), unix.F_DUPFD, 50+i))
		_, err := other.Fcntl(fd, unix.F_GETFD, 0)
		if shared {
			Expect(err).NotTo(HaveOccurred(), what...)
		} else {
			Expect(err).To(MatchError(unix.EBADF), what...)
		}
		Arrange(s.Close(fd))
	}
}

var _ = Specs("unshare", Label("unshare"), func() {
	It("of CLONE_FILES gives the caller a copy of the descriptor table", Proves("unshare-files-private-table"), func() {
		other := Spawn(harness.Named("other"))
		r, w, err := other.Pipe()
		Arrange(err)
		s := Get(other.Clone(unix.CLONE_FILES | unix.CLONE_FS))
		expectSharedFiles(s, other, true, "before")
		before := stateOf(s)
		Expect(s.Unshare(unix.CLONE_FILES)).To(Succeed())
		Expect(stateOf(s)).To(Equal(before))
		expectSharedFiles(s, other, false, "after")
		expectSharedFS(s, other, true, "which it has not asked for")

		Expect(s.Fcntl(w, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC), "a descriptor from before")
		Expect(s.Close(r)).To(Succeed())
		Expect(s.Write(w, []byte("x"))).To(Equal(1), "to a pipe that the other process has open")
		Expect(other.Read(r, 1)).To(Equal([]byte("x")))
		Expect(s.Unshare(unix.CLONE_FILES)).To(Succeed(), "of what is not shared")
		Expect(s.Fcntl(w, unix.F_GETFD, 0)).To(Equal(unix.FD_CLOEXEC))
	})

	It("of CLONE_FS gives the caller a copy of root, working directory and umask", Proves("unshare-fs-private-root-cwd-umask"), func() {
		NeedCapability("CAP_SYS_CHROOT")
		other := Spawn(harness.Named("other"))
		s := Get(other.Clone(unix.CLONE_FS | unix.CLONE_FILES))
		dir := T().TempDir()
		chdir(s, dir)
		umask(s, 0o31)
		expect := func(s *harness.Subject) {
			Expect(cwd(s)).To(Equal(dir))
			Expect(umask(s, 0o31)).To(Equal(0o31))
		}
		expect(other)
		before := stateOf(s)
		Expect(s.Unshare(unix.CLONE_FS)).To(Succeed())
		Expect(stateOf(s)).To(Equal(before))
		expect(s)
		expectSharedFS(s, other, false)
		expectSharedFiles(s, other, true, "which it has not asked for")

		root := place(other, "root")
		Arrange(s.Chroot(dir))
		Expect(place(other, "root")).To(Equal(root))
		Expect(place(s, "root")).To(Equal(Get(nsutil.IDOf(dir))))
	})

	It("of both, alone and with namespaces, gives the caller copies of both", Proves("unshare-files-private-table", "unshare-fs-private-root-cwd-umask"), func() {
		for _, flags := range []int{0, unix.CLONE_NEWUTS, unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP} {
			other := Spawn(harness.Named("other"))
			s := Get(other.Clone(unix.CLONE_FS | unix.CLONE_FILES))
			expectSharedFS(s, other, true, "before")
			expectSharedFiles(s, other, true, "before")
			expectMoved(s, unix.CLONE_FS|unix.CLONE_FILES|flags, kindsOf(flags)...)
			expectSharedFS(s, other, false, "with %s", nsutil.FlagString(flags))
			expectSharedFiles(s, other, false, "with %s", nsutil.FlagString(flags))
		}
	})

	It("of CLONE_NEWNS implies CLONE_FS", Label("mnt"), Proves("unshare-newns-implies-fs"), func() {
		other := Spawn(harness.Named("other"))
		s := Get(other.Clone(unix.CLONE_FS | unix.CLONE_FILES))
		expectSharedFS(s, other, true, "before")
		dir := T().TempDir()
		chdir(s, dir)
		expectMoved(s, unix.CLONE_NEWNS, nsutil.Mnt)
		Expect(cwd(s)).To(Equal(dir))
		Arrange(s.MakePrivate())
		Arrange(s.Mount("none", dir, "tmpfs", 0, ""))
		chdir(s, dir)
		Expect(cwd(other)).To(Equal(dir))
		Expect(place(other, "cwd")).NotTo(Equal(place(s, "cwd")), "a directory and what only one has mounted on it")
		Expect(other.WriteFile("file", "", unix.O_CREAT)).To(Succeed())
		for _, path := range []string{"../" + filepath.Base(dir) + "/file", dir + "/file"} {
			Expect(other.Stat(path)).Error().NotTo(HaveOccurred(), "%s, below what only one has mounted", path)
			Expect(s.Stat(path)).Error().To(MatchError(unix.ENOENT), "%s, in what only one has mounted", path)
		}
		expectSharedFS(s, other, false)
		expectSharedFiles(s, other, true, "which it has not asked for")
	})

	It("of CLONE_NEWUSER implies CLONE_FS", Label("user"), Proves("unshare-newuser-implies-fs"), func() {
		other := Spawn(harness.Named("other"))
		s := Get(other.Clone(unix.CLONE_FS | unix.CLONE_FILES))
		expectSharedFS(s, other, true, "before")
		root := place(other, "root")
		expectMoved(s, unix.CLONE_NEWUSER, nsutil.User)
		Expect(place(s, "root")).To(Equal(root))
		expectSharedFS(s, other, false)
		expectSharedFiles(s, other, true, "which it has not asked for")
		Arrange(s.Chroot("/proc"))
		Expect(place(other, "root")).To(Equal(root), "when the one with capabilities of its own has another")
	})
})
