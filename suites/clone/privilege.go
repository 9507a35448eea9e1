package clone

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// withoutCap are the requirements that a flag takes CAP_SYS_ADMIN.
var withoutCap = map[nsutil.Kind]string{
	nsutil.Cgroup: "clone-newcgroup-without-cap-eperm",
	nsutil.IPC:    "clone-newipc-without-cap-eperm",
	nsutil.Mnt:    "clone-newns-without-cap-eperm",
	nsutil.Net:    "clone-newnet-without-cap-eperm",
	nsutil.PID:    "clone-newpid-without-cap-eperm",
	nsutil.UTS:    "clone-newuts-without-cap-eperm",
}

var _ = Specs("The flag of", Label("clone"), func() {
	for _, kind := range nsutil.Kinds() {
		if withoutCap[kind] == "" {
			continue
		}
		for _, way := range ways {
			It(fmt.Sprintf("%s is refused by %s to who lacks CAP_SYS_ADMIN in its own user namespace", kind, way), Label(string(kind)), Proves(withoutCap[kind]), func() {
				root, user := Spawn(harness.Named("root")), Spawn(harness.As(nobody, nobody), harness.Named("nobody"))
				Arrange(root.DropCapabilities(unix.CAP_SYS_ADMIN))
				inner := Spawn(harness.Cloned(nsutil.User), harness.Mapped(mapping), harness.Named("root of a user namespace"))
				Arrange(inner.DropCapabilities(unix.CAP_SYS_ADMIN))
				idle := Spawn(harness.Named("root with it permitted, not in effect"))
				caps := Get(idle.Capget())
				caps.Effective &^= 1 << unix.CAP_SYS_ADMIN
				Arrange(idle.Capset(caps))
				for _, s := range []*harness.Subject{root, user, inner, idle} {
					for _, flags := range []int{kind.Flag(), kind.Flag() | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC} {
						expectRefused(s, unix.EPERM, func() (*harness.Subject, error) { return by(way, s, flags) }, "by %s", s.Name())
					}
				}
			})

			It(fmt.Sprintf("%s is taken by %s from who has CAP_SYS_ADMIN in its own user namespace or makes one", kind, way), Label(string(kind)), Proves(withoutCap[kind], "clone-newuser-unprivileged"), func() {
				NeedUnprivileged()
				s := only(unix.CAP_SYS_ADMIN)
				children(way, s, kind)
				inner := Spawn(harness.Cloned(nsutil.User), harness.Mapped(mapping), harness.Named("root of a user namespace"))
				child, err := by(way, inner, kind.Flag())
				Expect(err).NotTo(HaveOccurred(), "with the capability there")
				Expect(changed(child, inner)).To(Equal([]nsutil.Kind{kind}))
				user := Spawn(harness.As(nobody, nobody), harness.Named("nobody"))
				child, err = by(way, user, kind.Flag()|unix.CLONE_NEWUSER)
				Expect(err).NotTo(HaveOccurred(), "with CLONE_NEWUSER")
				Expect(changed(child, user)).To(ConsistOf(kind, nsutil.User))
				owner, err := child.NSUserns(Get(child.OpenNS(child, kind)))
				Expect(err).NotTo(HaveOccurred())
				Expect(child.NSOf(owner)).To(Equal(Get(child.NS(nsutil.User))), "the owner, which is made first")
			})
		}
	}

	for _, way := range ways {
		It(fmt.Sprintf("user is taken by %s from who has no capability, and gives all only to the child", way), Label("user"), Proves("clone-newuser-unprivileged"), func() {
			NeedUnprivileged()
			user := Spawn(harness.As(nobody, nobody), harness.Named("nobody"))
			Expect(Get(user.Capget())).To(Equal(harness.Capabilities{}))
			child, err := by(way, user, unix.CLONE_NEWUSER)
			Expect(err).NotTo(HaveOccurred())
			Expect(changed(child, user)).To(Equal([]nsutil.Kind{nsutil.User}))
			Expect(child.Unshare(unix.CLONE_NEWUTS)).To(Succeed())
			Expect(child.Sethostname("inside")).To(Succeed())
			Expect(user.Unshare(unix.CLONE_NEWUTS)).To(MatchError(unix.EPERM))
		})
	}
})
