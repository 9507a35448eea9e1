package clone

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// fresh are the requirements that a flag gives the child a namespace of its own.
var fresh = map[nsutil.Kind]string{
	nsutil.Cgroup: "clone-newcgroup-fresh-else-shared",
	nsutil.IPC:    "clone-newipc-fresh-else-shared",
	nsutil.Mnt:    "clone-newns-copies-mounts",
	nsutil.Net:    "clone-newnet-fresh-else-shared",
	nsutil.PID:    "clone-newpid-child-is-init-else-shared",
	nsutil.User:   "clone-newuser-fresh-else-shared",
	nsutil.UTS:    "clone-newuts-copy-else-shared",
}

// version is the requirement that every flag is there from its version on.
const version = "clone-flags-accepted-from-their-version"

// children makes two children of parent, one with the kind's flag and one without.
func children(way harness.Way, parent *harness.Subject, kind nsutil.Kind) (fresh, shared *harness.Subject) {
	fresh, err := by(way, parent, kind.Flag())
	Expect(err).NotTo(HaveOccurred())
	Expect(changed(fresh, parent)).To(Equal([]nsutil.Kind{kind}))
	shared, err = by(way, parent, 0)
	Expect(err).NotTo(HaveOccurred())
	Expect(changed(shared, parent)).To(BeEmpty())
	return fresh, shared
}

