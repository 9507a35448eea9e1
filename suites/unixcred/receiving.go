package unixcred

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A receiver of credentials", Label("unixcred"), func() {
	for what, kind := range types {
		It("needs SO_PASSCRED on its own socket: "+what, Proves("unix-scm-needs-passcred"), func() {
			s := Spawn()
			plain, passing, err := s.Socketpair(kind)
			Arrange(err)
			pass := func(socket int, on int32) (uintptr, error) {
				return s.Syscall("setsockopt", unix.SYS_SETSOCKOPT, socket, unix.SOL_SOCKET, unix.SO_PASSCRED, harness.Struct(&on), 4)
			}
			Get(pass(passing, 1))
			for _, message := range []func(from int){
				func(from int) { Expect(claim(s, from, own(s, 0, 0))).To(Succeed()) },
				func(from int) { send(s, from) },
			} {
				message(passing)
				m, err := s.Recvmsg(plain, 8, 64, unix.MSG_DONTWAIT)
				Expect(err).NotTo(HaveOccurred())
				Expect(m.Data).To(HaveLen(1))
				Expect(m.Control).To(BeEmpty(), "without SO_PASSCRED")
				Expect(m.Flags & unix.MSG_CTRUNC).To(BeZero())

				message(plain)
				Expect(received(s, passing)).To(Equal(own(s, 0, 0)))

				Expect(pass(passing, 0)).Error().NotTo(HaveOccurred())
				message(plain)
				m, err = s.Recvmsg(passing, 8, 64, unix.MSG_DONTWAIT)
				Expect(err).NotTo(HaveOccurred())
				Expect(m.Control).To(BeEmpty(), "when SO_PASSCRED is off again")
				Get(pass(passing, 1))
			}
		})

		It("gets the sender's PID, real uid and real gid when none are claimed: "+what, Proves("unix-scm-default-credentials"), func() {
			root := Spawn(harness.Named("root"))
			from, to := pair(root, kind)
			sender := Get(root.Fork())
			Arrange(sender.Setresgid(bob, carol, dave))
			Arrange(sender.Setresuid(alice, bob, carol))
			thread := Get(sender.Thread())
			for _, s := range []*harness.Subject{sender, thread} {
				send(s, from)
				Expect(received(root, to)).To(Equal(own(sender, alice, bob)))
			}
			Get(root.Write(from, []byte{'w'}))
			Expect(received(root, to)).To(Equal(own(root, 0, 0)), "by write(2)")
		})
	}

	for what, kind := range types {
		It("sees with each message who has sent that one: "+what, Proves("unix-scm-default-credentials"), func() {
			root := Spawn(harness.Named("root"))
			from, to := pair(root, kind)
			first, second := holding(root, alice), holding(root, bob)
			send(first, from)
			Expect(claim(second, from, own(second, bob, bob))).To(Succeed())
			send(first, from)
			send(second, from)
			for _, sent := range []unix.Ucred{own(first, alice, alice), own(second, bob, bob), own(first, alice, alice), own(second, bob, bob)} {
				Expect(received(root, to)).To(Equal(sent), "not together with the next one's")
			}
			expectNothing(root, to)
		})
	}

	for what, kind := range types {
		It("sees the sender's PID as its own PID namespace numbers it: "+what, Proves("unix-scm-pid-in-receivers-namespace", "unix-scm-invisible-sender-pid-zero"), func() {
			root := Spawn(harness.Named("root"))
			from, to := pair(root, kind)
			init := in(root)
			sender, fellow := Get(init.Fork()), Get(init.Fork())
			nested, beside := in(fellow), in(root)
			inside := int32(Get(sender.Getpid()))
			Expect(inside).NotTo(BeEquivalentTo(sender.PID()))
			for _, message := range []func(){
				func() { send(sender, from) },
				func() { Expect(claim(sender, from, own(sender, 0, 0))).To(Succeed()) },
			} {
				message()
				Expect(peeked(root, to).Pid).To(BeEquivalentTo(sender.PID()), "from outside")
				Expect(peeked(fellow, to).Pid).To(Equal(inside), "as a fellow sees it")
				Expect(peeked(nested, to).Pid).To(BeZero(), "from a PID namespace below")
				Expect(peeked(beside, to).Pid).To(BeZero(), "from a PID namespace beside")
				Expect(received(sender, to).Pid).To(Equal(inside), "as it sees itself")
			}
		})
	}

	It("sees PID 0 for a sender that is outside, and its uid and gid all the same", Proves("unix-scm-invisible-sender-pid-zero"), func() {
		root := Spawn(harness.Named("root"))
		for _, kind := range types {
			from, to := pair(root, kind)
			inside, sender := in(root), Get(root.Fork())
			Arrange(sender.Setresgid(bob, bob, bob))
			Arrange(sender.Setresuid(alice, alice, alice))
			send(sender, from)
			Expect(received(inside, to)).To(Equal(unix.Ucred{Pid: 0, Uid: alice, Gid: bob}))
			Expect(claim(sender, from, own(sender, alice, bob))).To(Succeed())
			Expect(received(inside, to)).To(Equal(unix.Ucred{Pid: 0, Uid: alice, Gid: bob}))
		}
	})

	It("sees the PID of its PID namespace when it receives, not when the message was sent or the socket made", Proves("unix-scm-pid-in-receivers-namespace"), func() {
		root := Spawn(harness.Named("root"))
		from, to := pair(root, unix.SOCK_STREAM)
		sender := in(root)
		send(sender, from)
		late := Get(root.Fork())
		Arrange(late.Join(sender, "pid")) // for its children, not for itself
		Expect(peeked(late, to).Pid).To(BeEquivalentTo(sender.PID()))
		Expect(peeked(Get(late.Fork()), to).Pid).To(BeEquivalentTo(1))
		Expect(received(root, to).Pid).To(BeEquivalentTo(sender.PID()))
	})

	for what, kind := range types {
		It("sees uid and gid as its user namespace maps them, the overflow ids where it does not: "+what, Label(kinds.Overflow), Proves("unix-scm-ids-in-receivers-userns"), func() {
			root := Spawn(harness.Named("root"))
			from, to := pair(root, kind)
			inside, other, unmapped := below(root, "0 60001 2"), below(root, "0 0 1\n7 60002 1"), Get(root.Fork())
			Arrange(unmapped.Unshare(unix.CLONE_NEWUSER))
			uid, gid := kinds.OverflowIDs(root)
			sender := Get(root.Fork())
			Arrange(sender.Setresgid(bob, bob, bob))
			Arrange(sender.Setresuid(alice, alice, alice))
			for _, message := range []func(){
				func() { send(sender, from) },
				func() { Expect(claim(sender, from, own(sender, alice, bob))).To(Succeed()) },
			} {
				message()
				pid := int32(sender.PID())
				Expect(peeked(inside, to)).To(Equal(unix.Ucred{Pid: pid, Uid: 0, Gid: 1}))
				Expect(peeked(other, to)).To(Equal(unix.Ucred{Pid: pid, Uid: uid, Gid: 7}))
				Expect(peeked(unmapped, to)).To(Equal(unix.Ucred{Pid: pid, Uid: uid, Gid: gid}))
				Expect(received(root, to)).To(Equal(unix.Ucred{Pid: pid, Uid: alice, Gid: bob}))
			}
			Expect(claim(inside, from, own(inside, 1, 0))).To(Succeed(), "by who is inside")
			Expect(peeked(root, to)).To(Equal(unix.Ucred{Pid: int32(inside.PID()), Uid: bob, Gid: alice}))
			Expect(received(other, to)).To(Equal(unix.Ucred{Pid: int32(inside.PID()), Uid: 7, Gid: gid}))
		})
	}

	for what, kind := range types {
		It("gets the process that the sender's PID namespace knows by the PID claimed: "+what, Proves("unix-scm-claimed-pid-in-senders-namespace"), func() {
			root := Spawn(harness.Named("root"))
			from, to := pair(root, kind)
			init := in(root)
			member := Get(init.Fork())
			nested := in(member)
			for _, row := range []struct{ sender, claimed *harness.Subject }{{init, member}, {init, nested}, {member, init}, {member, nested}, {nested, nested}} {
				status := numbers(row.claimed)
				depth := len(numbers(row.sender)) // as the sender sees it
				Expect(claim(row.sender, from, unix.Ucred{Pid: int32(status[depth-1])})).To(Succeed())
				Expect(peeked(root, to).Pid).To(BeEquivalentTo(row.claimed.PID()))
				Expect(received(row.sender, to).Pid).To(BeEquivalentTo(status[depth-1]))
			}
		})
	}
})
