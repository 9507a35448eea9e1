package user

import (
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// bindings are ways to bind-mount a directory, with what is mounted below or without.
var bindings = map[string]func(s *harness.Subject, from, to string) error{
	"mount": (*harness.Subject).Bind,
	"mount recursive": func(s *harness.Subject, from, to string) error {
		return s.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, "")
	},
	"open_tree": func(s *harness.Subject, from, to string) error {
		fd, err := s.OpenTree(from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
		if err != nil {
			return err
		}
		defer s.Close(fd)
		return s.MoveMount(fd, to)
	},
}

// bound claims that s may, or may not, bind-mount a directory, which then shows in
// another place, and not outside.
func bound(may bool, s *harness.Subject, who string) {
	from, to := T().TempDir(), T().TempDir()
	outside, source := Get(os.Stat(to)), Get(s.Stat(from))
	for how, bind := range bindings {
		before := Get(s.Stat(to))
		if !may {
			Expect(bind(s, from, to)).To(MatchError(unix.EPERM), "by %s, %s", how, who)
			Expect(Get(s.Stat(to)).Ino).To(Equal(before.Ino), "by %s, %s", how, who)
			continue
		}
		Expect(bind(s, from, to)).To(Succeed(), "by %s, %s", how, who)
		Expect(Get(s.Stat(to)).Ino).To(Equal(source.Ino), "by %s, %s", how, who)
		Expect(os.SameFile(Get(os.Stat(to)), outside)).To(BeTrue(), "it is not there outside")
		Expect(s.Umount(to, 0)).To(Succeed())
	}
}

var _ = Specs("Root of a user namespace", Label("user"), func() {
	It("can bind-mount where the mount namespace belongs to it, and not elsewhere", Proves("user-mount-bind-allowed"), func() {
		NeedUnprivileged()
		kinds.Need(nsutil.User)
		st := newStage()
		s := st.mounter(unix.CLONE_NEWNS)
		bound(true, s, "root of the owner")
		bound(true, only(Get(s.Fork()), unix.CAP_SYS_ADMIN), "with nothing but CAP_SYS_ADMIN")
		bound(true, as(s, 5, 5, 5, unix.CAP_SYS_ADMIN), "who is not root but has CAP_SYS_ADMIN")
		deeper := unmapped(s)
		bound(false, deeper, "from a user namespace below the owner")
		Arrange(deeper.Unshare(unix.CLONE_NEWNS))
		bound(true, deeper, "in a mount namespace that the one below owns")
		bound(false, without(Get(s.Fork()), unix.CAP_SYS_ADMIN), "without CAP_SYS_ADMIN")
		bound(false, suspend(Get(s.Fork()), unix.CAP_SYS_ADMIN), "with CAP_SYS_ADMIN, but not in effect")
		bound(false, st.mounter(0), "in a mount namespace that it does not own")
		for _, d := range doors {
			inside := d.entered(st.Subject)
			bound(false, inside, "after "+string(d)+" into a user namespace alone")
			Arrange(inside.Unshare(unix.CLONE_NEWNS))
			bound(true, inside, "in a mount namespace made after "+string(d))
		}
		bound(true, st.Subject, "root of the suite's user namespace")
	})

	It("can bind-mount everything that it sees", Proves("user-mount-bind-allowed"), func() {
		NeedUnprivileged()
		kinds.Need(nsutil.User)
		s, dir := newStage().mounter(unix.CLONE_NEWNS), T().TempDir()
		Expect(s.Mount("/", dir, "", unix.MS_BIND|unix.MS_REC, "")).To(Succeed())
		root, there := Get(s.Stat("/proc/self")), Get(s.Stat(dir+"/proc/self"))
		Expect(there.Ino).To(Equal(root.Ino))
	})
})

var _ = Specs("proc", Label("user"), func() {
	It("can be mounted by none whose PID namespace another user namespace owns", Proves("user-mount-proc-without-own-pidns-eperm"), func() {
		NeedUnprivileged()
		kinds.Need(nsutil.User, nsutil.PID)
		proc := mountables[0]
		st := newStage()

		maker := st.mounter(unix.CLONE_NEWNS)
		proc.expect(false, maker, "", "in the suite's PID namespace")
		Arrange(maker.Unshare(unix.CLONE_NEWPID))
		proc.expect(false, maker, "", "with a PID namespace for children")
		proc.expect(true, Get(maker.Fork()), "", "the first child in that")

		suites := &stage{Get(st.Clone(unix.CLONE_NEWPID | unix.CLONE_NEWNS)), ""}
		proc.expect(true, suites.Subject, "", "root of the suite's user namespace, which owns the PID namespace")
		inside := suites.mounter(unix.CLONE_NEWNS)
		proc.expect(false, inside, "", "in a PID namespace of the suite's user namespace")
		Arrange(inside.Unshare(unix.CLONE_NEWPID))
		proc.expect(true, Get(inside.Fork()), "", "in one of its own below that")

		owner := st.mounter(unix.CLONE_NEWNS | unix.CLONE_NEWPID)
		deeper := Get(owner.Fork())
		Arrange(deeper.Unshare(unix.CLONE_NEWUSER | unix.CLONE_NEWNS))
		proc.expect(false, deeper, "", "in a PID namespace of the user namespace above")
		Arrange(deeper.Unshare(unix.CLONE_NEWPID))
		proc.expect(true, Get(deeper.Fork()), "", "in one of its own")
	})
})

var _ = Specs("bpf", Label("user"), func() {
	It("cannot be mounted by root of a user namespace", Proves("user-mount-bpf-eperm"), func() {
		NeedUnprivileged()
		all := 0
		for _, kind := range otherKinds() {
			all |= kind.Flag()
		}
		bpf := mountable{fstype: "bpf", works: func(*harness.Subject, string) {}}
		st := newStage()
		s := st.mounter(all)
		bpf.expect(false, s, "", "root of the owner of everything")
		deeper := Get(s.Fork())
		Arrange(deeper.Unshare(unix.CLONE_NEWUSER | all))
		bpf.expect(false, Get(deeper.Fork()), "", "root of the owner of everything, a level below")
		bpf.expect(false, st.mounter(unix.CLONE_NEWNS), "", "root of the owner of the mount namespace")
		if !Nested() {
			bpf.expect(true, st.Subject, "", "root of the initial user namespace")
		}
	})
})
