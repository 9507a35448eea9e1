package newer

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// walk follows request from the descriptor to the last mount namespace, claims
// that what it passes is in order, and returns the ids with the identities.
func walk(s *harness.Subject, fd int, request uint) (ids []uint64, all map[uint64]nsutil.ID) {
	fd = Get(s.Fcntl(fd, unix.F_DUPFD_CLOEXEC, 0))
	last, err := s.MntNSID(fd)
	Expect(err).NotTo(HaveOccurred())
	all = map[uint64]nsutil.ID{}
	for {
		next, info, err := s.MntNSStep(fd, request)
		Arrange(s.Close(fd))
		if err != nil {
			Expect(err).To(MatchError(unix.ENOENT), "the end")
			return ids, all
		}
		expectReadOnly(s, next)
		Expect(s.MntNSID(next)).To(Equal(info.ID), "the descriptor and the structure tell of the same namespace")
		if request == harness.NS_MNT_GET_NEXT {
			Expect(info.ID).To(BeNumerically(">", last))
		} else {
			Expect(info.ID).To(BeNumerically("<", last))
		}
		ids, all[info.ID] = append(ids, info.ID), Get(s.NSOf(next))
		fd, last = next, info.ID
	}
}

// needMayStep skips the spec where kernels since 7.0 let nobody step through mount namespaces.
func needMayStep() {
	NeedInitial(nsutil.User)
	NeedInitial(nsutil.PID)
}

var _ = Specs("NS_MNT_GET_INFO", Label("newer", "mnt"), func() {
	It("counts the mounts of the namespace, and tells its id", Proves("nsfs-mntns-info-and-iteration"), func() {
		outside := Spawn(harness.Named("outside"))
		home := member(outside, nsutil.Mnt)
		Arrange(home.MakePrivate())
		dir := T().TempDir()
		fd := open(outside, home, nsutil.Mnt)
		of := func(fd int) harness.MntNSInfo {
			info, err := outside.MntNSInfo(fd)
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Size).To(BeEquivalentTo(16))
			Expect(outside.MntNSID(fd)).To(Equal(info.ID))
			return info
		}
		first, own := of(fd), of(open(outside, outside, nsutil.Mnt))
		Expect(first.ID).NotTo(Equal(own.ID))
		for more := 1; more <= 3; more++ {
			Arrange(home.Mount("none", dir, "tmpfs", 0, ""))
			Expect(of(fd).Mounts).To(BeEquivalentTo(int(first.Mounts)+more), "with %d mounts more", more)
		}
		Expect(of(fd).Mounts).To(BeEquivalentTo(mountsBelowRoot(home)), "as many as mountinfo shows, without the root")
		copied := member(home, nsutil.Mnt)
		Expect(of(open(outside, copied, nsutil.Mnt)).Mounts).To(Equal(first.Mounts+3), "in a copy")
		for more := 2; more >= 0; more-- {
			Arrange(home.Umount(dir, unix.MNT_DETACH))
			Expect(of(fd).Mounts).To(BeEquivalentTo(int(first.Mounts)+more), "with %d mounts more", more)
		}
		Expect(of(open(outside, copied, nsutil.Mnt)).Mounts).To(Equal(first.Mounts+3), "the copy has them still")
	})

	It("is refused on a namespace of another kind, as stepping is", Proves("nsfs-mntns-info-and-iteration"), func() {
		needMayStep()
		outside := Spawn(harness.Named("outside"))
		settler := settle("settler")
		for _, request := range []uint{harness.NS_MNT_GET_INFO, harness.NS_MNT_GET_NEXT, harness.NS_MNT_GET_PREV} {
			for _, kind := range without(nsutil.Mnt) {
				fd := open(outside, settler, kind)
				before := descriptors(outside)
				var info harness.MntNSInfo
				_, err := outside.Ioctl(fd, request, harness.Struct(&info))
				Expect(err).To(MatchError(unix.EINVAL), "%#x on a %s namespace", request, kind)
				Expect(info).To(BeZero())
				Expect(descriptors(outside)).To(Equal(before))
			}
		}
		Expect(outside.MntNSInfo(open(outside, settler, nsutil.Mnt))).NotTo(BeZero())
	})
})

