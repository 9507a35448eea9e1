package nsfs

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// The ids of a creator of user namespaces; only the effective one is to count.
const (
	realUID = 1001 + iota
	effectiveUID
	savedUID
	fileUID
)

var _ = Specs("NS_GET_OWNER_UID", Label("nsfs", "user"), func() {
	It("stores the effective uid of the process that made the user namespace", Proves("nsfs-owner-uid-is-creators-euid"), func() {
		needKind(nsutil.User)
		outside, creator := Spawn(harness.Named("outside")), creatorOfUsers()
		for _, way := range harness.Ways() {
			Expect(outside.NSOwnerUID(open(outside, Get(creator.Isolate(way, nsutil.User)), nsutil.User))).To(BeEquivalentTo(effectiveUID), "made by %s", way)
		}
		Expect(outside.NSOwnerUID(open(outside, rootOfNew("of root"), nsutil.User))).To(BeEquivalentTo(0))

		By("creator and members changing their ids")
		member := Get(creator.Isolate(harness.ByClone, nsutil.User))
		mapIDs(outside, member, "0 1005 2")
		Arrange(member.Setresuid(1, 1, 1))
		Arrange(creator.Setresuid(0, 0, 0))
		Expect(outside.NSOwnerUID(open(outside, member, nsutil.User))).To(BeEquivalentTo(effectiveUID))
	})

	It("stores it as the caller's user namespace maps it", Proves("nsfs-owner-uid-is-creators-euid"), func() {
		outside, fd, fdOfRoots := asker()
		for _, view := range []struct {
			mapping       string
			uid, rootsUID int // none: -1
		}{
			{"0 1000 10", 2, -1},
			{"70 1002 1", 70, -1},
			{"0 0 2000", 1002, 0},
			{"500 0 1\n9 1002 1", 9, 500},
			{"5 0 1", -1, 5},
		} {
			caller := in(outside, view.mapping)
			for fd, uid := range map[int]int{fd: view.uid, fdOfRoots: view.rootsUID} {
				if uid >= 0 {
					Expect(caller.NSOwnerUID(fd)).To(BeEquivalentTo(uid), "with the map %q", view.mapping)
				}
			}
			Expect(outside.NSOwnerUID(fd)).To(BeEquivalentTo(effectiveUID), "without a map")
		}

		By("asking from one more user namespace below")
		lower := in(in(outside, "20 0 1\n30 1000 10"), "50 32 1\n60 20 1")
		Expect(lower.NSOwnerUID(fd)).To(BeEquivalentTo(50))
		Expect(lower.NSOwnerUID(fdOfRoots)).To(BeEquivalentTo(60))
	})

	It("stores the overflow uid where the caller's user namespace does not map it", Label(kinds.Overflow), Proves("nsfs-owner-uid-unmapped-overflow"), func() {
		outside, fd, fdOfRoots := asker()
		overflow, _ := kinds.OverflowIDs(outside)
		Expect(outside.NSOwnerUID(fd)).NotTo(Equal(overflow), "without a map")
		for _, mapping := range []string{"", "0 1003 10", "0 0 1002", "1002 0 1", "5 1 1001\n2000 1003 5"} {
			Expect(in(outside, mapping).NSOwnerUID(fd)).To(Equal(overflow), "with the map %q", mapping)
		}
		for _, mapping := range []string{"", "0 1000 10"} {
			Expect(in(outside, mapping).NSOwnerUID(fdOfRoots)).To(Equal(overflow), "with the map %q", mapping)
		}
		Expect(in(in(outside, "0 0 1\n30 1000 10"), "0 33 5").NSOwnerUID(fd)).To(Equal(overflow), "where only the user namespace above maps it")
	})

	It("stores the overflow uid that the machine is set to", Serial, Label(kinds.Overflow), Proves("nsfs-owner-uid-unmapped-overflow"), func() {
		NeedInitial(nsutil.User)
		outside, fd, _ := asker()
		caller := in(outside, "0 1003 10")
		before, _ := kinds.OverflowIDs(outside)
		Expect(caller.NSOwnerUID(fd)).To(Equal(before))
		DeferCleanup(func() { Arrange(os.WriteFile("/proc/sys/kernel/overflowuid", []byte(fmt.Sprint(before)), 0)) })
		Arrange(os.WriteFile("/proc/sys/kernel/overflowuid", []byte("60123"), 0))
		Expect(caller.NSOwnerUID(fd)).To(BeEquivalentTo(60123))
		Expect(outside.NSOwnerUID(fd)).To(BeEquivalentTo(effectiveUID))
	})

	It("stores it for its own members, and of a child of it", Proves("nsfs-owner-uid-is-creators-euid"), func() {
		needKind(nsutil.User)
		outside, creator := Spawn(harness.Named("outside")), creatorOfUsers()
		member := Get(creator.Isolate(harness.ByClone, nsutil.User))
		mapIDs(outside, member, "0 3000 10\n40 1002 1")
		Arrange(member.Setresgid(3, 3, 3))
		becomeWithCapabilities(member, 4, 3, 5)
		child := Get(member.Isolate(harness.ByClone, nsutil.User))

		Expect(outside.NSOwnerUID(open(outside, child, nsutil.User))).To(BeEquivalentTo(3003))
		Expect(outside.NSOwnerUID(open(outside, member, nsutil.User))).To(BeEquivalentTo(effectiveUID))
		Expect(member.NSOwnerUID(open(member, child, nsutil.User))).To(BeEquivalentTo(3))
		Expect(member.NSOwnerUID(open(member, member, nsutil.User))).To(BeEquivalentTo(40))
	})

	for _, kind := range nonUser() {
		It("is refused on a "+string(kind)+" namespace", Label(string(kind)), Proves("nsfs-owner-uid-of-non-user-einval"), func() {
			outside, root := Spawn(harness.Named("outside")), rootOfNew("root")
			member := isolate(root, kind)
			for _, fd := range []int{open(outside, member, kind), open(outside, outside, kind)} {
				const untouched = 0xabad1dea
				uid := uint32(untouched)
				_, err := outside.Ioctl(fd, unix.NS_GET_OWNER_UID, harness.Struct(&uid))
				Expect(err).To(MatchError(unix.EINVAL))
				Expect(uid).To(BeEquivalentTo(untouched))
			}
			Expect(outside.NSOwnerUID(open(outside, root, nsutil.User))).To(BeEquivalentTo(0), "a user namespace has an owner")
		})
	}
})

