package propagation

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// moving is a way to move a mount.
type moving struct {
	name  string
	since string
	move  func(s *harness.Subject, source, target string) error
}

var movings = []moving{
	{"mount with MS_MOVE", "", moveByMount},
	{"move_mount", "5.2", func(s *harness.Subject, source, target string) error {
		_, err := s.Syscall("move_mount", unix.SYS_MOVE_MOUNT, unix.AT_FDCWD, source, unix.AT_FDCWD, target, 0)
		return err
	}},
	{"move_mount of a descriptor", "5.2", moveOpened},
}

func (m moving) need() {
	if m.since != "" {
		NeedKernel(m.since)
	}
}

var _ = Specs("A moved mount", Label("mount"), func() {
	for i, m := range movings {
		for _, p := range parentsFor(i) {
			proves := p.proof("mount-move-under-shared-types", "mount-move-under-nonshared-types")
			It("under "+p.name+" by "+m.name+" has the type that comes of what it had", Proves(proves), func() {
				m.need()
				kinds := bindable
				if !p.shared {
					kinds = append(kinds, "unbindable")
				}
				at, others := p.arrange(stage())
				for i, kind := range kinds {
					o := originOf(at, kind, fmt.Sprint("source-", i))
					var peers []place
					if kind == "shared" || kind == "slave and shared" {
						peers = []place{o.bound("source-peer"), o.copied()}
					}
					id := Get(mounts.At(o.s, o.dir)).ID
					Expect(m.move(at.s, o.dir, at.x())).To(Succeed(), kind)
					Expect(mounts.At(at.s, at.x())).To(HaveField("ID", id), "it is the same mount")
					Expect(at.s.Stat(o.dir)).NotTo(HaveField("Dev", o.dev), "where it was")
					p.expectUnder(at, o, others)
					for _, peer := range peers {
						expectPeers(peer, at.on(), "the peers that it had")
						Expect(peer.tags().Shared).To(Equal(at.on().tags().Shared), "the peer group")
					}
					if peers != nil {
						Arrange(at.s.Umount(peers[0].dir, 0))
						Arrange(at.s.Rmdir(peers[0].dir))
					}
					Expect(at.umount()).To(Succeed())
				}
			})
		}

		It("cannot be unbindable, or have such mounts below it, under a shared mount by "+m.name,
			Proves("mount-move-unbindable-under-shared-einval"), func() {
				m.need()
				for _, p := range parents[3:] {
					at, others := p.arrange(stage())
					o := originOf(at, "unbindable", "source")
					tree := at.fresh("tree")
					Arrange(tree.mount())
					Arrange(tree.s.Mkdir(tree.x() + "/x"))
					tree.on().shared()
					Arrange(tree.on().mount())
					tree.on().on().unbindable()
					for _, source := range []place{o.place, tree} {
						Expect(m.move(at.s, source.dir, at.x())).To(MatchError(unix.EINVAL), "%s under %s", source, p.name)
						expectNothing(at, others, p.name)
						Expect(at.s.Stat(source.dir)).To(HaveField("Dev", source.dev), "it stays where it was")
					}
					Expect(o.tags().Type()).To(Equal("unbindable"))
					o.private()
					tree.on().on().private()
					for _, source := range []place{o.place, tree} {
						Expect(m.move(at.s, source.dir, at.x())).To(Succeed(), "%s under %s, when it is bindable", source, p.name)
						Arrange(at.s.Umount(at.x(), unix.MNT_DETACH))
					}
				}
			})

		It("cannot come from under a shared mount by "+m.name,
			Proves("mount-move-from-shared-parent-einval"), func() {
				m.need()
				for _, p := range parents {
					at, others := p.arrange(stage())
					Arrange(at.mount())
					mounted := at.see()
					target := at.fresh("target")
					if !p.shared {
						Expect(m.move(at.s, at.x(), target.x())).To(Succeed(), "from under %s", p.name)
						Expect(target.see()).To(Equal(mounted))
						expectNothing(at, nil, "after the move")
						continue
					}
					for _, flag := range []int{unix.MS_SHARED, unix.MS_PRIVATE, unix.MS_SLAVE} {
						target.become(flag)
						Expect(m.move(at.s, at.x(), target.x())).To(MatchError(unix.EINVAL), "from under %s", p.name)
						expectNothing(target, nil, "after the refused call")
						for _, other := range append(others, at) {
							Expect(other.see()).To(Equal(mounted), "at %s, after the refused call", other)
						}
					}
					at.on().private()
					Expect(m.move(at.s, at.x(), target.x())).To(MatchError(unix.EINVAL), "private from under %s", p.name)
					at.private()
					Expect(m.move(at.s, at.x(), target.x())).To(Succeed(), "when its parent is private")
					Expect(target.see()).To(Equal(mounted))
					for _, other := range others {
						Expect(other.see()).To(Equal(mounted), "at %s, which keeps its own", other)
					}
				}
			})
	}
})