var _ = Specs("NS_MNT_GET_NEXT and NS_MNT_GET_PREV", Label("newer", "mnt"), func() {
	It("step through all mount namespaces in the order of their ids", Proves("nsfs-mntns-info-and-iteration"), func() {
		needMayStep()
		outside := Spawn(harness.Named("outside"))
		members := []*harness.Subject{outside}
		for range 3 {
			members = append(members, member(outside, nsutil.Mnt))
		}
		members = append(members, settle("settler"))
		for _, start := range members {
			fd := open(outside, start, nsutil.Mnt)
			own := Get(outside.MntNSID(fd))
			after, following := walk(outside, fd, harness.NS_MNT_GET_NEXT)
			before, preceding := walk(outside, fd, harness.NS_MNT_GET_PREV)
			for _, s := range members {
				id := Get(outside.MntNSID(open(outside, s, nsutil.Mnt)))
				Expect(after).To(WithTransform(occurrences(id), Equal(count(id > own))), "from %s on", start.Name())
				Expect(before).To(WithTransform(occurrences(id), Equal(count(id < own))), "back from %s", start.Name())
				if id > own {
					Expect(following[id]).To(Equal(ns(s, nsutil.Mnt)))
				} else if id < own {
					Expect(preceding[id]).To(Equal(ns(s, nsutil.Mnt)))
				}
			}
		}
	})

	It("do not lead to those of others without privilege", Proves("nsfs-mntns-info-and-iteration"), func() {
		outside, settler := Spawn(harness.Named("outside")), settle("settler")
		others := member(outside, nsutil.Mnt)
		callers := []*harness.Subject{powerless(outside), as(outside, alice), settler}
		version := Get(nsutil.RunningUpstream())
		initialOnly := version.AtLeast(nsutil.Version{Major: 7}) || version.Minor == 12 && version.AtLeast(nsutil.Version{Major: 6, Minor: 12, Patch: 78})
		refused := Or(MatchError(unix.EPERM), MatchError(unix.ENOENT))
		if initialOnly {
			refused = MatchError(unix.EPERM)
			callers = append(callers, Get(outside.Clone(unix.CLONE_NEWPID)))
		}
		for _, s := range callers {
			for _, start := range []*harness.Subject{outside, others, settler} {
				for _, request := range []uint{harness.NS_MNT_GET_NEXT, harness.NS_MNT_GET_PREV} {
					fd, err := s.OpenNS(start, nsutil.Mnt)
					if err != nil {
						continue // it may not look there either
					}
					before := descriptors(s)
					next, _, err := s.MntNSStep(fd, request)
					if err == nil && !initialOnly { // to who owns it
						Expect(s.NSOf(next)).To(Equal(ns(settler, nsutil.Mnt)))
						Expect(s).To(BeIdenticalTo(settler))
						continue
					}
					Expect(err).To(refused, "as %s asks", s.Name())
					Expect(descriptors(s)).To(Equal(before))
				}
			}
		}
	})
})

// mountsBelowRoot counts the mounts that the subject sees, but for that which is
// the namespace's root: its parent is itself.
func mountsBelowRoot(s *harness.Subject) int {
	n := 0
	for line := range strings.Lines(string(Get(os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", s.PID()))))) {
		if ids := strings.Fields(line); ids[0] != ids[1] {
			n++
		}
	}
	return n
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// occurrences returns a function that counts how often a list has the id.
func occurrences(id uint64) func([]uint64) int {
	return func(ids []uint64) int {
		n := 0
		for _, other := range ids {
			n += count(other == id)
		}
		return n
	}
}
