package clone

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// group is a version 2 cgroup of the spec's.
type group struct{ root, path string }

// groups makes a cgroup and others below it, and returns them all.
func groups(below ...string) []group {
	root := kinds.UnifiedRoot()
	top := group{root, "/" + harness.Mark()}
	kinds.MakeCgroup(top.dir())
	all := []group{top}
	for _, name := range below {
		g := group{root, top.path + "/" + name}
		kinds.MakeCgroup(g.dir())
		all = append(all, g)
	}
	return all
}

func (g group) dir() string { return g.root + g.path }

// write writes to one of the cgroup's files.
func (g group) write(file, text string) error { return os.WriteFile(g.dir()+"/"+file, []byte(text), 0) }

// give makes nobody the owner of the file that says who is in the cgroup.
func (g group) give() { Arrange(os.Chown(g.dir()+"/cgroup.procs", nobody, nobody)) }

// take makes root its owner again.
func (g group) take() { Arrange(os.Chown(g.dir()+"/cgroup.procs", 0, 0)) }

// cgroupOf returns the path of the version 2 cgroup that s is in.
func cgroupOf(s *harness.Subject) (string, error) {
	entries, err := nsutil.CgroupsOf(s.PID())
	if err != nil {
		return "", err
	}
	path, _ := nsutil.UnifiedCgroup(entries)
	return path, nil
}

// into has s make a child in the cgroup of the descriptor.
func into(s *harness.Subject, fd, flags int) (*harness.Subject, error) {
	args := harness.CloneArgs{Flags: uint64(flags) | unix.CLONE_INTO_CGROUP, Cgroup: uint64(fd)}
	return s.Clone3(args)
}

// expectNotInto holds that s is refused a child in the cgroup.
func expectNotInto(s *harness.Subject, g group, want error, what string) {
	fd := Get(s.Open(g.dir(), unix.O_PATH|unix.O_DIRECTORY))
	defer s.Close(fd)
	was := Get(cgroupOf(s))
	for _, flags := range []int{0, unix.CLONE_VFORK} {
		expectRefused(s, want, func() (*harness.Subject, error) { return into(s, fd, flags) }, what)
	}
	Expect(cgroupOf(s)).To(Equal(was), "after the refused call")
	Expect(os.ReadFile(g.dir()+"/cgroup.events")).To(ContainSubstring("populated 0"), "after the refused call")
}

