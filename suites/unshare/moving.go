package unshare

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// moves are the requirements that a flag moves the caller.
var moves = map[nsutil.Kind]string{
	nsutil.Cgroup: "unshare-newcgroup-moves-caller",
	nsutil.IPC:    "unshare-newipc-moves-caller",
	nsutil.Mnt:    "unshare-newns-moves-caller-to-copy",
	nsutil.Net:    "unshare-newnet-moves-caller",
	nsutil.UTS:    "unshare-newuts-moves-caller-to-copy",
}

var _ = Specs("unshare moves the caller", Label("unshare"), func() {
	for _, kind := range []nsutil.Kind{nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.UTS} {
		It("into a new namespace of kind "+string(kind), Label(string(kind)), Proves(moves[kind]), func() {
			first := kinds.NewMark(kind)
			home, err := first.Isolate(Spawn(harness.Named("creator")))
			Expect(err).NotTo(HaveOccurred())
			Expect(first.Put(home)).To(Succeed())
			caller, sibling := Get(home.Fork()), Get(home.Fork())
			for range 2 { // from the second one, too
				before := stateOf(home)
				expectMoved(caller, kind.Flag(), kind)
				Expect(stateOf(home)).To(Equal(before))
				if kind == nsutil.Mnt || kind == nsutil.UTS {
					Expect(first.See(caller)).To(Equal(first.Sign), "in a copy")
				} else {
					Expect(first.See(caller)).NotTo(Equal(first.Sign))
				}
				callers, homes := kinds.NewMark(kind), kinds.NewMark(kind)
				Expect(callers.Put(caller)).To(Succeed())
				Expect(homes.Put(home)).To(Succeed())
				for _, s := range []*harness.Subject{caller, Get(caller.Fork())} {
					Expect(callers.See(s)).To(Equal(callers.Sign), "as %s sees it", s.Name())
					Expect(homes.See(s)).NotTo(Equal(homes.Sign), "as %s sees it", s.Name())
				}
				for _, s := range []*harness.Subject{home, sibling} {
					Expect(callers.See(s)).NotTo(Equal(callers.Sign), "as %s sees it", s.Name())
					Expect(homes.See(s)).To(Equal(homes.Sign), "as %s sees it", s.Name())
				}
				first, home, sibling = callers, caller, Get(caller.Fork())
				caller = Get(caller.Fork())
			}
		})
	}

	It("into a cgroup namespace whose root is its cgroup", Label("cgroup"), Proves(moves[nsutil.Cgroup]), func() {
		caller, mark := Spawn(harness.Named("caller")), kinds.NewMark(nsutil.Cgroup)
		Arrange(mark.Prepare(caller))
		sibling := Get(caller.Fork())
		before := Get(mark.See(caller))
		expectMoved(caller, unix.CLONE_NEWCGROUP, nsutil.Cgroup)
		for _, s := range []*harness.Subject{caller, Get(caller.Fork())} {
			Expect(mark.See(s)).To(Equal(mark.Sign), "as %s sees it", s.Name())
		}
		Expect(mark.See(sibling)).To(And(Equal(before), Not(Equal(mark.Sign))))

		below := kinds.NewMark(nsutil.Cgroup)
		Arrange(below.Prepare(caller))
		left := Get(caller.Fork())
		expectMoved(caller, unix.CLONE_NEWCGROUP, nsutil.Cgroup)
		Expect(below.See(caller)).To(Equal(below.Sign), "from one of its own")
		Expect(below.See(left)).NotTo(Equal(below.Sign))
	})

	It("into a copy of its UTS namespace, with both names", Label("uts"), Proves(moves[nsutil.UTS]), func() {
		home := Spawn(harness.Cloned(nsutil.UTS))
		Arrange(home.Sethostname("host"))
		Arrange(home.Setdomainname("domain"))
		caller := Get(home.Fork())
		expectMoved(caller, unix.CLONE_NEWUTS, nsutil.UTS)
		Expect(caller.Hostname()).To(Equal("host"))
		Expect(caller.Domainname()).To(Equal("domain"))
		Expect(caller.Sethostname("caller")).To(Succeed())
		Expect(caller.Setdomainname("callers")).To(Succeed())
		Expect(home.Hostname()).To(Equal("host"))
		Expect(home.Domainname()).To(Equal("domain"))
	})

	It("into all of them at once", Proves(moves[nsutil.Cgroup], moves[nsutil.IPC], moves[nsutil.Mnt], moves[nsutil.Net], moves[nsutil.UTS]), func() {
		kinds.Need(nsutil.User) // for who can ask for the owner
		caller := Spawn()
		before := Get(caller.Getpid())
		expectMoved(caller, flagsOf(moving), moving...)
		Expect(caller.Getpid()).To(Equal(before))
		for _, kind := range moving {
			fd := Get(caller.OpenNS(caller, kind))
			owner, err := caller.NSUserns(fd)
			Expect(err).NotTo(HaveOccurred())
			Expect(caller.NSOf(owner)).To(Equal(Get(caller.NS(nsutil.User))), "owner of the %s namespace", kind)
		}
	})

	It("nowhere without a flag", Proves("unshare-nothing-changes-nothing"), func() {
		for _, s := range []*harness.Subject{Spawn(harness.Named("root")), Spawn(harness.As(nobody, nobody), harness.Named("nobody"))} {
			sharer := Get(s.Clone(unix.CLONE_FS | unix.CLONE_FILES))
			before := stateOf(s)
			Expect(s.Unshare(0)).To(Succeed())
			Expect(stateOf(s)).To(Equal(before))
			chdir(s, "/proc")
			Expect(cwd(sharer)).To(Equal("/proc"), "of the process that shares it")
			fd := Get(s.Open("/", unix.O_RDONLY))
			Expect(sharer.Fcntl(fd, unix.F_GETFD, 0)).Error().NotTo(HaveOccurred(), "of the descriptor that it shares")
			Expect(stateOf(Get(s.Fork())).In).To(Equal(before.In), "of a child")
		}
	})
})

func chdir(s *harness.Subject, path string) {
	Arrange(s.Chdir(path))
}

func cwd(s *harness.Subject) (string, error) { return s.Readlink("/proc/self/cwd") }
