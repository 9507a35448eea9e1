package mountapi

import (
	"fmt"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// limited returns root of a new user namespace, in a mount namespace that it owns
// and that is charged to it, and a directory there.
func limited() (root *harness.Subject, dir string) {
	kinds.Need(nsutil.User)
	root = Spawn(harness.Cloned(nsutil.User, nsutil.Mnt), harness.Mapped("0 0 1"), harness.Named("root"))
	Arrange(root.MakePrivate())
	dir = T().TempDir()
	mounts.Tmpfs(root, dir)
	Arrange(root.Mkdir(dir + "/target"))
	return root, dir
}

// allow sets how many mount namespaces there may be in the user namespace of s.
func allow(s *harness.Subject, limit int) {
	Arrange(s.WriteFile("/proc/sys/user/max_mnt_namespaces", fmt.Sprint(limit), 0))
}

// charging are the calls that return a descriptor of a mount in no namespace.
var charging = map[string]struct {
	promise string
	call    func(s *harness.Subject, dir string) (int, error)
}{
	"open_tree with OPEN_TREE_CLONE": {"mount-open-tree-charged-as-namespace-enospc", func(s *harness.Subject, dir string) (int, error) {
		return s.OpenTree(dir, one)
	}},
	"open_tree with OPEN_TREE_CLONE and AT_RECURSIVE": {"mount-open-tree-charged-as-namespace-enospc", func(s *harness.Subject, dir string) (int, error) {
		return s.OpenTree(dir, whole)
	}},
	"fsmount": {"mount-fsmount-charged-as-namespace-enospc", func(s *harness.Subject, _ string) (int, error) {
		fs := created(s)
		defer s.Close(fs)
		return s.Fsmount(fs, unix.FSMOUNT_CLOEXEC)
	}},
}

var _ = Specs("The limit on mount namespaces", Label("mount"), func() {
	for name, row := range charging {
		It("counts what "+name+" returns", Proves(row.promise), func() {
			root, dir := limited()
			other := Get(root.Fork()) // without the descriptors to come
			try := func() error {
				fd, err := row.call(root, dir)
				if err == nil {
					Arrange(root.Close(fd))
				}
				return err
			}
			allow(root, 1)
			Expect(other.Unshare(unix.CLONE_NEWNS)).To(MatchError(unix.ENOSPC), "a mount namespace beside the one there is")
			Expect(try()).To(MatchError(unix.ENOSPC), "with room for none")
			allow(root, 3)
			first, err := row.call(root, dir)
			Expect(err).NotTo(HaveOccurred(), "the first, when nothing is charged for the refused call")
			second, err := row.call(root, dir)
			Expect(err).NotTo(HaveOccurred(), "the second")
			Expect(try()).To(MatchError(unix.ENOSPC), "the third")
			Expect(other.Unshare(unix.CLONE_NEWNS)).To(MatchError(unix.ENOSPC), "a mount namespace in its place")

			Arrange(root.Close(first))
			Eventually(try).WithPolling(time.Millisecond).Should(Succeed(), "when the first is closed")
			Arrange(attach(root, second, dir+"/target", 0))
			Eventually(try).WithPolling(time.Millisecond).Should(Succeed(), "when the second is mounted")
			allow(root, 2)
			Eventually(try).WithPolling(time.Millisecond).Should(Succeed(), "when neither is charged any more")
			allow(root, 1)
			Expect(try()).To(MatchError(unix.ENOSPC), "with room for none again")
			Expect(root.OpenTree(dir, unix.OPEN_TREE_CLOEXEC)).To(BeNumerically(">=", 0), "without a copy")
		})

		It("counts what "+name+" returns in every ancestor", Proves(row.promise), func() {
			root, dir := limited()
			below := colony(root)
			fd, err := row.call(below, dir)
			Expect(err).NotTo(HaveOccurred())
			allow(root, 3) // its own, below's, and fd
			_, err = row.call(below, dir)
			Expect(err).To(MatchError(unix.ENOSPC))
			Arrange(below.Close(fd))
			Eventually(func() error {
				_, err := row.call(below, dir)
				return err
			}).WithPolling(time.Millisecond).Should(Succeed())
			Expect(Get(root.Fork()).Unshare(unix.CLONE_NEWNS)).To(MatchError(unix.ENOSPC), "above, in its place")
		})
	}
})
