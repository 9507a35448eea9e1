package mountapi

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// propagations are the propagation types as statmount tells them.
var propagations = map[string]uint64{
	"private": unix.MS_PRIVATE, "shared": unix.MS_SHARED, "slave": unix.MS_SLAVE,
	"slave and shared": unix.MS_SLAVE | unix.MS_SHARED, "unbindable": unix.MS_UNBINDABLE,
}

// expectTags claims that statmount tells of the mount on a point what the tags of
// mountinfo say, and from where it gets what happens there.
func expectTags(s *harness.Subject, point string, from int) {
	shown, told := Get(mounts.PropagationAt(s, point)), Get(ask(s, Get(s.UniqueMountID(point))))
	Expect(told.Propagation).To(Equal(propagations[shown.Type()]), "%s, which is %s", point, shown.Type())
	Expect([]int{int(told.PeerGroup), int(told.Master)}).To(Equal([]int{shown.Shared, shown.Master}), point)
	Expect(told.From).To(BeEquivalentTo(from), point)
	if shown.From != 0 {
		Expect(told.From).To(BeEquivalentTo(shown.From), point)
	}
}

var _ = Specs("statmount", Label("mount"), func() {
	It("tells the propagation type, the peer group and the master that mountinfo has tags for", Proves("mount-statmount-matches-mountinfo-tags"), func() {
		s, dir := mounts.Stage()
		for name := range making {
			mounts.Point(s, dir+"/"+name)
			shape(s, dir+"/"+name, name, dir+"/master of "+name)
		}
		other := mounts.Beside(s)
		for name := range making {
			for _, s := range []*harness.Subject{s, other} {
				expectTags(s, dir+"/"+name, Get(mounts.PropagationAt(s, dir+"/"+name)).Master)
			}
			Arrange(s.Mount("none", dir+"/"+name, "", unix.MS_PRIVATE, ""))
			expectTags(s, dir+"/"+name, 0)
		}
	})

	It("tells of a slave the closest peer group above that has a member under the caller's root", Proves("mount-statmount-matches-mountinfo-tags"), func() {
		s, dir := mounts.Stage()
		mounts.Point(s, dir+"/far")
		shape(s, dir+"/far", "shared", "")
		for _, row := range [][2]string{{"/far", "/near"}, {"/near", "/slave"}} {
			Arrange(s.Mkdir(dir + row[1]))
			Arrange(s.Bind(dir+row[0], dir+row[1]))
			Arrange(s.Mount("none", dir+row[1], "", unix.MS_SLAVE, ""))
			Arrange(s.Mount("none", dir+row[1], "", unix.MS_SHARED, ""))
		}
		Arrange(s.Mount("none", dir+"/slave", "", unix.MS_SLAVE, ""))
		far, near := Get(mounts.PropagationAt(s, dir+"/far")).Shared, Get(mounts.PropagationAt(s, dir+"/near")).Shared
		expectTags(s, dir+"/slave", near)
		expectTags(s, dir+"/near", far)

		for cage, row := range map[string]struct {
			also []string
			from int
		}{
			"/with both": {[]string{"/far", "/near"}, near}, "/with the far one": {[]string{"/far"}, far}, "/with none": {nil, 0},
		} {
			mounts.Point(s, dir+cage)
			for _, name := range append(row.also, "/slave") {
				Arrange(s.Mkdir(dir + cage + name))
				Arrange(s.Bind(dir+name, dir+cage+name))
			}
			caged := Get(s.Fork())
			Arrange(caged.Chroot(dir + cage))
			Expect(Get(mounts.PropagationAt(caged, "/slave")).Master).To(Equal(near), cage)
			expectTags(caged, "/slave", row.from)
			inside := Get(caged.UniqueMountID("/slave"))
			Expect(ask(s, inside)).To(HaveField("From", BeEquivalentTo(near)), "the same to who sees all")
		}
	})
})