// asker returns root of the suite's user namespace, with descriptors of one that
// effectiveUID made, and of one that root made.
func asker() (outside *harness.Subject, fd, fdOfRoots int) {
	needKind(nsutil.User)
	outside = Spawn(harness.Named("outside"))
	fd = open(outside, Get(creatorOfUsers().Isolate(harness.ByClone, nsutil.User)), nsutil.User)
	return outside, fd, open(outside, rootOfNew("of root"), nsutil.User)
}

// in returns a child of s in a new user namespace with the given map, or none.
func in(s *harness.Subject, mapping string) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.Unshare(unix.CLONE_NEWUSER))
	if mapping != "" {
		mapIDs(s, child, mapping)
	}
	return child
}

// creatorOfUsers returns a process whose uids all differ, and which may make user
// namespaces everywhere that root may.
func creatorOfUsers() *harness.Subject {
	creator := Spawn(harness.Named("creator"))
	becomeWithCapabilities(creator, realUID, effectiveUID, savedUID)
	Get(creator.Syscall("setfsuid", unix.SYS_SETFSUID, fileUID))
	return creator
}

// becomeWithCapabilities changes s's uids and keeps its capabilities.
func becomeWithCapabilities(s *harness.Subject, real, effective, saved int) {
	Get(s.Prctl(unix.PR_SET_KEEPCAPS, 1))
	Arrange(s.Setresuid(real, effective, saved))
	caps := Get(s.Capget())
	caps.Effective = caps.Permitted
	Arrange(s.Capset(caps))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
}
