package pid

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("PID namespaces:", Label("pid"), func() {
	It("two processes have the same number in two namespaces, and in two nested ones", Proves("pid-same-number-in-two-namespaces"), func() {
		outside := Spawn()
		a, b := newInit(outside), newInit(outside)
		below := newInit(a)
		const same = 321
		var holders []*harness.Subject
		for _, init := range []*harness.Subject{a, b, below} {
			Expect(init.Kill(same, 0)).To(MatchError(unix.ESRCH))
			holder, err := init.Clone3SetTID(harness.CloneArgs{}, same)
			Expect(err).NotTo(HaveOccurred(), "the number is in use elsewhere, not here")
			Expect(holder.Getpid()).To(Equal(same))
			holders = append(holders, holder)
		}
		Expect(a.Kill(same, unix.SIGKILL)).To(Succeed())
		Expect(expectChildEnds(a, same).Signal()).To(Equal(unix.SIGKILL))
		Expect(a.Kill(same, 0)).To(MatchError(unix.ESRCH))
		for i, init := range []*harness.Subject{b, below} {
			Expect(holders[i+1].Getpid()).To(Equal(same), "the other ones live")
			Expect(init.Kill(same, 0)).To(Succeed())
		}
	})

	for _, way := range harness.Ways() {
		It("numbers start at 1 in a namespace made by "+string(way)+", and are unique within it", Proves("pid-numbers-start-at-one"), func() {
			init, parent := firstMember(Spawn(), way)
			Expect(init.Kill(2, 0)).To(MatchError(unix.ESRCH))
			Expect(parent.Kill(init.NSPID(), 0)).To(Succeed())
			Expect(init.Getpid()).To(Equal(1))
			seen := []int{1}
			ender := fork(init)
			Expect(ender.Getpid()).To(Equal(2))
			for _, maker := range []*harness.Subject{init, ender, init, init} {
				child := fork(maker)
				own := Get(child.Getpid())
				Expect(own).To(Equal(child.NSPID()), "what fork returns is what the child is called")
				Expect(own).To(Equal(len(seen)+2), "numbers are given in order")
				Expect(seen).NotTo(ContainElement(own))
				Expect(number(child)).To(Equal(own), "as seen from outside")
				seen = append(seen, own)
			}
			below := newInit(init)
			Expect(below.Getpid()).To(Equal(1), "in a nested one, too")
			Expect(below.NSPID()).To(Equal(len(seen) + 2))
		})

		It("the first process of a namespace made by "+string(way)+" is its init", Proves(initBy(way)), func() {
			creator := Spawn()
			init, parent := firstMember(creator, way)
			Expect(init.Getpid()).To(Equal(1))
			Expect(init.Syscall("gettid", unix.SYS_GETTID)).To(BeEquivalentTo(1))
			Expect(numbers(init)).To(HaveLen(len(numbers(creator)) + 1))
			Expect(number(init)).To(Equal(1), "as seen from outside")
			Expect(pidns(init)).NotTo(Equal(pidns(creator)))
			Expect(pidns(parent)).To(Equal(pidns(creator)))
			Expect(init.Getppid()).To(BeZero())

			second := fork(init)
			Expect(second.Getpid()).NotTo(Equal(1))
			Expect(second.Kill(1, unix.SIGKILL)).To(Succeed(), "it has what only an init has: nobody inside kills it")
			Expect(init.Getpid()).To(Equal(1))
			if way == harness.ByUnshare {
				another := fork(parent)
				Expect(another.Getpid()).To(Equal(3), "a later child of the one that called unshare is not init")
				Expect(pidns(another)).To(Equal(pidns(init)))
				Expect(parent.Getpid()).To(Equal(parent.NSPID()))
			}
		})

		It("getppid is 0 for the init of a namespace made by "+string(way), Proves("pid-getppid-of-init-zero"), func() {
			outer := newInit(Spawn())
			sibling := fork(outer)
			Expect(sibling.Getppid()).To(Equal(1), "of an ordinary child")
			init, _ := firstMember(outer, way)
			Expect(init.Getppid()).To(BeZero())
			child := fork(init)
			Expect(child.Getppid()).To(Equal(1), "of an ordinary child inside")
			Expect(Get(nsutil.StatusOf(init.PID())).PPid).NotTo(BeZero(), "seen from outside it has a parent")
		})
	}

	It("getppid is 0 for a child that is placed into another namespace", Proves("pid-getppid-of-joined-child-zero"), func() {
		outside := Spawn()
		a := newInit(outside)
		below := newInit(a)
		for _, to := range []*harness.Subject{a, below} {
			child, parent := joined(outside, to)
			Expect(child.Getppid()).To(BeZero())
			Expect(pidns(child)).To(Equal(pidns(to)))
			Expect(fork(child).Getppid()).To(Equal(number(child)), "of a child whose parent is inside")
			Expect(Get(nsutil.StatusOf(child.PID())).PPid).To(Equal(parent.PID()), "seen from outside")
			home := fork(Get(outside.Fork()))
			Expect(home.Getppid()).NotTo(BeZero(), "of a child that stays")
		}
		middle, _ := joined(a, below)
		Expect(middle.Getppid()).To(BeZero(), "of a child of a member of the parent namespace")
	})

	It("getpid tells the same number after unshare and after setns", Proves("pid-getpid-stays-after-unshare-and-setns"), func() {
		outside := Spawn()
		for _, member := range []*harness.Subject{Get(outside.Fork()), fork(newInit(outside))} {
			other := newInit(member)
			home, before, thread := pidns(member), Get(member.Getpid()), Get(member.Syscall("gettid", unix.SYS_GETTID))
			own := Get(member.OpenNS(member, nsutil.PID))
			there := Get(member.OpenNS(other, nsutil.PID))
			stays := func(after string) {
				Expect(member.Getpid()).To(Equal(before), after)
				Expect(member.Syscall("gettid", unix.SYS_GETTID)).To(Equal(thread), after)
				Expect(pidns(member)).To(Equal(home), after)
			}
			Expect(member.Setns(there, unix.CLONE_NEWPID)).To(Succeed())
			stays("after setns")
			child := fork(member)
			Expect(pidns(child)).To(Equal(pidns(other)), "setns has had its effect")
			stays("after setns and fork")
			Expect(member.Setns(own, 0)).To(Succeed())
			Expect(member.Unshare(unix.CLONE_NEWPID)).To(Succeed())
			stays("after unshare")
			Expect(fork(member).Getpid()).To(Equal(1), "unshare has had its effect")
			stays("after unshare and fork")
		}
	})
})

// initBy is the requirement that who is first in a new namespace is its init.
func initBy(way harness.Way) string {
	if way == harness.ByUnshare {
		return "pid-first-fork-after-unshare-is-init"
	}
	return "pid-clone-child-is-init"
}
