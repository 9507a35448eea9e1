package uts

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("UTS namespaces:", Label("uts"), func() {
	for _, name := range names {
		Describe("the "+name.what, func() {
			perNamespace := map[string]string{
				"sethostname": "uts-hostname-per-namespace", "setdomainname": "uts-domainname-per-namespace",
			}[name.call]

			for _, way := range harness.Ways() {
				It("is seen by every member of a namespace made by "+string(way)+", and by nobody else", Proves(perNamespace, "uts-change-invisible-elsewhere"), func() {
					outside := Spawn(harness.Named("outside"))
					inside := isolate(Spawn(harness.Named("inside")), way)
					joined := Spawn(harness.Named("joined"))
					Expect(joined.Join(inside, nsutil.UTS)).To(Succeed())
					child, user := Get(inside.Fork()), Get(inside.Fork())
					Arrange(user.Setresuid(1000, 1000, 1000))
					sibling := isolate(Spawn(harness.Named("sibling")), way)
					nested := isolate(inside, way)
					before := Get(name.get(outside))
					seesNothing := func() {
						for _, stranger := range []*harness.Subject{outside, sibling, nested} {
							Expect(name.get(stranger)).To(Equal(before), "in the namespace of %s", stranger.Name())
						}
					}

					for _, setter := range []*harness.Subject{inside, joined, child} {
						value := ("set-by-" + setter.Name() + "-" + longest)[:len(longest)]
						Expect(name.set(setter, value)).To(Succeed())
						for _, member := range []*harness.Subject{inside, joined, child, user} {
							Expect(name.get(member)).To(Equal(value), "as %s, a member, sees it", member.Name())
						}
						seesNothing()
					}
				})

				It("is copied from its creator's namespace by "+string(way), Proves(copies(way)), func() {
					creator := Spawn(harness.Cloned(nsutil.UTS), harness.Named("creator"))
					for _, value := range []string{"first", longest, "a"} {
						Expect(name.set(creator, value)).To(Succeed())
						copied := isolate(creator, way)
						Expect(copied.NS(nsutil.UTS)).NotTo(Equal(Get(creator.NS(nsutil.UTS))))
						Expect(name.get(copied)).To(Equal(value))
					}
				})

				It("of a copy made by "+string(way)+" no longer depends on its creator's", Proves("uts-copy-independent-of-creator"), func() {
					creator := Spawn(harness.Cloned(nsutil.UTS), harness.Named("creator"))
					witness := Get(creator.Fork())
					Expect(name.set(creator, "before")).To(Succeed())
					copied := isolate(creator, way)

					Expect(name.set(creator, "after")).To(Succeed())
					Expect(name.get(witness)).To(Equal("after"), "as a member of the creator's namespace sees it")
					Expect(name.get(copied)).To(Equal("before"))
					Expect(name.set(copied, "own")).To(Succeed())
					Expect(name.get(copied)).To(Equal("own"))
					Expect(name.get(witness)).To(Equal("after"))
				})
			}
		})
	}

	It("share the kernel's name, release, version and machine", Proves("uts-release-and-machine-shared"), func() {
		outside := Get(Spawn().Uname())
		for _, way := range harness.Ways() {
			inside := isolate(Spawn(), way)
			Expect(inside.Sethostname("another-host")).To(Succeed())
			Expect(inside.Setdomainname("another-domain")).To(Succeed())
			expected := outside
			expected.Nodename, expected.Domainname = "another-host", "another-domain"
			Expect(inside.Uname()).To(Equal(expected))
		}
	})
})

// copies is the requirement that a new namespace starts with its creator's names.
func copies(way harness.Way) string {
	if way == harness.ByUnshare {
		return "uts-unshare-copies-names"
	}
	return "uts-clone-copies-names"
}
