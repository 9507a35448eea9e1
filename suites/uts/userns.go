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
	for _, way := range harness.Ways() {
		for _, name := range names {
			It("the "+name.what+" is copied and shared where a user namespace is made by the same "+string(way), Proves(perNamespace(name), copies(way)), func() {
				creator := Spawn(harness.Cloned(nsutil.UTS), harness.Named("creator"))
				Expect(name.set(creator, longest)).To(Succeed())
				inside := isolateWithUser(creator, way)
				Expect(name.get(inside)).To(Equal(longest))

				Arrange(inside.MapIDs(subordinate, subordinate))
				Arrange(inside.Setresgid(0, 0, 0))
				Arrange(inside.Setresuid(0, 0, 0))
				below := Get(inside.Fork())
				Arrange(below.Unshare(unix.CLONE_NEWUSER))
				above := Spawn(harness.Joined(inside, nsutil.UTS), harness.Named("above"))
				for _, setter := range []*harness.Subject{inside, above} {
					value := "set by " + setter.Name()
					Expect(name.set(setter, value)).To(Succeed())
					for _, member := range []*harness.Subject{inside, below, above} {
						Expect(name.get(member)).To(Equal(value), "as %s sees it", member.Name())
					}
					Expect(name.get(creator)).To(Equal(longest))
				}
			})
		}

		It("share the kernel's name, release, version and machine where a user namespace is made by the same "+string(way), Proves("uts-release-and-machine-shared"), func() {
			outside := Spawn(harness.Named("outside"))
			Expect(isolateWithUser(outside, way).Uname()).To(Equal(Get(outside.Uname())))
		})
	}
})

// isolateWithUser makes a subject in a new UTS namespace that is owned by a new
// user namespace.
func isolateWithUser(creator *harness.Subject, way harness.Way) *harness.Subject {
	NeedKconfig("CONFIG_USER_NS")
	child, err := creator.Isolate(way, nsutil.User, nsutil.UTS)
	Expect(err).NotTo(HaveOccurred(), "making a user and a UTS namespace by %s", way)
	return child
}
