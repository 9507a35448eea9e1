package mountmodel

import (
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A propagated unmount of a tree", Label("mount"), func() {
	It("leaves what covers a mount that goes where it is, and spares what it is in", Proves("mount-unmount-propagated-spares-deep"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mount("none", dir, "", unix.MS_SHARED, ""))
		mounts.Point(s, dir+"/tree")
		mounts.Point(s, dir+"/tree/below")
		other := mounts.Beside(s)
		Arrange(other.Mount("none", dir+"/tree/below", "", unix.MS_PRIVATE, ""))
		Arrange(other.Mount("cover", dir+"/tree/below", "tmpfs", 0, ""))
		Expect(mounts.Below(other, dir)).To(Equal([]string{"tree", "tree/below", "tree/below"}))

		Expect(s.Umount(dir+"/tree", unix.MNT_DETACH)).To(Succeed())
		Expect(mounts.Below(s, dir)).To(BeEmpty())
		if top, err := mounts.At(other, dir+"/tree"); err == nil && top.Source == "cover" {
			Expect(mounts.Below(other, dir)).To(Equal([]string{"tree"}), "the cover, and nothing else")
			Deviates("mount-unmount-moves-covers", "the cover of tree/below is on tree now, where there was none")
			return
		}
		Expect(mounts.Below(other, dir)).To(Equal([]string{"tree", "tree/below"}))
		Expect(mounts.At(other, dir+"/tree/below")).To(HaveField("Source", "cover"))
		Expect(other.Umount(dir+"/tree/below", 0)).To(Succeed())
		Expect(other.Umount(dir+"/tree", 0)).To(Succeed(), "nothing is below any more")
	})
})
