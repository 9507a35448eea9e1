package mountapi

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// cage returns children of s whose root is the directory: with all capabilities,
// without any, with another uid, and with all in another user namespace.
func cage(s *harness.Subject, dir string) (able *harness.Subject, others []*harness.Subject) {
	able, elsewhere := Get(s.Fork()), settler(s) // which may not be made in a chroot
	for _, s := range []*harness.Subject{able, elsewhere} {
		Arrange(s.Chroot(dir))
		Arrange(s.Chdir("/"))
	}
	return able, []*harness.Subject{without(able), powerless(able), stranger(able), elsewhere}
}

var _ = Specs("statmount", Label("mount"), func() {
	It("tells anybody of mounts under his root, and of others only who has CAP_SYS_ADMIN", Proves("mount-statmount-unprivileged-on-reachable"), func() {
		s, dir := mounts.Stage()
		plant(s, dir+"/tree")
		mounts.Point(s, dir+"/beside")
		root, sub := Get(s.UniqueMountID(dir+"/tree")), Get(s.UniqueMountID(dir+"/tree/sub"))
		above, beside := Get(s.UniqueMountID(dir)), Get(s.UniqueMountID(dir+"/beside"))
		able, others := cage(s, dir+"/tree")
		for _, caller := range append(others, able) {
			for point, mount := range map[string]uint64{"/": root, "/sub": sub} {
				told, err := ask(caller, mount)
				Expect(err).NotTo(HaveOccurred(), "%s by %s", point, caller.Name())
				Expect(told.Point).To(Equal(point), "relative to his root")
				known := Get(ask(s, mount))
				told.Point, known.Point, told.Size, known.Size = "", "", 0, 0
				Expect(told).To(Equal(known), "%s by %s", point, caller.Name())
			}
		}
		for what, mount := range map[string]uint64{"above": above, "beside": beside} {
			for _, caller := range others {
				_, err := ask(caller, mount)
				Expect(err).To(MatchError(unix.EPERM), "the mount %s, by %s", what, caller.Name())
			}
			for _, caller := range []*harness.Subject{able, only(able)} {
				told, err := ask(caller, mount)
				Expect(err).NotTo(HaveOccurred(), "the mount %s, with CAP_SYS_ADMIN", what)
				Expect(told.ID).To(Equal(mount))
				Expect(told.Point).To(BeEmpty(), "it is nowhere under his root")
			}
			for _, caller := range []*harness.Subject{powerless(s), settler(s)} {
				Expect(ask(caller, mount)).To(HaveField("ID", mount), "the mount %s, by who has it under his root", what)
			}
		}
	})

	It("tells nobody of a mount that is under a directory beside his root in the same mount", Proves("mount-statmount-unprivileged-on-reachable"), func() {
		s, dir := mounts.Stage()
		for _, name := range []string{"/in", "/out"} {
			Arrange(s.Mkdir(dir + name))
			mounts.Point(s, dir+name+"/point")
		}
		in, out := Get(s.UniqueMountID(dir+"/in/point")), Get(s.UniqueMountID(dir+"/out/point"))
		able, others := cage(s, dir+"/in")
		for _, caller := range others {
			Expect(ask(caller, in)).To(HaveField("Point", "/point"), caller.Name())
			_, err := ask(caller, out)
			Expect(err).To(MatchError(unix.EPERM), caller.Name())
			_, err = ask(caller, Get(s.UniqueMountID(dir)))
			Expect(err).To(MatchError(unix.EPERM), "the mount that his root is in the middle of, by %s", caller.Name())
		}
		Expect(ask(able, out)).To(HaveField("ID", out))
	})
})