var _ = Specs("CLONE_INTO_CGROUP", Label("clone", "cgroup"), func() {
	It("starts the child in the cgroup of the descriptor, and leaves the parent where it is", Proves("clone-into-cgroup-starts-child-there"), func() {
		all := groups("a", "b")
		parent := Spawn(harness.Named("parent"))
		Arrange(all[2].write("cgroup.procs", fmt.Sprint(parent.PID())))
		for _, mode := range []int{unix.O_RDONLY, unix.O_PATH, unix.O_PATH | unix.O_DIRECTORY} {
			for _, g := range all {
				fd := Get(parent.Open(g.dir(), mode))
				for _, more := range []int{0, unix.CLONE_NEWPID, unix.CLONE_NEWCGROUP | unix.CLONE_NEWUSER} {
					child, err := into(parent, fd, more)
					Expect(err).NotTo(HaveOccurred(), "%s opened with %#x, with %s", g.path, mode, nsutil.FlagString(more))
					Expect(cgroupOf(child)).To(Equal(g.path))
					procs := Get(os.ReadFile(g.dir() + "/cgroup.procs"))
					Expect(strings.Fields(string(procs))).To(ContainElement(fmt.Sprint(child.PID())))
					Expect(cgroupOf(parent)).To(Equal(all[2].path))
					Expect(cgroupOf(Get(child.Fork()))).To(Equal(g.path), "of the child's child")
				}
				Expect(cgroupOf(Get(parent.Fork()))).To(Equal(all[2].path), "of a child without the flag")
			}
		}
		fd := Get(parent.Open(all[1].dir(), unix.O_PATH))
		child, err := parent.Clone3(harness.CloneArgs{Cgroup: uint64(fd)})
		Expect(err).NotTo(HaveOccurred(), "a descriptor without the flag")
		Expect(cgroupOf(child)).To(Equal(all[2].path))
	})

	It("against the rules for moving processes is refused", Proves("clone-into-cgroup-placement-eacces"), func() {
		all := groups("a", "b")
		above, to := all[0], all[2]
		user := Spawn(harness.As(nobody, nobody), harness.Named("nobody"))
		Arrange(all[1].write("cgroup.procs", fmt.Sprint(user.PID())))
		expectNotInto(user, to, unix.EACCES, "without permission for either cgroup")
		to.give()
		expectNotInto(user, to, unix.EACCES, "without permission for the one above both")
		above.give()
		to.take()
		expectNotInto(user, to, unix.EACCES, "without permission for the new one")
		to.give()
		child, err := into(user, Get(user.Open(to.dir(), unix.O_PATH)), 0)
		Expect(err).NotTo(HaveOccurred(), "with permission for both")
		Expect(cgroupOf(child)).To(Equal(to.path))
	})

	It("into a cgroup that has a domain controller enabled is refused", Serial, Proves("clone-into-cgroup-domain-controller-ebusy"), func() {
		controller := domainController()
		all := groups("a")
		s := Spawn(harness.Named("parent"))
		Arrange(all[0].write("cgroup.subtree_control", "+"+controller))
		expectNotInto(s, all[0], unix.EBUSY, "with "+controller)
		Expect(into(s, Get(s.Open(all[1].dir(), unix.O_PATH)), 0)).Error().NotTo(HaveOccurred(), "into the cgroup below")
		Arrange(all[0].write("cgroup.subtree_control", "-"+controller))
		child, err := into(s, Get(s.Open(all[0].dir(), unix.O_PATH)), 0)
		Expect(err).NotTo(HaveOccurred(), "without the controller")
		Expect(cgroupOf(child)).To(Equal(all[0].path))
	})

	It("into a cgroup that is an invalid domain is refused", Proves("clone-into-cgroup-domain-invalid-eopnotsupp"), func() {
		all := groups("a", "b")
		top, threaded, domain := all[0], all[1], all[2]
		s := Spawn(harness.Named("parent"))
		child, err := into(s, Get(s.Open(domain.dir(), unix.O_PATH)), 0)
		Expect(err).NotTo(HaveOccurred(), "into a valid domain")
		Arrange(child.End())
		invalid := group{top.root, top.path + "/c"}
		Arrange(threaded.write("cgroup.type", "threaded"))
		kinds.MakeCgroup(invalid.dir())
		Expect(os.ReadFile(invalid.dir() + "/cgroup.type")).To(BeEquivalentTo("domain invalid\n"))
		expectNotInto(s, invalid, unix.EOPNOTSUPP, "an invalid domain")
		child, err = into(s, Get(s.Open(top.dir(), unix.O_PATH)), 0)
		Expect(err).NotTo(HaveOccurred(), "into a threaded domain")
		Expect(cgroupOf(child)).To(Equal(top.path))
	})
})

// domainController returns a controller that the root's children have, and that
// distributes resources to whole processes.
func domainController() string {
	root := kinds.UnifiedRoot()
	available := strings.Fields(string(Get(os.ReadFile(root + "/cgroup.controllers"))))
	for _, controller := range []string{"misc", "rdma", "hugetlb", "io", "memory"} {
		if !slices.Contains(available, controller) {
			continue
		}
		enabled := string(Get(os.ReadFile(root + "/cgroup.subtree_control")))
		if slices.Contains(strings.Fields(enabled), controller) {
			return controller
		}
		if os.WriteFile(root+"/cgroup.subtree_control", []byte("+"+controller), 0) == nil {
			DeferCleanup(func() error {
				return os.WriteFile(root+"/cgroup.subtree_control", []byte("-"+controller), 0)
			})
			return controller
		}
	}
	SkipFor(reports.SkipResource, "no domain controller can be had for version 2 cgroups")
	return ""
}
