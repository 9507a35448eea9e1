package clone

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("On a kernel built without it", Label("clone", "unshare"), func() {
	for _, row := range []struct {
		kind     nsutil.Kind
		promises []string
	}{
		{nsutil.IPC, []string{"ipc-needs-kconfig", "clone-newipc-not-built-einval"}},
		{nsutil.Net, []string{"net-needs-kconfig", "clone-newnet-not-built-einval"}},
		{nsutil.PID, []string{"pid-needs-kconfig", "clone-newpid-not-built-einval"}},
		{nsutil.Time, []string{"time-needs-kconfig"}},
		{nsutil.User, []string{"user-needs-kconfig", "clone-newuser-not-built-einval"}},
		{nsutil.UTS, []string{"uts-needs-kconfig", "clone-newuts-not-built-einval"}},
	} {
		It(fmt.Sprintf("no namespace of kind %s can be made", row.kind), Label(string(row.kind)), Proves(append(row.promises, "unshare-not-built-einval")...), func() {
			needWithout(row.kind)
			s := Spawn()
			for _, more := range []int{0, unix.CLONE_NEWNS, unix.CLONE_FILES} {
				flags := row.kind.Flag() | more
				for _, way := range ways {
					if way == harness.ByClone && row.kind == nsutil.Time {
						continue // its flag means a signal there
					}
					expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return by(way, s, flags) }, "%s of %s", way, nsutil.FlagString(flags))
				}
				expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return nil, s.Unshare(flags) }, "unshare of %s", nsutil.FlagString(flags))
			}
			expectMountsUnshared(s)
		})
	}

	It("a cgroup namespace is asked for in vain", Label("cgroup"), Proves("cgroup-needs-kconfig"), func() {
		needWithout(nsutil.Cgroup)
		s := Spawn()
		before := Get(kinds.Memberships(s))
		Expect(s.Unshare(unix.CLONE_NEWCGROUP)).To(Succeed())
		for _, way := range ways {
			child, err := by(way, s, unix.CLONE_NEWCGROUP)
			Expect(err).NotTo(HaveOccurred(), way)
			Expect(kinds.Memberships(child)).To(Equal(before), "of the child of %s", way)
		}
		Expect(kinds.Memberships(s)).To(Equal(before))
		expectMountsUnshared(s)
	})
})

// needWithout skips the spec unless the kernel is known to be built without a kind.
func needWithout(kind nsutil.Kind) {
	if !slices.Contains(kinds.Lacking(), kind) {
		SkipFor(reports.SkipKconfig, "the kernel is not known to be built without %s", kind.Feature().Config())
	}
}

// expectMountsUnshared claims that s can make a mount namespace, which every kernel has.
func expectMountsUnshared(s *harness.Subject) {
	before := Get(s.NS(nsutil.Mnt))
	Expect(s.Unshare(unix.CLONE_NEWNS)).To(Succeed(), "a kind that it has")
	Expect(s.NS(nsutil.Mnt)).NotTo(Equal(before))
}
