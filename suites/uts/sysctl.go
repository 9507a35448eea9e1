package uts

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("UTS namespaces:", Label("uts"), func() {
	for _, name := range names {
		Describe(name.sysctl, func() {
			It("shows the name of whoever reads it", Proves("uts-sysctl-shows-readers-names"), func() {
				outside := Spawn(harness.Named("outside"))
				before := Get(name.get(outside))
				inside := Spawn(harness.Named("inside"))
				opened := Get(inside.Open(name.sysctl, unix.O_RDONLY))
				Expect(inside.ReadFile(name.sysctl)).To(Equal(before + "\n"))

				Arrange(inside.Unshare(unix.CLONE_NEWUTS))
				Arrange(name.set(inside, longest))
				Expect(inside.ReadFile(name.sysctl)).To(Equal(longest + "\n"))
				Arrange(name.set(inside, "of-inside"))
				Expect(inside.ReadFile(name.sysctl)).To(Equal("of-inside\n"))
				Expect(inside.Read(opened, 100)).To(BeEquivalentTo("of-inside\n"), "through a descriptor opened in another namespace")
				Expect(outside.ReadFile(name.sysctl)).To(Equal(before + "\n"))

				Expect(inside.Join(outside, nsutil.UTS)).To(Succeed())
				Expect(inside.ReadFile(name.sysctl)).To(Equal(before + "\n"))
			})

			It("shows the name to every user", Proves("uts-sysctl-shows-readers-names"), func() {
				inside := Spawn(harness.Cloned(nsutil.UTS), harness.Named("inside"))
				user := Get(inside.Fork())
				Arrange(user.Setresuid(1000, 1000, 1000))
				Arrange(name.set(inside, "of-inside"))
				Expect(user.ReadFile(name.sysctl)).To(Equal("of-inside\n"))
			})

			It("sets the name in the namespace of whoever writes it, and nowhere else", Proves("uts-sysctl-write-sets-writers-names"), func() {
				outside, inside := Spawn(harness.Named("outside")), Spawn(harness.Cloned(nsutil.UTS), harness.Named("inside"))
				member, sibling := Get(inside.Fork()), Spawn(harness.Cloned(nsutil.UTS), harness.Named("sibling"))
				before := Get(name.get(outside))

				for _, value := range []string{"by-sysctl", longest, "b"} {
					Expect(inside.WriteFile(name.sysctl, value, 0)).To(Succeed())
					Expect(name.get(member)).To(Equal(value))
					Expect(name.get(sibling)).To(Equal(before))
					Expect(name.get(outside)).To(Equal(before))
				}

				opened := Get(inside.Open(name.sysctl, unix.O_WRONLY))
				Arrange(inside.Unshare(unix.CLONE_NEWUTS))
				Expect(inside.Write(opened, []byte("moved\n"))).To(Equal(len("moved\n")))
				Expect(name.get(inside)).To(Equal("moved"), "through a descriptor opened in another namespace")
				Expect(name.get(member)).To(Equal("b"), "where the descriptor was opened")
			})

			It("cannot be opened for writing by root of the user namespace that owns the UTS namespace", Proves("uts-sysctl-userns-root-eacces"), func() {
				owner := Spawn(harness.Cloned(nsutil.User, nsutil.UTS), harness.Mapped(subordinate), harness.Named("owner"))
				root := Spawn(harness.Joined(owner, nsutil.UTS), harness.Named("root of the initial user namespace"))
				Expect(name.set(owner, "by-call")).To(Succeed())

				Expect(owner.WriteFile(name.sysctl, "by-sysctl", 0)).To(MatchError(unix.EACCES))
				_, err := owner.Open(name.sysctl, unix.O_RDWR)
				Expect(err).To(MatchError(unix.EACCES), "for reading and writing")
				Expect(owner.ReadFile(name.sysctl)).To(Equal("by-call\n"))
				Expect(name.get(root)).To(Equal("by-call"))
				Expect(root.WriteFile(name.sysctl, "by-global-root", 0)).To(Succeed())
				Expect(name.get(owner)).To(Equal("by-global-root"))
			})
		})
	}
})
