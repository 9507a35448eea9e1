package newer

import (
	"slices"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// list claims that s may list namespaces, and returns their ids.
func list(s *harness.Subject, request harness.NSRequest) []uint64 {
	const room = 1000
	ids, err := s.Listns(request, room, 0)
	Expect(err).NotTo(HaveOccurred())
	Expect(slices.IsSorted(ids)).To(BeTrue(), "the ids are in order")
	return ids
}

// idsOf returns the ids of the subject's namespaces of all kinds.
func idsOf(s *harness.Subject) map[nsutil.Kind]uint64 {
	outside := Spawn(harness.Named("reader of ids"))
	ids := map[nsutil.Kind]uint64{}
	for _, kind := range kinds.Built() {
		ids[kind] = Get(outside.NSID(open(outside, s, kind)))
	}
	return ids
}

// some returns those of the ids that the kinds have, in order.
func some(ids map[nsutil.Kind]uint64, of []nsutil.Kind) []uint64 {
	var all []uint64
	for _, kind := range of {
		all = append(all, ids[kind])
	}
	slices.Sort(all)
	return all
}

// pairs returns the kinds one by one, by twos, and all together.
func selections() [][]nsutil.Kind {
	all := kinds.Built()
	sets := [][]nsutil.Kind{all}
	for i, kind := range all {
		sets = append(sets, []nsutil.Kind{kind})
		if i > 0 {
			sets = append(sets, []nsutil.Kind{all[i-1], kind})
		}
	}
	return sets
}

// among returns those of ids that are wanted.
func among(ids, wanted []uint64) []uint64 {
	return slices.DeleteFunc(slices.Clone(ids), func(id uint64) bool { return !slices.Contains(wanted, id) })
}

var _ = Specs("listns", Label("newer"), func() {
	It("lists the namespaces of the types that are asked for", Proves("listns-filters-by-type-and-owner"), func() {
		outside := Spawn(harness.Named("outside"))
		first, second := idsOf(settle("first")), idsOf(settle("second"))
		all := kinds.Built()
		known := append(some(first, all), some(second, all)...)
		for _, set := range selections() {
			wanted := append(some(first, set), some(second, set)...)
			slices.Sort(wanted)
			Expect(among(list(outside, harness.NSRequest{Types: uint32(flags(set))}), known)).To(Equal(wanted), "of %v", set)
		}
		slices.Sort(known)
		Expect(among(list(outside, harness.NSRequest{}), known)).To(Equal(known), "of any type")
	})

	It("lists the namespaces of an owner, and of the types that are asked for", Proves("listns-filters-by-type-and-owner"), func() {
		outside := Spawn(harness.Named("outside"))
		settler, neighbour := settle("settler"), settle("neighbour")
		below := Get(settler.Fork())
		Arrange(below.Unshare(unix.CLONE_NEWUSER | unix.CLONE_NEWUTS))
		ids, belows := idsOf(settler), idsOf(below)
		owner, childs := ids[nsutil.User], belows[nsutil.User]

		owned := some(ids, without(nsutil.User))
		owned = append(owned, childs)
		slices.Sort(owned)
		Expect(list(outside, harness.NSRequest{Owner: owner})).To(Equal(owned), "all that the user namespace owns")
		Expect(list(outside, harness.NSRequest{Owner: childs})).To(Equal([]uint64{belows[nsutil.UTS]}))
		Expect(list(outside, harness.NSRequest{Owner: idsOf(neighbour)[nsutil.User]})).To(Equal(some(idsOf(neighbour), without(nsutil.User))))
		for _, set := range selections() {
			wanted := some(ids, slices.DeleteFunc(slices.Clone(set), func(k nsutil.Kind) bool { return k == nsutil.User }))
			if slices.Contains(set, nsutil.User) {
				wanted = append(wanted, childs)
				slices.Sort(wanted)
			}
			Expect(list(outside, harness.NSRequest{Owner: owner, Types: uint32(flags(set))})).To(Equal(wanted), "of %v", set)
		}

		By("asking for the caller's own")
		own := list(outside, harness.NSRequest{Owner: harness.CurrentUser})
		Expect(own).To(ContainElements(owner, Get(outside.NSID(open(outside, outside, nsutil.Mnt)))))
		Expect(among(own, owned)).To(BeEmpty())
		Expect(list(below, harness.NSRequest{Owner: harness.CurrentUser})).To(Equal([]uint64{belows[nsutil.UTS]}))
	})

	It("goes on behind the last namespace that it has listed", Proves("listns-filters-by-type-and-owner"), func() {
		outside := Spawn(harness.Named("outside"))
		ids := idsOf(settle("settler"))
		owned := some(ids, without(nsutil.User))
		for _, room := range []int{1, 2, 3, len(owned), len(owned) + 1} {
			request := harness.NSRequest{Owner: ids[nsutil.User]}
			var all []uint64
			for {
				part, err := outside.Listns(request, room, 0)
				if err != nil {
					Expect(err).To(MatchError(unix.ENOENT), "the end")
					break
				}
				Expect(len(part)).To(And(BeNumerically(">", 0), BeNumerically("<=", room)))
				Expect(part[0]).To(BeNumerically(">", request.After))
				all = append(all, part...)
				request.After = part[len(part)-1]
			}
			Expect(all).To(Equal(owned), "by %d", room)
		}
		for i, id := range owned {
			if i < len(owned)-1 {
				Expect(list(outside, harness.NSRequest{Owner: ids[nsutil.User], After: id})).To(Equal(owned[i+1:]))
			}
			Expect(among(list(outside, harness.NSRequest{After: id - 1}), owned)).To(Equal(owned[i:]))
		}
	})

	It("refuses what it does not know", Proves("listns-filters-by-type-and-owner"), func() {
		outside := Spawn(harness.Named("outside"))
		ids := idsOf(outside)
		for what, bad := range map[string]struct {
			request harness.NSRequest
			flags   int
			errno   unix.Errno
		}{
			"a flag":                           {flags: 1, errno: unix.EINVAL},
			"a size that is too small":         {request: harness.NSRequest{Size: 31}, errno: unix.EINVAL},
			"a size beyond a page":             {request: harness.NSRequest{Size: 1 << 20}, errno: unix.E2BIG},
			"something spare":                  {request: harness.NSRequest{Spare: 1}, errno: unix.EINVAL},
			"an unknown type":                  {request: harness.NSRequest{Types: 1}, errno: unix.EOPNOTSUPP},
			"an unknown type with others":      {request: harness.NSRequest{Types: unix.CLONE_NEWUTS | unix.CLONE_FS}, errno: unix.EOPNOTSUPP},
			"an owner that does not exist":     {request: harness.NSRequest{Owner: 1 << 60}, errno: unix.EINVAL},
			"an owner that is no user's":       {request: harness.NSRequest{Owner: ids[nsutil.Mnt]}, errno: unix.EINVAL},
			"to go on behind the last of them": {request: harness.NSRequest{After: 1 << 60}, errno: unix.ENOENT},
		} {
			_, err := outside.Listns(bad.request, 1, bad.flags)
			Expect(err).To(MatchError(bad.errno), what)
		}
		request := harness.NSRequest{Size: 32}
		_, err := outside.Syscall("listns", unix.SYS_LISTNS, harness.Struct(&request), nil, 1_000_001, 0)
		Expect(err).To(MatchError(unix.EOVERFLOW), "room for more than a million")
	})

	It("does not list a namespace that has ended", Proves("listns-filters-by-type-and-owner"), func() {
		outside := Spawn(harness.Named("outside"))
		for _, kind := range kinds.Built() {
			home, maker := memberAndMaker(outside, kind)
			fd := open(outside, home, kind)
			id := Get(outside.NSID(fd))
			listed := func() []uint64 { return list(outside, harness.NSRequest{Types: uint32(kind.Flag())}) }
			endAll(home, maker)
			Expect(listed()).To(ContainElement(id), "a %s namespace that a descriptor keeps", kind)
			Arrange(outside.Close(fd))
			Eventually(listed).WithTimeout(Patience()).WithPolling(time.Millisecond).ShouldNot(ContainElement(id), "a %s namespace", kind)
		}
	})
})
