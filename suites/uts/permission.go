package uts

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// subordinate maps ids that own nothing on this machine.
const subordinate = "0 100000 1000"

var _ = Specs("UTS namespaces:", Label("uts"), func() {
	for _, name := range names {
		Describe(name.call, func() {
			// refused says that s cannot set the name which witness, a member of the
			// same namespace, sees.
			refused := func(s, witness *harness.Subject) {
				before := Get(name.get(witness))
				Expect(name.set(s, "not-allowed")).To(MatchError(unix.EPERM))
				Expect(name.get(witness)).To(Equal(before), "a refused call changed the name")
			}
			allowed := func(s, witness *harness.Subject, value string) {
				Expect(name.set(s, value)).To(Succeed())
				Expect(name.get(witness)).To(Equal(value))
			}

			It("needs CAP_SYS_ADMIN, and nothing but that", Proves("uts-"+name.call+"-cap-in-owner"), func() {
				witness := Spawn(harness.Cloned(nsutil.UTS), harness.Named("witness"))
				without, only, nobody, permitted := Get(witness.Fork()), Get(witness.Fork()), Get(witness.Fork()), Get(witness.Fork())
				Arrange(without.DropCapabilities(unix.CAP_SYS_ADMIN))
				Arrange(only.Capset(harness.Capabilities{Effective: 1 << unix.CAP_SYS_ADMIN, Permitted: 1 << unix.CAP_SYS_ADMIN}))
				Arrange(nobody.Setresuid(65534, 65534, 65534))
				Arrange(permitted.Capset(harness.Capabilities{Permitted: 1 << unix.CAP_SYS_ADMIN}))

				allowed(witness, witness, "by-root")
				refused(without, witness)
				refused(nobody, witness)
				refused(permitted, witness)
				allowed(only, witness, "by-capability")
				allowed(witness, witness, "by-root-again")
			})

			It("is allowed to root of the user namespace that owns the UTS namespace", Proves("uts-"+name.call+"-cap-in-owner"), func() {
				owner := Spawn(harness.Cloned(nsutil.User, nsutil.UTS), harness.Mapped(subordinate), harness.Named("owner"))
				witness := Spawn(harness.Joined(owner, nsutil.UTS), harness.Named("witness"))

				allowed(owner, witness, "by-owner")
				allowed(witness, owner, "by-ancestor")

				without := Get(owner.Fork())
				Arrange(without.DropCapabilities(unix.CAP_SYS_ADMIN))
				refused(without, witness)
			})

			It("is refused to root of a user namespace below the one that owns the UTS namespace", Proves("uts-"+name.call+"-cap-in-owner"), func() {
				owner := Spawn(harness.Cloned(nsutil.User, nsutil.UTS), harness.Mapped(subordinate), harness.Named("owner"))
				below := Get(owner.Fork())
				allowed(below, owner, "while-in-the-owner")
				Arrange(below.Unshare(unix.CLONE_NEWUSER))
				refused(below, owner)
				Arrange(owner.WriteFile(fmt.Sprintf("/proc/%d/uid_map", below.PID()), "0 0 1", 0))
				Arrange(owner.WriteFile(fmt.Sprintf("/proc/%d/gid_map", below.PID()), "0 0 1", 0))
				Arrange(below.Unshare(unix.CLONE_NEWUSER))
				refused(below, owner)

				Expect(below.Unshare(unix.CLONE_NEWUTS)).To(Succeed())
				allowed(below, below, "own")
				Expect(name.get(owner)).To(Equal("while-in-the-owner"))
			})

			It("is refused to root of a user namespace beside the one that owns the UTS namespace", Proves("uts-"+name.call+"-cap-in-owner"), func() {
				owner := Spawn(harness.Cloned(nsutil.User, nsutil.UTS), harness.Mapped(subordinate), harness.Named("owner"))
				beside := Spawn(harness.Joined(owner, nsutil.UTS), harness.Named("beside"))
				allowed(beside, owner, "while-above-the-owner")
				Arrange(beside.Unshare(unix.CLONE_NEWUSER))
				refused(beside, owner)
			})
		})
	}

	It("root of a new user namespace cannot rename the host it still shares", Proves("uts-sethostname-parent-uts-eperm"), func() {
		for _, rooted := range []func() *harness.Subject{
			func() *harness.Subject {
				return Spawn(harness.Cloned(nsutil.User), harness.Mapped(subordinate), harness.Named("root of ids of its own, by clone"))
			},
			func() *harness.Subject {
				return Spawn(harness.Unshared(nsutil.User), harness.Mapped(subordinate), harness.Named("root of ids of its own, by unshare"))
			},
			func() *harness.Subject {
				s := Spawn(harness.Unshared(nsutil.User), harness.Named("root inside and outside"))
				Arrange(s.WriteFile("/proc/self/uid_map", fmt.Sprintf("0 %d 1", os.Geteuid()), 0))
				return s
			},
		} {
			host, root := Spawn(harness.Named("host")), rooted()
			Expect(root.Getuid()).To(BeZero(), "the uid of %s", root.Name())
			before := Get(host.Hostname())
			caps := Get(root.Capget())
			Expect(caps.Effective&(1<<unix.CAP_SYS_ADMIN)).NotTo(BeZero(), "it has the capability in its own user namespace")
			Expect(root.NS(nsutil.UTS)).To(Equal(Get(host.NS(nsutil.UTS))))

			Expect(root.Sethostname(before + "-renamed")).To(MatchError(unix.EPERM))
			Expect(host.Hostname()).To(Equal(before))

			Expect(root.Unshare(unix.CLONE_NEWUTS)).To(Succeed())
			Expect(root.Sethostname("own")).To(Succeed())
			Expect(root.Hostname()).To(Equal("own"))
			Expect(host.Hostname()).To(Equal(before))
		}
	})
})
