package propagation

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// binding is a way to bind mount, which returns what the call says.
type binding struct {
	name      string
	since     string
	recursive bool
	bind      func(s *harness.Subject, source, target string) error
}

var bindings = []binding{
	{"mount with MS_BIND", "", false, bind},
	{"mount with MS_BIND and MS_REC", "", true, bindTree},
	{"open_tree with OPEN_TREE_CLONE", "5.2", false, copyTree(0)},
	{"open_tree with OPEN_TREE_CLONE and AT_RECURSIVE", "5.2", true, copyTree(unix.AT_RECURSIVE)},
}

func (b binding) need() {
	if b.since != "" {
		NeedKernel(b.since)
	}
}

var _ = Specs("An unbindable mount", Label("mount"), func() {
	for _, b := range bindings {
		It("cannot be bind mounted by "+b.name, Proves("mount-bind-unbindable-einval", "mount-info-unbindable-tag"), func() {
			b.need()
			m := stage()
			Arrange(m.s.WriteFile(m.dir+"/file", "", unix.O_CREAT))
			Arrange(m.s.WriteFile(m.top+"/file", "", unix.O_CREAT))
			Arrange(m.s.Mkdir(m.top + "/target"))
			m.unbindable()
			Expect(m.tags()).To(Equal(mounts.Propagation{Unbindable: true}))
			before := Get(mounts.Below(m.s, m.top))
			for source, target := range map[string]string{m.dir: "/target", m.x(): "/target", m.dir + "/file": "/file"} {
				Expect(b.bind(m.s, source, m.top+target)).To(MatchError(unix.EINVAL), source)
			}
			Expect(mounts.Below(m.s, m.top)).To(Equal(before), "after the refused calls")

			for _, flag := range []int{unix.MS_PRIVATE, unix.MS_SHARED} {
				m.unbindable().become(flag)
				Expect(m.tags().Unbindable).To(BeFalse())
				Expect(b.bind(m.s, m.dir, m.top+"/target")).To(Succeed(), "when it is bindable")
				Arrange(m.s.Umount(m.top+"/target", 0))
			}
		})
	}

	It("neither sends nor receives", Proves("mount-make-unbindable-transitions"), func() {
		r := slaveAndSharer(true)
		r.x.unbindable()
		for _, other := range append(append(r.peers, r.masters...), r.slaves...) {
			expectApart(r.x, other, "unbindable")
		}
	})

	for _, b := range bindings {
		It("is left out, with all below it, by "+b.name+" of a tree", Proves("mount-recursive-bind-omits-unbindable"), func() {
			b.need()
			m := stage()
			for _, dir := range []string{"x/u", "x/u/shared", "x/u/private", "x/u/private/x", "x/b", "x/b/u", "x/b/c"} {
				mounts.Point(m.s, m.dir+"/"+dir)
			}
			for dir, kind := range map[string]string{"x/u": "unbindable", "x/u/shared": "shared", "x/b/u": "unbindable", "x/b/c": "shared"} {
				m.at("m/" + dir).become(typeFlags[kind])
			}
			for _, shared := range []bool{false, true} {
				target := m.fresh(fmt.Sprintf("target-%t", shared))
				peer := target.copied()
				if shared {
					peer = target.shared().copied()
				}
				Expect(b.bind(m.s, m.dir, target.x())).To(Succeed())
				want := []string{"x"}
				if b.recursive {
					want = []string{"x", "x/x/b", "x/x/b/c"}
				}
				Expect(mounts.Below(m.s, target.dir)).To(Equal(want))
				if !shared {
					want = []string{}
				}
				Expect(mounts.Below(peer.s, target.dir)).To(Equal(want), "elsewhere")
				Expect(m.s.ReadDir(target.x()+"/x/u")).To(BeEmpty(), "where the unbindable mount is in the source")
				Expect(m.s.ReadDir(m.dir+"/x/u")).To(HaveLen(2), "in the source")
			}
		})
	}

	It("is in copies of its mount namespace, with all below it, and unbindable there", Proves("mount-copy-keeps-unbindable"), func() {
		m := stage()
		Arrange(m.mount())
		m.unbindable()
		Arrange(m.s.Mkdir(m.top + "/target"))
		for _, way := range harness.Ways() {
			for _, kinds := range [][]nsutil.Kind{{nsutil.Mnt}, {nsutil.Mnt, nsutil.User}} {
				copied := m.in(Get(m.s.Isolate(way, kinds...)))
				Expect(copied.see()).To(Equal(m.see()), "%s of %v", way, kinds)
				if copied.tags().Type() == "private" && bindTree(copied.s, m.dir, m.top+"/target") == nil {
					Deviates("mount-copy-forgets-unbindable", "in a copy that %s has made of a mount namespace what was unbindable is private", way)
					continue
				}
				expectType(copied, "unbindable", string(way))
			}
		}
	})

	It("keeps its own tree from growing with every recursive bind mount of what it is in", Proves("mount-unbindable-stops-explosion"), func() {
		for _, unbindable := range []bool{false, true} {
			root := stage()
			for _, home := range []string{"a", "b", "c", "d"} {
				Arrange(root.s.Mkdir(root.dir + "/" + home))
			}
			counts := []int{}
			for _, home := range []string{"a", "b", "c", "d"} {
				Expect(root.s.Mount(root.dir, root.dir+"/"+home, "", unix.MS_BIND|unix.MS_REC, "")).To(Succeed())
				if unbindable {
					root.at("m/" + home).unbindable()
				}
				counts = append(counts, len(Get(mounts.Below(root.s, root.dir))))
			}
			if unbindable {
				Expect(counts).To(Equal([]int{1, 2, 3, 4}))
				Expect(root.s.ReadDir(root.dir + "/d/a")).To(BeEmpty())
			} else {
				Expect(counts).To(Equal([]int{1, 3, 7, 15}), "without it")
				Expect(root.s.ReadDir(root.dir+"/d/a")).NotTo(BeEmpty(), "without it")
			}
		}
	})
})
