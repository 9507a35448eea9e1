package newer

import (
	"os"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// mounts returns the mounts that the subject sees, as the suite's procfs tells:
// the point and the file system's type of each.
func mounts(s *harness.Subject) []string {
	text := Get(os.ReadFile("/proc/" + strconv.Itoa(s.PID()) + "/mountinfo"))
	all := []string{}
	for line := range strings.Lines(string(text)) {
		head, tail, _ := strings.Cut(line, " - ")
		all = append(all, strings.Fields(head)[4]+" "+strings.Fields(tail)[0])
	}
	return all
}

// emptied are the ways to make an empty mount namespace; each returns who is in
// it, and the call's error.
var emptied = map[string]func(*harness.Subject) (*harness.Subject, error){
	"unshare with UNSHARE_EMPTY_MNTNS": func(s *harness.Subject) (*harness.Subject, error) {
		child := Get(s.Fork())
		return child, child.Unshare(harness.UNSHARE_EMPTY_MNTNS)
	},
	"unshare with UNSHARE_EMPTY_MNTNS, CLONE_NEWNS and CLONE_NEWUTS": func(s *harness.Subject) (*harness.Subject, error) {
		child := Get(s.Fork())
		return child, child.Unshare(harness.UNSHARE_EMPTY_MNTNS | unix.CLONE_NEWNS | unix.CLONE_NEWUTS)
	},
	"clone3 with CLONE_EMPTY_MNTNS": func(s *harness.Subject) (*harness.Subject, error) {
		return s.Clone3(harness.CloneArgs{Flags: harness.CLONE_EMPTY_MNTNS})
	},
	"clone3 with CLONE_EMPTY_MNTNS and CLONE_NEWNS": func(s *harness.Subject) (*harness.Subject, error) {
		return s.Clone3(harness.CloneArgs{Flags: harness.CLONE_EMPTY_MNTNS | unix.CLONE_NEWNS})
	},
}

var _ = Specs("An empty mount namespace", Label("newer", "mnt"), func() {
	for way, empty := range emptied {
		It("holds only a root without anything in it, made by "+way, Proves("clone-empty-mntns"), func() {
			outside := Spawn(harness.Named("outside"))
			dir := T().TempDir()
			Arrange(outside.Chdir(dir))
			home, before := ns(outside, nsutil.Mnt), mounts(outside)
			inside, err := empty(outside)
			Expect(err).NotTo(HaveOccurred())
			Expect(ns(inside, nsutil.Mnt)).NotTo(Equal(home))
			Expect(mounts(inside)).To(Equal([]string{"/ nullfs"}))
			Expect(inside.ReadDir("/")).To(BeEmpty())
			Expect(inside.ReadDir(".")).To(BeEmpty(), "the working directory")
			_, err = inside.Open("/file", unix.O_CREAT|unix.O_WRONLY)
			Expect(err).To(HaveOccurred(), "nothing can be made in it")

			Expect(ns(outside, nsutil.Mnt)).To(Equal(home))
			Expect(mounts(outside)).To(Equal(before))
			visitor := Get(outside.Fork())
			Arrange(visitor.Join(inside, nsutil.Mnt))
			Expect(visitor.ReadDir("/")).To(BeEmpty(), "to who joins it")
			copied := Get(outside.Fork())
			Arrange(copied.Unshare(unix.CLONE_NEWNS))
			Expect(mounts(copied)).To(ConsistOf(before), "without the flag")
			again, err := empty(inside)
			Expect(err).NotTo(HaveOccurred())
			Expect(mounts(again)).To(Equal([]string{"/ nullfs"}), "made from an empty one")
			Expect(ns(again, nsutil.Mnt)).NotTo(Equal(ns(inside, nsutil.Mnt)))
		})

		It("needs CAP_SYS_ADMIN in the user namespace, with "+way, Proves("clone-empty-mntns"), func() {
			outside := Spawn(harness.Named("outside"))
			s := Get(outside.Fork())
			Arrange(s.DropCapabilities(unix.CAP_SYS_ADMIN))
			refused, err := empty(s)
			Expect(err).To(MatchError(unix.EPERM))
			if refused != nil {
				Expect(mounts(refused)).To(Equal(mounts(outside)))
			}
			allowed, err := empty(landlord("root"))
			Expect(err).NotTo(HaveOccurred())
			Expect(mounts(allowed)).To(Equal([]string{"/ nullfs"}))
		})
	}

	It("can be made together with the user namespace that owns it", Proves("clone-empty-mntns"), func() {
		s := Spawn(harness.Named("outside"))
		stranger := as(s, alice)
		inside, err := stranger.Clone3(harness.CloneArgs{Flags: harness.CLONE_EMPTY_MNTNS | unix.CLONE_NEWUSER})
		Expect(err).NotTo(HaveOccurred())
		Expect(mounts(inside)).To(Equal([]string{"/ nullfs"}))
		Expect(stranger.Unshare(harness.UNSHARE_EMPTY_MNTNS | unix.CLONE_NEWUSER)).To(Succeed())
		Expect(mounts(stranger)).To(Equal([]string{"/ nullfs"}))
	})

	It("is not made for who shares root and working directory with the parent", Proves("clone-empty-mntns"), func() {
		s := Spawn(harness.Named("outside"))
		_, err := s.Clone3(harness.CloneArgs{Flags: harness.CLONE_EMPTY_MNTNS | unix.CLONE_FS})
		Expect(err).To(MatchError(unix.EINVAL))
		_, err = s.Clone3(harness.CloneArgs{Flags: harness.CLONE_EMPTY_MNTNS})
		Expect(err).NotTo(HaveOccurred(), "without CLONE_FS")
	})
})
