package unshare

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// polling is how often a spec looks for what the kernel does in its own time.
const polling = 500 * time.Microsecond

// allCaps returns all capabilities that the kernel knows.
func allCaps() uint64 {
	last, err := strconv.Atoi(strings.TrimSpace(string(Get(os.ReadFile("/proc/sys/kernel/cap_last_cap")))))
	Arrange(err)
	return 2<<last - 1
}

var _ = Specs("unshare of the user namespace", Label("unshare", "user"), func() {
	It("moves the caller alone, and gives it all capabilities there and none outside", Proves("unshare-newuser-moves-caller-with-all-caps"), func() {
		NeedUnprivileged()
		all := allCaps()
		Expect(all&(all+1)).To(BeZero(), "capabilities from 0 up to the last: %#x", all)
		bounded := Spawn(harness.Named("root with a smaller bounding set"))
		Get(bounded.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_NET_ADMIN))
		inner := Spawn(harness.Cloned(nsutil.User), harness.Mapped(mapping), harness.Named("root of a user namespace"))
		for _, s := range []*harness.Subject{Spawn(harness.Named("root")), Spawn(harness.As(nobody, nobody), harness.Named("nobody")), only(unix.CAP_SYS_ADMIN), bounded, inner} {
			parent := Get(s.NS(nsutil.User))
			sibling := Get(s.Fork())
			before, ids := stateOf(sibling), stateOf(s).UID
			expectMoved(s, unix.CLONE_NEWUSER, nsutil.User)
			Expect(s.Capget()).To(Equal(harness.Capabilities{Effective: all, Permitted: all}))
			Expect(stateOf(s).UID).To(Equal(ids), "the uid outside")
			Expect(stateOf(sibling)).To(Equal(before))
			fd := Get(s.OpenNS(s, nsutil.User))
			above := Get(sibling.NSParent(Get(sibling.OpenNS(s, nsutil.User))))
			Expect(sibling.NSOf(above)).To(Equal(parent), "the parent of the new user namespace")
			Expect(s.NSParent(fd)).Error().To(MatchError(unix.EPERM), "by who is inside")

			Expect(s.Sethostname("outside")).To(MatchError(unix.EPERM), "in a UTS namespace of the one outside")
			Expect(s.Unshare(unix.CLONE_NEWUTS)).To(Succeed())
			Expect(s.Sethostname("inside")).To(Succeed())
			Expect(Get(s.Fork()).Capget()).To(HaveField("Effective", all), "of a child")
		}
	})

	It("comes before all others, which it then owns and which take no privilege outside", Proves("unshare-newuser-moves-caller-with-all-caps", "unshare-without-cap-sys-admin-eperm"), func() {
		NeedUnprivileged()
		built := kinds.Built()
		for _, row := range [][]nsutil.Kind{built, {nsutil.User, nsutil.UTS}, {nsutil.User, nsutil.Mnt}, {nsutil.User, nsutil.Cgroup}, {nsutil.User, nsutil.PID}} {
			s := Spawn(harness.As(nobody, nobody), harness.Named("nobody"))
			expectRefused(s, flagsOf(row)&^unix.CLONE_NEWUSER, unix.EPERM, "without CLONE_NEWUSER")
			expectMoved(s, flagsOf(row), row...)
			child := Get(s.Fork())
			for _, kind := range row {
				if kind == nsutil.User {
					continue
				}
				owner, err := child.NSUserns(Get(child.OpenNS(child, kind)))
				Expect(err).NotTo(HaveOccurred())
				Expect(child.NSOf(owner)).To(Equal(Get(s.NS(nsutil.User))), "owner of the %s namespace", kind)
			}
		}
	})

	It("is refused to each of several threads", Proves("unshare-newuser-multithreaded-einval"), func() {
		NeedUnprivileged()
		for _, option := range []harness.Option{harness.Named("root"), harness.As(nobody, nobody)} {
			first := Spawn(option)
			second := Get(first.Thread())
			Arrange(second.Unshare(unix.CLONE_FS))
			for _, s := range []*harness.Subject{first, second} {
				for _, more := range []int{0, unix.CLONE_NEWUTS, unix.CLONE_FS, unix.CLONE_NEWPID} {
					expectRefused(s, unix.CLONE_NEWUSER|more, unix.EINVAL, "with %s", nsutil.FlagString(more))
				}
				expectMoved(Get(s.Fork()), unix.CLONE_NEWUSER, nsutil.User)
			}
			second.Syscall("exit", unix.SYS_EXIT, 0)
			Eventually(func() error { return first.Unshare(unix.CLONE_NEWUSER) }).WithPolling(polling).Should(Succeed(), "when the other thread has ended")
		}
	})

	It("is refused to who has no effective uid or gid in its own", Proves("unshare-newuser-unmapped-ids-eperm"), func() {
		unmapped := Spawn(harness.Cloned(nsutil.User), harness.Named("without a map"))
		expectRefused(unmapped, unix.CLONE_NEWUSER, unix.EPERM)
		expectRefused(unmapped, unix.CLONE_NEWUSER|unix.CLONE_NEWUTS, unix.EPERM)
		Arrange(unmapped.MapIDs("0 0 1", "0 0 1"))
		expectMoved(unmapped, unix.CLONE_NEWUSER, nsutil.User)

		owner := Spawn(harness.Cloned(nsutil.User), harness.Mapped("0 0 1"), harness.Named("owner"))
		for _, row := range []struct {
			what             string
			ruid, euid, egid int
			want             error
		}{
			{"all but the effective uid mapped", 0, nobody, 0, unix.EPERM},
			{"all but the effective gid mapped", 0, 0, nobody, unix.EPERM},
			{"neither mapped", nobody, nobody, nobody, unix.EPERM},
			{"all but the real uid mapped", nobody, 0, 0, nil},
		} {
			s := kinds.JoinedAs(owner, row.ruid, row.euid, row.egid, row.what)
			if row.want != nil {
				expectRefused(s, unix.CLONE_NEWUSER, row.want, row.what)
				expectRefused(s, unix.CLONE_NEWUSER|unix.CLONE_NEWUTS, row.want, row.what)
			}
			expectMoved(Get(s.Fork()), unix.CLONE_NEWUTS, nsutil.UTS)
			if row.want == nil {
				expectMoved(s, unix.CLONE_NEWUSER, nsutil.User)
			}
		}
	})
})
