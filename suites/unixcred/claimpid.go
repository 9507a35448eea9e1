package unixcred

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

var _ = Specs("A sender of SCM_CREDENTIALS may claim", Label("unixcred"), func() {
	for what, kind := range types {
		It("its own PID, another one only with CAP_SYS_ADMIN: "+what, Proves("unix-scm-pid-only-own", "unix-scm-invalid-claim-eperm"), func() {
			root := Spawn(harness.Named("root"))
			from, to := pair(root, kind)
			for _, sender := range []*harness.Subject{holding(root, alice), holding(root, alice, allBut(root, unix.CAP_SYS_ADMIN)...)} {
				mine := own(sender, alice, alice)
				expectClaim(sender, from, root, to, mine, nil)
				for _, other := range []int{root.PID(), Get(sender.Fork()).PID(), 1} {
					theirs := mine
					theirs.Pid = int32(other)
					expectClaim(sender, from, root, to, theirs, unix.EPERM)
				}
			}
			capable := holding(root, alice, unix.CAP_SYS_ADMIN)
			theirs := own(capable, alice, alice)
			theirs.Pid = int32(root.PID())
			expectClaim(capable, from, root, to, theirs, nil)
		})
	}

	It("the PID of its process, not that of its thread", Proves("unix-scm-pid-only-own", "unix-scm-invalid-claim-eperm"), func() {
		root := Spawn(harness.Named("root"))
		from, to := pair(root, unix.SOCK_DGRAM)
		first := holding(root, alice)
		thread := Get(first.Thread())
		mine := own(first, alice, alice)
		expectClaim(thread, from, root, to, mine, nil)
		mine.Pid = int32(thread.PID())
		expectClaim(thread, from, root, to, mine, unix.EPERM)
		expectClaim(first, from, root, to, mine, unix.EPERM)
	})

	It("another PID by CAP_SYS_ADMIN in the user namespace that owns its PID namespace, not in one below", Proves("unix-scm-pid-only-own"), func() {
		root := Spawn(harness.Named("root"))
		from, to := pair(root, unix.SOCK_DGRAM)
		sharing := below(root, "0 0 1")
		mine := own(sharing, 0, 0)
		expectClaim(sharing, from, root, to, mine, nil)
		theirs := mine
		theirs.Pid = int32(root.PID())
		expectClaim(sharing, from, root, to, theirs, unix.EPERM)

		Arrange(sharing.Unshare(unix.CLONE_NEWPID)) // of its own, for its children
		expectClaim(sharing, from, root, to, theirs, unix.EPERM)
		init := Get(sharing.Fork())
		member := Get(init.Fork())
		claimed := unix.Ucred{Pid: int32(Get(member.Getpid()))}
		expectClaim(init, from, member, to, claimed, nil)
		Arrange(member.Unshare(unix.CLONE_NEWUSER))
		Arrange(init.WriteFile(fmt.Sprintf("/proc/%d/uid_map", member.PID()), "0 0 1", 0))
		Arrange(init.WriteFile(fmt.Sprintf("/proc/%d/gid_map", member.PID()), "0 0 1", 0))
		expectClaim(member, from, init, to, claimed, nil)
		claimed.Pid = 1
		expectClaim(member, from, init, to, claimed, unix.EPERM)
	})

	It("a PID that exists, else it gets ESRCH", Proves("unix-scm-no-such-pid-esrch"), func() {
		root := Spawn(harness.Named("root"))
		from, to := pair(root, unix.SOCK_DGRAM)
		gone := Get(root.Fork())
		claimed := own(root, 0, 0)
		claimed.Pid = int32(gone.PID())
		expectClaim(root, from, root, to, claimed, nil)
		Arrange(gone.End())
		init := in(root)
		for _, sender := range []*harness.Subject{root, init} {
			for _, none := range []int32{int32(gone.PID()), 4194304, 2147483647, -1, 0} {
				claimed.Pid = none
				expectClaim(sender, from, root, to, claimed, unix.ESRCH)
			}
		}
		claimed.Pid = int32(root.PID()) // there, but not to be seen from inside
		expectClaim(init, from, root, to, claimed, unix.ESRCH)
	})
})
