package mountlock

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// propagation has s set the propagation type of the mount at a point, by MS_*
// flags that are applied one after the other.
func propagation(s *harness.Subject, point string, types ...int) {
	for _, flag := range types {
		Arrange(s.Mount("none", point, "", flag, ""))
	}
}

// point has s mount a file system with the propagation types on a new directory,
// with directories to mount on in it.
func point(s *harness.Subject, dir string, types ...int) {
	mounts.Point(s, dir)
	for _, name := range []string{"there", "back"} {
		Arrange(s.Mkdir(dir + "/" + name))
	}
	propagation(s, dir, types...)
}

// reaches reports whether what from mounts on a directory is mounted for to, too,
// and whether from's removal of it reaches to then.
func reaches(from, to *harness.Subject, dir string) (bool, error) {
	if err := from.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		return false, err
	}
	if err := from.WriteFile(dir+"/mark", "", unix.O_CREAT); err != nil {
		return false, err
	}
	_, mounted := to.Stat(dir + "/mark")
	if err := from.Umount(dir, 0); err != nil {
		return false, err
	}
	switch _, after := to.Stat(dir + "/mark"); {
	case after == nil:
		return false, fmt.Errorf("%s has unmounted %s, and %s still sees it", from.Name(), dir, to.Name())
	case mounted != nil && !errors.Is(mounted, unix.ENOENT):
		return false, mounted
	}
	return mounted == nil, nil
}

// byPoint returns the mounts that s sees, sorted by where they are.
func byPoint(s *harness.Subject) []*mountinfo.Info {
	all := Get(mounts.Table(s))
	slices.SortStableFunc(all, func(a, b *mountinfo.Info) int { return strings.Compare(a.Mountpoint, b.Mountpoint) })
	return all
}

// expectOneWay claims that mounts reach below from above, and not the other way.
func expectOneWay(above, below *harness.Subject, points ...string) {
	for _, point := range points {
		Expect(reaches(above, below, point+"/there")).To(BeTrue(), "from %s to %s, in %s", above.Name(), below.Name(), point)
		Expect(reaches(below, above, point+"/back")).To(BeFalse(), "from %s to %s, in %s", below.Name(), above.Name(), point)
	}
}

var _ = Specs("A shared mount in a less privileged copy", Label("mount"), func() {
	for _, way := range byOther() {
		It("is a slave of the one above, made by "+way.text, Proves("mount-less-privileged-shared-becomes-slave"), func() {
			above, dir := landlord()
			point(above, dir+"/a", unix.MS_SHARED)
			point(above, dir+"/a/b", unix.MS_SHARED)
			point(above, dir+"/a/b/c", unix.MS_SLAVE, unix.MS_SHARED)
			points := []string{dir + "/a", dir + "/a/b", dir + "/a/b/c"}
			below := way.copy(above)
			expectOneWay(above, below, points...)
			for _, point := range points {
				original, err := mounts.PropagationAt(above, point)
				Expect(err).NotTo(HaveOccurred())
				Expect(mounts.PropagationAt(below, point)).To(Equal(mounts.Propagation{Master: original.Shared}), "%s", point)
			}

			By("looking at what the copy's own owner copies")
			beside := Get(below.Clone(newMounts))
			expectOneWay(above, beside, points...)
			Expect(reaches(below, beside, points[0]+"/there")).To(BeFalse(), "from one slave to another")
		})
	}

	for _, way := range bySame() {
		It("is still shared in a copy that is not less privileged, made by "+way.text, Proves("mount-less-privileged-shared-becomes-slave"), func() {
			above, dir := landlord()
			point(above, dir+"/a", unix.MS_SHARED)
			beside := way.copy(above)
			Expect(reaches(above, beside, dir+"/a/there")).To(BeTrue())
			Expect(reaches(beside, above, dir+"/a/back")).To(BeTrue())
			Expect(mounts.PropagationAt(beside, dir+"/a")).To(Equal(Get(mounts.PropagationAt(above, dir+"/a"))))
		})
	}

	It("is a slave wherever it is, the root of the namespace, too, and no mount of another type becomes one",
		Proves("mount-less-privileged-shared-becomes-slave"), func() {
			above, dir := mounts.Stage(harness.Named("above"))
			propagation(above, "/", unix.MS_REC|unix.MS_SHARED)
			point(above, dir+"/shared")
			point(above, dir+"/unbindable", unix.MS_UNBINDABLE)
			point(above, dir+"/private", unix.MS_PRIVATE)
			below := lesser(above)
			originals, copies := byPoint(above), byPoint(below)
			Expect(copies).To(HaveLen(len(originals)))
			for i, m := range copies {
				original, is := Get(mounts.PropagationOf(originals[i])), Get(mounts.PropagationOf(m))
				Expect(m.Mountpoint).To(Equal(originals[i].Mountpoint))
				if original.Shared != 0 {
					Expect(is).To(Equal(mounts.Propagation{Master: original.Shared}), "%s", m.Mountpoint)
				} else {
					is.Unbindable = original.Unbindable // is another requirement
					Expect(is).To(Equal(original), "%s", m.Mountpoint)
				}
			}
			Expect(mounts.PropagationAt(above, "/")).To(HaveField("Shared", Not(BeZero())))
			expectOneWay(above, below, dir+"/shared")
			for _, private := range []string{"/private", "/unbindable"} {
				Expect(reaches(above, below, dir+private+"/there")).To(BeFalse(), private)
			}
		})

	It("that is a slave and shared passes on to the one below it, and no further up", Proves("mount-less-privileged-shared-becomes-slave"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		point(above, dir+"/a", unix.MS_SHARED)
		middle := lesser(above)
		propagation(middle, dir+"/a", unix.MS_SHARED)
		below := lesser(middle)
		expectOneWay(above, middle, dir+"/a")
		expectOneWay(middle, below, dir+"/a")
		expectOneWay(above, below, dir+"/a")
		Expect(mounts.PropagationAt(below, dir+"/a")).To(Equal(mounts.Propagation{Master: Get(mounts.PropagationAt(middle, dir+"/a")).Shared}))
	})

	It("that is made shared there again stays a slave", Proves("mount-less-privileged-shared-becomes-slave"), func() {
		above, dir := mounts.Stage(harness.Named("above"))
		point(above, dir+"/a", unix.MS_SHARED)
		below := lesser(above)
		Expect(below.Mount("none", dir+"/a", "", unix.MS_SHARED, "")).To(Succeed())
		expectOneWay(above, below, dir+"/a")
		Expect(below.Mount("none", "/", "", unix.MS_SHARED|unix.MS_REC, "")).To(Succeed())
		expectOneWay(above, below, dir+"/a")
		peer := Get(below.Clone(newMounts))
		Expect(reaches(peer, below, dir+"/a/there")).To(BeTrue(), "to its peer")
		expectOneWay(above, peer, dir+"/a")
	})
})
