package propagation

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// jail is a tree whose mounts are slaves one of the other, from m on, with a
// directory "jail" to be the root of a process, where the last of them is.
type jail struct {
	chain []place // m, then its slave, and so on; all but the last are shared
}

// newJail returns a chain of so many mounts.
func newJail(length int) jail {
	p := stage().shared()
	Arrange(p.s.Mkdir(p.top + "/jail"))
	j := jail{[]place{p}}
	for _, name := range []string{"second", "third", "fourth"}[:length-2] {
		p = p.bound(name).slave().shared()
		j.chain = append(j.chain, p)
	}
	j.chain = append(j.chain, p.bound("jail/last").slave())
	return j
}

// prisoner returns a process that has the jail for its root.
func (j jail) prisoner() *harness.Subject {
	s := Get(j.chain[0].s.Fork())
	Arrange(s.Chroot(j.chain[0].top + "/jail"))
	return s
}

// last returns what the process's mountinfo says of the last mount of the chain.
func (j jail) last(s *harness.Subject, point string) mounts.Propagation {
	tags, err := mounts.PropagationAt(s, point)
	Expect(err).NotTo(HaveOccurred())
	return tags
}

// group returns the peer group of a mount of the chain.
func (j jail) group(i int) int {
	return j.chain[i].tags().Shared
}

var _ = Specs("mountinfo of a slave", Label("mount"), func() {
	It("shows propagate_from, for the closest dominant peer group that has a member below the reader's root",
		Proves("mount-info-propagate-from-tag", "mount-info-master-tag"), func() {
			j := newJail(4)
			prisoner := j.prisoner()
			for i := range 2 { // from the farthest one on
				member := j.chain[i].bound("jail/member-" + []string{"far", "near"}[i])
				Expect(j.last(prisoner, "/last")).To(Equal(mounts.Propagation{Master: j.group(2), From: j.group(i)}), "with %s below the root", member)
				Expect(j.last(j.chain[0].s, j.chain[3].dir)).To(Equal(mounts.Propagation{Master: j.group(2)}), "from outside")
			}
			expectReaches(j.chain[1].at("jail/member-near"), j.chain[3], "from there")
			Arrange(prisoner.Umount("/member-near", 0))
			Expect(j.last(prisoner, "/last")).To(Equal(mounts.Propagation{Master: j.group(2), From: j.group(0)}), "when the nearest is gone")
			j.chain[3].shared()
			Expect(j.last(prisoner, "/last")).To(Equal(mounts.Propagation{
				Shared: j.chain[3].tags().Shared, Master: j.group(2), From: j.group(0)}), "when it is shared as well")
			j.chain[3].private()
			Expect(j.last(prisoner, "/last")).To(BeZero(), "when it is private")
		})

	It("shows propagate_from where a directory of the group's file system is below the root, too", Proves("mount-info-propagate-from-tag"), func() {
		j := newJail(3)
		prisoner := j.prisoner()
		Arrange(j.chain[0].s.Mkdir(j.chain[0].top + "/jail/narrow"))
		Arrange(j.chain[0].s.Bind(j.chain[0].x(), j.chain[0].top+"/jail/narrow"))
		Expect(j.last(prisoner, "/last")).To(Equal(mounts.Propagation{Master: j.group(1), From: j.group(0)}))
	})

	It("shows no propagate_from where the immediate master has a member below the root", Proves("mount-info-propagate-from-absent"), func() {
		j := newJail(3)
		prisoner := j.prisoner()
		j.chain[0].bound("jail/far")
		Expect(j.last(prisoner, "/last").From).To(Equal(j.group(0)), "while it has none")
		member := j.chain[1].bound("jail/member")
		Expect(j.last(prisoner, "/last")).To(Equal(mounts.Propagation{Master: j.group(1)}))
		Arrange(member.s.Umount(member.dir, 0))
		Expect(j.last(prisoner, "/last").From).To(Equal(j.group(0)), "when it has none any more")
	})

	It("shows no propagate_from where no dominant peer group has a member below the root", Proves("mount-info-propagate-from-absent"), func() {
		j := newJail(4)
		prisoner := j.prisoner()
		Expect(j.last(prisoner, "/last")).To(Equal(mounts.Propagation{Master: j.group(2)}))
		unrelated := j.chain[0].fresh("jail/unrelated").shared()
		j.chain[3].bound("jail/sister")
		Expect(j.last(prisoner, "/last")).To(Equal(mounts.Propagation{Master: j.group(2)}), "with %s and a sister below the root", unrelated)

		elsewhere := j.chain[0].copied()
		elsewhere.bound("jail/far")
		Expect(j.last(prisoner, "/last")).To(Equal(mounts.Propagation{Master: j.group(2)}), "with a member in another mount namespace")
		there := Get(elsewhere.s.Fork())
		Arrange(there.Chroot(elsewhere.top + "/jail"))
		Expect(j.last(there, "/last")).To(Equal(mounts.Propagation{Master: j.group(2), From: j.group(0)}), "in that mount namespace")
	})

	It("shows no propagate_from of what is no slave", Proves("mount-info-propagate-from-tag", "mount-info-no-tag-is-private"), func() {
		j := newJail(3)
		prisoner := j.prisoner()
		m := j.chain[0]
		m.bound("jail/shared")
		m.fresh("jail/private")
		m.fresh("jail/unbindable").unbindable()
		Expect(j.last(prisoner, "/shared")).To(Equal(mounts.Propagation{Shared: j.group(0)}))
		Expect(j.last(prisoner, "/private")).To(BeZero())
		Expect(j.last(prisoner, "/unbindable")).To(Equal(mounts.Propagation{Unbindable: true}))
	})
})
