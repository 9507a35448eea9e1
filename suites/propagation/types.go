package propagation

import (
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// parent is a mount to mount under.
type parent struct {
	name   string
	shared bool
	// arrange returns it, and two peers, in its mount namespace and in another.
	arrange func(m place) (p place, others []place)
}

var parents = []parent{
	{"a private mount", false, func(m place) (place, []place) { return m, nil }},
	{"an unbindable mount", false, func(m place) (place, []place) { return m.unbindable(), nil }},
	{"a slave", false, func(m place) (place, []place) { return m.shared().bound("under").slave(), nil }},
	{"a shared mount", true, func(m place) (place, []place) {
		m.shared()
		return m, []place{m.bound("peer"), m.copied()}
	}},
	{"a slave that is shared", true, func(m place) (place, []place) {
		p := m.shared().bound("under").slave().shared()
		return p, []place{p.bound("peer"), p.copied()}
	}},
}

// parentsFor returns all for the first of several ways, and for the others a
// private and a shared one.
func parentsFor(way int) []parent {
	if way == 0 {
		return parents
	}
	return []parent{parents[0], parents[3]}
}

// origin is a mount of a type, to bind or to move.
type origin struct {
	kind string
	place
	masters []place
}

// originOf has a mount of the type, of a file system of its own, on a directory below top.
func originOf(m place, kind, dir string) origin {
	switch kind {
	case "slave", "slave and shared":
		master := m.fresh(dir + "-master").shared()
		o := origin{kind, master.bound(dir).slave(), []place{master}}
		if kind == "slave and shared" {
			o.shared()
		}
		return o
	}
	p := m.fresh(dir)
	return origin{kind, p.become(typeFlags[kind]), nil}
}

var bindable = []string{"shared", "private", "slave", "slave and shared"}

// under is the type of what was of the given type before it was bound or moved.
func (p parent) under(kind string) string {
	switch {
	case p.shared && kind == "private":
		return "shared"
	case p.shared && kind == "slave":
		return "slave and shared"
	}
	return kind
}

// expectUnder claims that what is mounted on x of the parent has the type that
// comes of its former one, hears its masters still, and has peers in the others
// that the parent sends to.
func (p parent) expectUnder(at place, o origin, others []place) {
	got := at.on()
	Expect(got.dev).To(Equal(o.dev), "%s under %s", o.kind, p.name)
	Expect(got.tags().Type()).To(Equal(p.under(o.kind)), "%s under %s", o.kind, p.name)
	if p.shared {
		expectPeers(got, others[1].on(), o.kind+" under "+p.name)
	} else {
		expectType(got, p.under(o.kind), o.kind+" under "+p.name)
	}
	for _, master := range o.masters {
		expectSlave(got, master, o.kind+" under "+p.name)
		Expect(got.tags().Master).To(Equal(master.tags().Shared))
	}
	for _, other := range others {
		Expect(other.on().tags()).To(Equal(got.tags()), "mountinfo of %s", other.on())
	}
}

// expectNothing claims that nothing is mounted on x, here and in the others.
func expectNothing(at place, others []place, as string) {
	for _, p := range append(others, at) {
		Expect(p.see()).To(Equal(p.dev), "at %s: %s", p, as)
		Expect(mounts.Below(p.s, p.dir)).To(BeEmpty(), "at %s: %s", p, as)
	}
}

// proof returns the id that is proven under a shared mount, or that under another one.
func (p parent) proof(shared, other string) string {
	if p.shared {
		return shared
	}
	return other
}

var _ = Specs("A new mount", Label("mount"), func() {
	for _, w := range ways {
		if !w.fresh {
			continue
		}
		for _, p := range parents {
			It("under "+p.name+" by "+w.name+" is "+p.under("private"),
				Proves("mount-new-follows-bind-rules"), func() {
					w.need()
					at, others := p.arrange(stage())
					Expect(w.mount(at.s, "", at.x())).To(Succeed())
					got := at.on()
					Expect(got.s.Mkdir(got.x())).To(Succeed())
					if p.shared {
						Expect(got.tags().Shared).NotTo(Equal(at.tags().Shared), "the peer group")
					} else {
						expectApart(got, got.copied(), "in another mount namespace")
					}
					p.expectUnder(at, origin{"private", got, nil}, others)
				})
		}
	}
})
