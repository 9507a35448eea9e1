package procns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The files in /proc/PID", Label("procpid", "user"), func() {
	It("belong to the effective uid and gid of a dumpable process", Proves("procpid-owner-dumpable-effective-ids"), func() {
		kinds.Need(nsutil.User)
		outside := Spawn()
		plain := withFile(Get(outside.Fork()))
		expectOwner(plain, globalRoot, globalRoot)
		uid, gid := differ(plain, alice)
		expectOwner(plain, owner{uid, gid}, owner{uid, gid})

		inside := insideOf(0, 100000)
		member := withFile(Get(inside.Fork()))
		expectOwner(member, owner{100000, 100000}, owner{100000, 100000})
		uid, gid = differ(member, 1)
		expectOwner(member, owner{100000 + uid, 100000 + gid}, owner{100000 + uid, 100000 + gid})
		Expect(seenBy(inside, member)).To(Equal(owner{uid, gid}), "as its user namespace sees it")
	})

	It("of a process that is not dumpable belong to root of the user namespace in which it called execve last", Proves("procpid-owner-non-dumpable-in-userns"), func() {
		inside := insideOf(0, 100000)
		root := owner{100000, 100000}
		var effective owner
		process := execute(inside, func(s *harness.Subject) {
			uid, gid := differ(s, 1)
			effective = owner{100000 + uid, 100000 + gid}
		})
		expectOwner(process.Subject, effective, effective)
		process.setDumpable(0)
		expectOwner(process.Subject, root, effective)
		Expect(seenBy(inside, process.Subject)).To(Equal(globalRoot), "as its user namespace sees it")

		deeper := Get(inside.Fork())
		Arrange(deeper.Unshare(unix.CLONE_NEWUSER))
		for file, mapping := range map[string]string{"uid_map": "0 5 2", "gid_map": "0 7 2"} {
			Arrange(inside.WriteFile(fmt.Sprintf("/proc/%d/%s", deeper.PID(), file), mapping, 0))
		}
		Arrange(deeper.Setresgid(1, 1, 1))
		Arrange(deeper.Setresuid(1, 1, 1))
		Get(deeper.Prctl(unix.PR_SET_DUMPABLE, 1))
		nested := execute(deeper, nil)
		nested.setDumpable(0)
		expectOwner(nested.Subject, owner{100005, 100007}, owner{100006, 100008})
	})

	It("of a process that is not dumpable belong to global root if it called execve outside, or if there is no root inside", Proves("procpid-owner-non-dumpable-in-userns"), func() {
		inside := insideOf(0, 100000)
		forked := withFile(Get(inside.Fork()))
		Get(forked.Prctl(unix.PR_SET_DUMPABLE, 0))
		expectOwner(forked, globalRoot, owner{100000, 100000})

		process := execute(insideOf(5, 100000), nil)
		expectOwner(process.Subject, owner{100000, 100000}, owner{100000, 100000})
		process.setDumpable(0)
		expectOwner(process.Subject, globalRoot, owner{100000, 100000})
	})

	It("belong to the effective ids again when the process has become dumpable again", Proves("procpid-owner-dumpable-again"), func() {
		nobody := withFile(Spawn(harness.As(alice, bob)))
		process := execute(insideOf(0, 100000), func(s *harness.Subject) { differ(s, 1) })
		for _, row := range []struct {
			s           *harness.Subject
			set         func(value byte)
			own, hidden owner
		}{
			{nobody, func(value byte) { Get(nobody.Prctl(unix.PR_SET_DUMPABLE, int(value))) }, owner{alice, bob}, globalRoot},
			{process.Subject, process.setDumpable, owner{100002, 100005}, owner{100000, 100000}},
		} {
			for range 2 {
				expectOwner(row.s, row.own, row.own)
				row.set(0)
				expectOwner(row.s, row.hidden, row.own)
				row.set(1)
			}
			expectOwner(row.s, row.own, row.own)
		}
	})

	It("can be written by their process's own user when it has become dumpable again", Proves("procpid-owner-dumpable-again", "procpid-owner-dumpable-effective-ids"), func() {
		nobody := Spawn(harness.As(alice, alice))
		file := fmt.Sprintf("/proc/%d/comm", nobody.PID())
		fellow := Spawn(harness.As(alice, bob))
		for _, s := range []*harness.Subject{nobody, fellow} {
			for range 2 {
				fd, err := s.Open(file, unix.O_WRONLY)
				Expect(err).NotTo(HaveOccurred())
				Arrange(s.Close(fd))
				Get(nobody.Prctl(unix.PR_SET_DUMPABLE, 0))
				Expect(s.Open(file, unix.O_WRONLY)).Error().To(MatchError(unix.EACCES), "root's file, as %s opens it", s.Name())
				Get(nobody.Prctl(unix.PR_SET_DUMPABLE, 1))
			}
		}
		Expect(Spawn(harness.As(bob, alice)).Open(file, unix.O_WRONLY)).Error().To(MatchError(unix.EACCES))
	})
})
