package newer

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	ages "github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Copying a mount namespace", Label("newer", "mnt"), func() {
	for _, way := range harness.Ways() {
		It("drops mounts of mount namespaces' files and keeps those of the others', by "+string(way), Proves("mount-copy-drops-bound-mnt-files"), func() {
			s := Spawn(harness.Named("mounter"))
			ages.StayOnCPU(s)
			Arrange(s.Unshare(unix.CLONE_NEWNS))
			Arrange(s.MakePrivate())
			dir := T().TempDir()
			files := map[nsutil.Kind]string{}
			homes := map[nsutil.Kind]nsutil.ID{}
			for _, kind := range kinds.Built() {
				home := member(s, kind)
				files[kind], homes[kind] = dir+"/"+string(kind), ns(home, kind)
				Arrange(s.WriteFile(files[kind], "plain", unix.O_CREAT))
				Arrange(s.Bind(kind.File(home.PID()), files[kind]))
			}
			before := mounts(s)
			for _, of := range [][]nsutil.Kind{{nsutil.Mnt}, {nsutil.Mnt, nsutil.User}} {
				copied, err := s.Isolate(way, of...)
				Expect(err).NotTo(HaveOccurred(), "with %v", of)
				for kind, file := range files {
					Expect(s.NSFile(file)).To(Equal(homes[kind]), "the original has all")
					if kind == nsutil.Mnt {
						Expect(copied.ReadFile(file)).To(Equal("plain"), "there is no mount on the file")
					} else {
						Expect(copied.NSFile(file)).To(Equal(homes[kind]), "the %s namespace", kind)
					}
				}
				Expect(mounts(copied)).To(HaveLen(len(before) - 1))
				Expect(mounts(copied)).NotTo(ContainElement(files[nsutil.Mnt] + " nsfs"))
			}
			Expect(mounts(s)).To(Equal(before))
		})
	}
})
