package propagation

import (
	"fmt"

	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A bind mount", Label("mount"), func() {
	for i, b := range bindings {
		if b.recursive {
			continue
		}
		for _, p := range parentsFor(i) {
			proves := p.proof("mount-bind-under-shared-types", "mount-bind-under-nonshared-types")
			It("under "+p.name+" by "+b.name+" has the type that comes of its source's", Proves(proves, "mount-bind-joins-peer-group"), func() {
				b.need()
				at, others := p.arrange(stage())
				for i, kind := range bindable {
					o := originOf(at, kind, fmt.Sprint("source-", i))
					Expect(b.bind(at.s, o.dir, at.x())).To(Succeed(), kind)
					p.expectUnder(at, o, others)
					if kind == "shared" || kind == "slave and shared" {
						expectPeers(o.place, at.on(), "source and bind mount")
						Expect(at.on().tags().Shared).To(Equal(o.tags().Shared), "the peer group")
					} else {
						expectApart(o.place, at.on(), "source and bind mount")
					}
					Expect(o.tags().Type()).To(Equal(kind), "the source's type")
					Expect(at.umount()).To(Succeed())
				}
			})
		}
	}

	for _, b := range bindings {
		It("of a directory below the root of a shared mount by "+b.name+" is in the peer group", Proves("mount-bind-joins-peer-group"), func() {
			b.need()
			m := stage()
			Arrange(m.s.Mkdir(m.x() + "/x"))
			Arrange(m.s.Mkdir(m.top + "/narrow"))
			for _, master := range []bool{false, true} {
				if m.shared(); master {
					m = m.bound("slave").slave().shared()
				}
				Expect(b.bind(m.s, m.x(), m.top+"/narrow")).To(Succeed())
				narrow := m.at("narrow")
				expectPeers(place{m.s, m.top, m.x(), m.dev}, narrow, "a bind mount of a directory")
				Expect(narrow.tags()).To(Equal(m.tags()))
				Arrange(m.s.Umount(narrow.dir, 0))
			}
		})
	}

	It("of an unbindable mount is refused under a shared mount, too", Proves("mount-bind-unbindable-einval"), func() {
		for _, p := range parents {
			at, others := p.arrange(stage())
			o := originOf(at, "unbindable", "source")
			for _, b := range bindings[:2] {
				Expect(b.bind(at.s, o.dir, at.x())).To(MatchError(unix.EINVAL), p.name)
				expectNothing(at, others, p.name)
			}
		}
	})

	for i, b := range bindings {
		if !b.recursive {
			continue
		}
		for _, p := range parentsFor(i - 1) {
			It("of a tree under "+p.name+" by "+b.name+" has the types that come of its mounts'",
				Proves("mount-recursive-bind-types-per-mount", "mount-recursive-bind-omits-unbindable"), func() {
					b.need()
					at, others := p.arrange(stage())
					tree := at.fresh("tree")
					var all []origin
					for i, kind := range append(bindable, "unbindable") {
						all = append(all, originOf(tree, kind, fmt.Sprint("tree/x/", i)))
					}
					deep := originOf(at, "slave", "tree/x/1/x/deep")
					Expect(b.bind(at.s, tree.dir, at.x())).To(Succeed())
					got := func(p place, dir string) place { return p.at(p.dir[len(p.top)+1:] + "/x/x/" + dir) }
					for i, o := range all[:len(bindable)] {
						here := got(at, fmt.Sprint(i))
						Expect(here.dev).To(Equal(o.dev))
						Expect(here.tags().Type()).To(Equal(p.under(o.kind)), "%s in mountinfo", o.kind)
						if p.shared {
							expectPeers(here, got(others[1], fmt.Sprint(i)), o.kind)
							Expect(got(others[0], fmt.Sprint(i)).tags()).To(Equal(here.tags()), o.kind)
						}
						for _, master := range o.masters {
							expectSlave(here, master, o.kind)
						}
					}
					lower := got(at, "1/x/deep")
					expectType(lower, p.under("slave"), "below a private mount in the tree")
					expectSlave(lower, deep.masters[0], "below a private mount in the tree")
					Expect(mounts.Below(at.s, at.x()+"/x/4")).To(BeEmpty(), "below the unbindable mount")
					Expect(at.s.ReadDir(at.x()+"/x/4")).To(BeEmpty(), "the unbindable mount")
				})
		}
	}
})
