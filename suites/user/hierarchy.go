package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A version 1 cgroup hierarchy with a name", Label("user", "cgroup"), func() {
	It("that is there can be mounted by who owns the cgroup namespace, and a new one cannot", Serial,
		Proves("user-mount-cgroup-v1-named-allowed"), func() {
			NeedUnprivileged()
			kinds.Need(nsutil.User, nsutil.Cgroup)
			const name = "name=nsconform-user"
			st := newStage()
			keeper := Get(st.Fork())
			top := mounts.NewHierarchy(keeper, name)
			for _, group := range []string{"/group", "/sibling"} {
				Arrange(keeper.Mkdir(top + group))
				Arrange(keeper.Chmod(top+group, 0o755))
			}
			var there []*harness.Subject
			DeferCleanup(func() {
				for _, s := range there {
					Arrange(s.End())
				}
				for _, group := range []string{"/group", "/sibling"} {
					Eventually(func() error { return keeper.Rmdir(top + group) }).WithTimeout(Patience()).WithPolling(polling).Should(Succeed())
				}
			})
			member := func(flags int) *harness.Subject {
				s := as(st.Subject, alice, alice, alice)
				there = append(there, s)
				Arrange(keeper.WriteFile(top+"/group/cgroup.procs", fmt.Sprint(s.PID()), 0))
				Arrange(s.Unshare(unix.CLONE_NEWUSER | flags))
				return settle(s, nil, mapping)
			}
			groups := func(s *harness.Subject, dir string) (all []string) {
				for _, entry := range Get(s.ReadDir(dir)) {
					if Get(s.Stat(dir+"/"+entry)).Mode&unix.S_IFMT == unix.S_IFDIR {
						all = append(all, entry)
					}
				}
				return all
			}
			mount := func(s *harness.Subject, dir, options string) error { return s.Mount("none", dir, "cgroup", 0, options) }
			dir := T().TempDir()
			Expect(groups(keeper, top)).To(ConsistOf("group", "sibling"))

			s := member(unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP)
			Expect(mount(s, dir, "none,"+name)).To(Succeed(), "by root of the owner")
			Expect(groups(s, dir)).To(BeEmpty(), "it shows what is below its own cgroup")
			Expect(s.ReadFile(dir + "/cgroup.procs")).To(Equal(fmt.Sprintf("%d\n", s.PID())))
			Expect(s.Umount(dir, 0)).To(Succeed())
			lesser := only(Get(s.Fork()), unix.CAP_SYS_ADMIN)
			there = append(there, lesser)
			Expect(mount(lesser, dir, "none,"+name)).To(Succeed(), "with nothing but CAP_SYS_ADMIN")
			Expect(s.Umount(dir, 0)).To(Succeed())

			before := Get(s.Stat(dir)).Dev
			bare := without(Get(s.Fork()), unix.CAP_SYS_ADMIN)
			there = append(there, bare)
			deeper := unmapped(s)
			there = append(there, deeper)
			Arrange(deeper.Unshare(unix.CLONE_NEWNS))
			for who, s := range map[string]*harness.Subject{
				"without CAP_SYS_ADMIN": bare, "in a cgroup namespace of the suite's": member(unix.CLONE_NEWNS),
				"in a mount namespace of the suite's": member(unix.CLONE_NEWCGROUP), "in a cgroup namespace of the user namespace above": deeper,
			} {
				Expect(mount(s, dir, "none,"+name)).To(MatchError(unix.EPERM), who)
				Expect(Get(s.Stat(dir)).Dev).To(Equal(before), who)
			}
			Expect(mount(s, dir, "none,name=nsconform-user-new")).To(MatchError(unix.EPERM), "one that is not there")
			Expect(mounts.CgroupIn(s, "name=nsconform-user-new")).To(BeEmpty())
		})
})