var _ = Specs("A child of", Label("clone"), func() {
	for _, way := range ways {
		for _, kind := range []nsutil.Kind{nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.PID, nsutil.UTS} {
			It(fmt.Sprintf("%s is in a new %s namespace with its flag, and in its parent's without", way, kind), Label(string(kind)), Proves(fresh[kind], version), func() {
				parent, err := kinds.NewMark(kind).Isolate(Spawn(harness.Named("creator")))
				Expect(err).NotTo(HaveOccurred())
				before := kinds.NewMark(kind)
				Expect(before.Put(parent)).To(Succeed())
				fresh, shared := children(way, parent, kind)
				Expect(before.See(shared)).To(Equal(before.Sign))
				if kind == nsutil.Mnt || kind == nsutil.UTS {
					Expect(before.See(fresh)).To(Equal(before.Sign), "in a copy")
				} else {
					Expect(before.See(fresh)).NotTo(Equal(before.Sign))
				}

				childs, familys := kinds.NewMark(kind), kinds.NewMark(kind)
				Expect(childs.Put(fresh)).To(Succeed())
				Expect(familys.Put(shared)).To(Succeed())
				Expect(childs.See(fresh)).To(Equal(childs.Sign))
				Expect(familys.See(fresh)).NotTo(Equal(familys.Sign))
				for _, s := range []*harness.Subject{parent, shared} {
					Expect(childs.See(s)).NotTo(Equal(childs.Sign), "as %s sees it", s.Name())
					Expect(familys.See(s)).To(Equal(familys.Sign), "as %s sees it", s.Name())
				}
			})
		}

		It(fmt.Sprintf("%s with CLONE_NEWUTS begins with both of its parent's names", way), Label("uts"), Proves(fresh[nsutil.UTS]), func() {
			parent := Spawn(harness.Cloned(nsutil.UTS))
			Arrange(parent.Sethostname("host"))
			Arrange(parent.Setdomainname("domain"))
			fresh, _ := children(way, parent, nsutil.UTS)
			Expect(fresh.Hostname()).To(Equal("host"))
			Expect(fresh.Domainname()).To(Equal("domain"))
		})

		It(fmt.Sprintf("%s with CLONE_NEWCGROUP has its parent's cgroup as root, and without sees what its parent does", way), Label("cgroup"), Proves(fresh[nsutil.Cgroup], version), func() {
			parent, mark := Spawn(harness.Named("parent")), kinds.NewMark(nsutil.Cgroup)
			Arrange(mark.Prepare(parent))
			before := Get(mark.See(parent))
			fresh, shared := children(way, parent, nsutil.Cgroup)
			Expect(mark.See(fresh)).To(Equal(mark.Sign))
			for _, s := range []*harness.Subject{parent, shared} {
				Expect(mark.See(s)).To(And(Equal(before), Not(Equal(mark.Sign))), "as %s sees it", s.Name())
			}
			below := kinds.NewMark(nsutil.Cgroup)
			Arrange(below.Prepare(fresh))
			fresher, _ := children(way, fresh, nsutil.Cgroup)
			Expect(below.See(fresher)).To(Equal(below.Sign), "below a cgroup namespace of its own")
			Expect(below.See(fresh)).NotTo(Equal(below.Sign))
		})

		It(fmt.Sprintf("%s with CLONE_NEWUSER has ids and capabilities of its own, and without its parent's", way), Label("user"), Proves(fresh[nsutil.User], version), func() {
			parent, mark := Spawn(harness.Named("parent")), kinds.NewMark(nsutil.User)
			Arrange(parent.DropCapabilities(unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN))
			before := Get(mark.See(parent))
			fresh, shared := children(way, parent, nsutil.User)
			Expect(mark.Put(fresh)).To(Succeed())
			Expect(mark.See(fresh)).To(Equal(mark.Sign))
			Expect(fresh.Unshare(unix.CLONE_NEWUTS)).To(Succeed())
			for _, s := range []*harness.Subject{parent, shared} {
				Expect(mark.See(s)).To(Equal(before), "as %s sees it", s.Name())
				Expect(s.Unshare(unix.CLONE_NEWUTS)).To(MatchError(unix.EPERM), "by %s", s.Name())
			}
			root := Spawn(harness.Cloned(nsutil.User), harness.Mapped(mapping), harness.Named("root of a user namespace"))
			below, _ := children(way, root, nsutil.User)
			Expect(root.NSOf(Get(root.NSParent(Get(root.OpenNS(below, nsutil.User)))))).To(Equal(Get(root.NS(nsutil.User))), "the parent of one below")
		})

		It(fmt.Sprintf("%s with CLONE_NEWPID is pid 1, under an ordinary pid to its parent, and without has only the latter", way), Label("pid"), Proves(fresh[nsutil.PID]), func() {
			parent := Spawn(harness.Cloned(nsutil.PID), harness.Named("parent"))
			fresh, shared := children(way, parent, nsutil.PID)
			Expect(fresh.Getpid()).To(Equal(1))
			Expect(fresh.Getppid()).To(Equal(0))
			Expect(fresh.NSPID()).To(Equal(2), "to its parent, whose first child it is")
			Expect(innermost(fresh, 2)).To(Equal([]int{1, 2}))
			Expect(Get(fresh.Fork()).Getppid()).To(Equal(1))
			Expect(shared.Getpid()).To(Equal(3))
			Expect(shared.Getppid()).To(Equal(1))
			for _, pid := range []int{2, 3} {
				Expect(parent.Kill(pid, 0)).To(Succeed())
				Expect(shared.Kill(pid, 0)).To(Succeed())
			}
			Expect(fresh.Kill(3, 0)).To(MatchError(unix.ESRCH))
		})
	}

	It("clone3 is in a new time namespace with its flag, and in its parent's without", Label("time"), Proves(version), func() {
		kinds.Need(nsutil.Time)
		children(harness.ByClone3, Spawn(), nsutil.Time)
	})
})

// innermost returns a process's ids in the n innermost PID namespaces that it is
// in, that in its own first.
func innermost(s *harness.Subject, n int) []int {
	all := Get(nsutil.StatusOf(s.PID())).NSpid
	Expect(len(all)).To(BeNumerically(">=", n), "PID namespaces that %s is in", s.Name())
	var pids []int
	for i := range n {
		pids = append(pids, all[len(all)-1-i])
	}
	return pids
}
