package newer

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectSameForAll claims that ask tells everybody the same id of member's namespace.
func expectSameForAll(ask func(*harness.Subject, int) (uint64, error), member *harness.Subject, kind nsutil.Kind, id uint64) {
	outside := Spawn(harness.Named("another outside"))
	for _, s := range []*harness.Subject{outside, member} {
		fd := open(s, member, kind)
		stranger := powerless(s)
		Arrange(stranger.Unshare(unix.CLONE_NEWUSER))
		for _, asking := range []*harness.Subject{s, powerless(s), stranger} {
			Expect(ask(asking, fd)).To(Equal(id), "as %s asks", asking.Name())
		}
	}
}

var _ = Specs("NS_GET_MNTNS_ID", Label("newer", "mnt"), func() {
	It("tells the id by which statmount finds the mounts of the namespace, whoever asks", Proves("nsfs-mntns-id"), func() {
		outside := Spawn(harness.Named("outside"))
		first, second := member(outside, nsutil.Mnt), member(outside, nsutil.Mnt)
		dir := T().TempDir()
		Arrange(first.MakePrivate())
		Arrange(first.Mount("none", dir, "tmpfs", 0, ""))
		mount := Get(first.UniqueMountID(dir))

		of := func(s *harness.Subject) uint64 {
			id, err := outside.MntNSID(open(outside, s, nsutil.Mnt))
			Expect(err).NotTo(HaveOccurred())
			return id
		}
		firsts, seconds, own := of(first), of(second), of(outside)
		find := func(mount, ns uint64) error {
			_, err := outside.Statmount(harness.MountRequest{Mount: mount, Param: harness.STATMOUNT_MNT_BASIC, NS: ns}, 0)
			return err
		}
		Expect(find(mount, firsts)).To(Succeed())
		Expect(find(mount, seconds)).To(MatchError(unix.ENOENT))
		Expect(find(mount, own)).To(MatchError(unix.ENOENT))
		Expect(find(Get(outside.UniqueMountID(dir)), own)).To(Succeed())
		Expect(own).NotTo(BeElementOf(firsts, seconds))
		Expect(firsts).NotTo(Equal(seconds))
		expectSameForAll((*harness.Subject).MntNSID, first, nsutil.Mnt, firsts)

		fd := open(outside, first, nsutil.Mnt)
		Arrange(first.End())
		Expect(outside.MntNSID(fd)).To(Equal(firsts), "without members")
	})

	for _, kind := range nsutil.Kinds() {
		if kind == nsutil.Mnt {
			continue
		}
		It("is refused on a "+string(kind)+" namespace", Label(string(kind)), Proves("nsfs-mntns-id"), func() {
			outside := Spawn(harness.Named("outside"))
			for _, s := range []*harness.Subject{outside, member(outside, kind)} {
				const untouched = 0xabad1deaabad1dea
				id := uint64(untouched)
				_, err := outside.Ioctl(open(outside, s, kind), unix.NS_GET_MNTNS_ID, harness.Struct(&id))
				Expect(err).To(MatchError(unix.EINVAL))
				Expect(id).To(BeEquivalentTo(uint64(untouched)))
			}
			Expect(outside.MntNSID(open(outside, outside, nsutil.Mnt))).NotTo(BeZero(), "a mount namespace has an id")
		})
	}
})

var _ = Specs("NS_GET_ID", Label("newer"), func() {
	for _, kind := range nsutil.Kinds() {
		It("tells an id of a "+string(kind)+" namespace which no other has, whoever asks", Label(string(kind)), Proves("nsfs-unique-id"), func() {
			outside := Spawn(harness.Named("outside"))
			home := member(outside, kind)
			id, err := outside.NSID(open(outside, home, kind))
			Expect(err).NotTo(HaveOccurred())
			Expect(id).NotTo(BeZero())
			expectSameForAll((*harness.Subject).NSID, home, kind, id)
			if kind == nsutil.Mnt {
				Expect(outside.MntNSID(open(outside, home, kind))).To(Equal(id))
			}

			others := []*harness.Subject{outside, member(outside, kind), settle("others")}
			for _, other := range others {
				for _, kind := range kinds.Built() {
					if ns(other, kind) != ns(home, kind) {
						Expect(outside.NSID(open(outside, other, kind))).NotTo(Equal(id), "of another %s namespace", kind)
					}
				}
			}
		})

		It("never tells the id of a "+string(kind)+" namespace that has ended again", Label(string(kind)), Proves("nsfs-unique-id"), func() {
			outside := Spawn(harness.Named("outside"))
			seen := map[uint64]bool{}
			for range 8 {
				s, maker := memberAndMaker(outside, kind)
				fd := open(outside, s, kind)
				id, err := outside.NSID(fd)
				Expect(err).NotTo(HaveOccurred())
				Expect(seen).NotTo(HaveKey(id))
				seen[id] = true
				Arrange(outside.Close(fd))
				endAll(s, maker)
			}
		})
	}
})

// initialInodes are from include/uapi/linux/nsfs.h, enum init_ns_ino.
var initialInodes = map[nsutil.Kind]uint64{
	nsutil.IPC:    0xEFFFFFFF,
	nsutil.UTS:    0xEFFFFFFE,
	nsutil.User:   0xEFFFFFFD,
	nsutil.PID:    0xEFFFFFFC,
	nsutil.Cgroup: 0xEFFFFFFB,
	nsutil.Time:   0xEFFFFFFA,
	nsutil.Net:    0xEFFFFFF9,
	nsutil.Mnt:    0xEFFFFFF8,
}

var _ = Specs("The inode number", Label("newer"), func() {
	for _, kind := range nsutil.Kinds() {
		It("of the initial "+string(kind)+" namespace is fixed, and that of no other", Label(string(kind)), Proves("nsfs-initial-inodes-fixed"), func() {
			kinds.Need(kind)
			outside := Spawn(harness.Named("outside"))
			Expect(outside.NSOf(initial(outside, kind))).To(HaveField("Ino", initialInodes[kind]))
			for range 3 {
				Expect(ns(member(outside, kind), kind).Ino).To(Or(BeNumerically("<", initialInodes[nsutil.Mnt]), BeNumerically(">", initialInodes[nsutil.IPC])))
			}
		})
	}
})
