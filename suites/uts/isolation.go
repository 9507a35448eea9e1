package uts

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("UTS namespaces:", Label("uts"), func() {
	for i, name := range names {
		Describe("the "+name.what, func() {
			other := names[1-i]
			for _, way := range harness.Ways() {
				It("is seen by every member of a namespace made by "+string(way)+", and by nobody else", Proves(perNamespace(name), "uts-change-invisible-elsewhere"), func() {
					outside := Spawn(harness.Named("outside"))
					inside := isolate(Spawn(harness.Named("inside")), way)
					joined := Spawn(harness.Named("joined"))
					Expect(joined.Join(inside, nsutil.UTS)).To(Succeed())
					byPidfd := Spawn(harness.JoinedByPidfd(inside, nsutil.UTS), harness.Named("joined by pidfd"))
					child, user := Get(inside.Fork()), Get(inside.Fork())
					Arrange(user.Setresuid(1000, 1000, 1000))
					sibling := isolate(Spawn(harness.Named("sibling")), way)
					nested := isolate(inside, way)
					before, beforeOther := Get(name.get(outside)), Get(other.get(outside))
					members := []*harness.Subject{inside, joined, byPidfd, child, user}
					everybody := append([]*harness.Subject{outside, sibling, nested}, members...)

					sees := map[*harness.Subject]string{}
					for _, s := range everybody {
						sees[s] = before
					}
					sets := func(setter *harness.Subject, value string, members ...*harness.Subject) {
						Expect(name.set(setter, value)).To(Succeed())
						for _, s := range members {
							sees[s] = value
						}
						for _, s := range everybody {
							Expect(name.get(s)).To(Equal(sees[s]), "as %s sees it, set to %q by %s", s.Name(), value, setter.Name())
							Expect(other.get(s)).To(Equal(beforeOther), "the %s as %s sees it", other.what, s.Name())
						}
					}
					for _, setter := range []*harness.Subject{inside, joined, byPidfd, child} {
						sets(setter, ("set-by-" + setter.Name() + "-" + longest)[:len(longest)], members...)
						sets(setter, "short", members...)
					}
					sets(nested, "set-in-nested", nested)
					sets(sibling, "", sibling)
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
					Expect(name.set(creator, "later")).To(Succeed())
					Expect(name.get(copied)).To(Equal("own"))
				})
			}
		})
	}

	It("share the kernel's name, release, version and machine", Proves("uts-release-and-machine-shared"), func() {
		outside := Get(Spawn().Uname())
		for _, way := range harness.Ways() {
			inside := isolate(Spawn(), way)
			joined := Spawn(harness.Joined(inside, nsutil.UTS))
			Expect(inside.Sethostname("another-host")).To(Succeed())
			Expect(inside.Setdomainname("another-domain")).To(Succeed())
			expected := outside
			expected.Nodename, expected.Domainname = "another-host", "another-domain"
			for _, s := range []*harness.Subject{inside, joined, isolate(inside, way)} {
				Expect(s.Uname()).To(Equal(expected), "as %s sees it", s.Name())
			}
		}
	})
})

// perNamespace is the requirement that the name is its namespace's.
func perNamespace(n name) string {
	if n.call == "sethostname" {
		return "uts-hostname-per-namespace"
	}
	return "uts-domainname-per-namespace"
}

// copies is the requirement that a new namespace starts with its creator's names.
func copies(way harness.Way) string {
	if way == harness.ByUnshare {
		return "uts-unshare-copies-names"
	}
	return "uts-clone-copies-names"
}
