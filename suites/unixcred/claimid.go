package unixcred

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// claimIDs are the rules for uids and for gids, which are alike.
var claimIDs = []struct {
	what       string
	promise    string
	capability int
	set        func(s *harness.Subject, real, effective, saved int) error
	setfs      func(s *harness.Subject, id int) error
	of         func(c *unix.Ucred) *uint32
}{
	{"uid", "unix-scm-uid-only-own", unix.CAP_SETUID, (*harness.Subject).Setresuid, (*harness.Subject).Setfsuid, func(c *unix.Ucred) *uint32 { return &c.Uid }},
	{"gid", "unix-scm-gid-only-own", unix.CAP_SETGID, (*harness.Subject).Setresgid, (*harness.Subject).Setfsgid, func(c *unix.Ucred) *uint32 { return &c.Gid }},
}

var _ = Specs("A sender of SCM_CREDENTIALS may claim", Label("unixcred"), func() {
	for _, id := range claimIDs {
		It("its real, effective and saved "+id.what+" and no other", Proves(id.promise, "unix-scm-invalid-claim-eperm"), func() {
			root := Spawn(harness.Named("root"))
			pairs := allPairs(root)
			sender := Get(root.Fork())
			all := Get(sender.Capget())
			Get(sender.Prctl(unix.PR_SET_KEEPCAPS, 1))
			Arrange(id.set(sender, alice, bob, carol))
			Arrange(sender.Capset(all))
			Arrange(id.setfs(sender, dave))
			Arrange(sender.Capset(harness.Capabilities{}))
			credentials := own(sender, 0, 0)
			for claimed, errno := range map[uint32]error{alice: nil, bob: nil, carol: nil, dave: unix.EPERM, 0: unix.EPERM, 65534: unix.EPERM} {
				*id.of(&credentials) = claimed
				for _, p := range pairs {
					expectClaim(sender, p.from, root, p.to, credentials, errno)
				}
			}
		})

		It("any other "+id.what+" by the capability for it in its user namespace", Proves(id.promise, "unix-scm-invalid-claim-eperm"), func() {
			root := Spawn(harness.Named("root"))
			pairs := allPairs(root)
			owner := below(root, "0 60001 3")
			for _, scene := range []*harness.Subject{root, owner} {
				sole := holding(scene, 1, id.capability)
				lacking := holding(scene, 1, allBut(scene, id.capability)...)
				for sender, errno := range map[*harness.Subject]error{sole: nil, lacking: unix.EPERM} {
					for _, p := range pairs {
						credentials := own(sender, 1, 1)
						expectClaim(sender, p.from, scene, p.to, credentials, nil)
						*id.of(&credentials) = 2
						expectClaim(sender, p.from, scene, p.to, credentials, errno)
					}
				}
			}
		})
	}

	It("nothing of what it may not claim together with what it may", Proves("unix-scm-invalid-claim-eperm"), func() {
		root := Spawn(harness.Named("root"))
		from, to := pair(root, unix.SOCK_DGRAM)
		sender := holding(root, alice)
		mine := own(sender, alice, alice)
		theirs := unix.Ucred{Pid: int32(root.PID()), Uid: bob, Gid: bob}
		for choice := range 8 {
			claimed, errno := mine, error(nil)
			if choice&1 != 0 {
				claimed.Pid, errno = theirs.Pid, unix.EPERM
			}
			if choice&2 != 0 {
				claimed.Uid, errno = theirs.Uid, unix.EPERM
			}
			if choice&4 != 0 {
				claimed.Gid, errno = theirs.Gid, unix.EPERM
			}
			expectClaim(sender, from, root, to, claimed, errno)
		}
	})

	It("no uid or gid that its user namespace does not map: EINVAL", Proves("unix-scm-unmapped-ids-einval"), func() {
		root := Spawn(harness.Named("root"))
		from, to := pair(root, unix.SOCK_DGRAM)
		inside := below(root, "0 0 1\n1 60001 2")
		const invalid = 0xffffffff
		for _, row := range []struct {
			sender   *harness.Subject
			unmapped []uint32
		}{{root, []uint32{invalid}}, {inside, []uint32{3, alice, 65534, invalid}}, {holding(inside, 1), []uint32{3, alice, 65534, invalid}}} {
			uid := uint32(Get(row.sender.Getuid()))
			mine := unix.Ucred{Pid: int32(Get(row.sender.Getpid())), Uid: uid, Gid: uid}
			expectClaim(row.sender, from, row.sender, to, mine, nil)
			for _, id := range row.unmapped {
				for _, claimed := range []unix.Ucred{{Pid: mine.Pid, Uid: id, Gid: mine.Gid}, {Pid: mine.Pid, Uid: mine.Uid, Gid: id}} {
					expectClaim(row.sender, from, row.sender, to, claimed, unix.EINVAL)
				}
			}
		}
	})
})
