package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// Ids inside the user namespaces of a [line].
const (
	maker  = 2 // who has made the next one
	actor  = 3 // who has made none
	victim = 5
)

// line are user namespaces one below the other, each but the first with a target:
// the suite's, one that alice has made, and two made by the maker in the one above.
type line struct {
	opener  *harness.Subject // root of the suite's
	members []*harness.Subject
	targets []*target
	sibling *harness.Subject // root of a user namespace beside the second one, of alice's, too
}

func newLine() *line {
	l := &line{opener: Spawn(harness.Named("root"))}
	above := l.opener
	for level := 1; level <= 3; level++ {
		member := (*harness.Subject)(nil)
		if level == 1 {
			member = root(alice)
		} else {
			member = as(above, maker, maker, maker)
			Arrange(member.Unshare(unix.CLONE_NEWUSER))
			settle(member, above, "0 0 10")
		}
		l.members = append(l.members, member)
		t := aim(l.opener, Get(member.Fork()))
		become(t.Subject, victim)
		l.targets = append(l.targets, t)
		above = member
	}
	l.sibling = root(alice)
	return l
}

// member returns a child of the opener who has come into the user namespace of
// home, with these ids there and only these capabilities.
func (l *line) member(home *harness.Subject, real, effective int, caps ...int) *harness.Subject {
	s := Get(l.opener.Fork())
	Arrange(s.Join(home, nsutil.User))
	return as(s, real, effective, real, caps...)
}

// allBut returns all capabilities but one.
func allBut(capability int) (rest []int) {
	for c := range 64 {
		if c != capability {
			rest = append(rest, c)
		}
	}
	return rest
}

var _ = Specs("A capability in a user namespace", Label("user"), func() {
	It("is good for all below, and for nobody above or beside",
		Proves("user-cap-applies-in-descendants", "user-cap-counts-for-members-only"), func() {
			l := newLine()
			all := append([]*harness.Subject{nil}, l.members...)
			for from, home := range all {
				for _, capability := range actCapabilities() {
					var with, rest *harness.Subject
					if home == nil {
						with, rest = as(l.opener, bob, bob, bob, capability), as(l.opener, bob, bob, bob, allBut(capability)...)
					} else {
						with, rest = l.member(home, actor, actor, capability), l.member(home, actor, actor, allBut(capability)...)
					}
					for i, t := range l.targets {
						to := i + 1
						expectBy(capability, to >= from, with, t, fmt.Sprintf("from level %d to level %d with nothing but the capability", from, to))
						expectBy(capability, false, rest, t, fmt.Sprintf("from level %d to level %d with all capabilities but that", from, to))
					}
				}
			}
		})

	It("counts only while it is in effect", Proves("user-cap-counts-for-members-only"), func() {
		l := newLine()
		for _, s := range []*harness.Subject{as(l.opener, bob, bob, bob, allBut(-1)...), l.member(l.members[0], actor, actor, allBut(-1)...)} {
			held := Get(s.Capget()).Permitted
			Arrange(s.Capset(harness.Capabilities{Permitted: held, Inheritable: held}))
			for _, t := range l.targets {
				expectAll(false, s, t, "one whose capabilities are permitted and inheritable, but not in effect")
			}
			Arrange(s.Capset(harness.Capabilities{Permitted: held, Effective: held}))
			for _, t := range l.targets {
				expectAll(true, s, t, "one whose capabilities are in effect again")
			}
		}
	})

	It("counts in no other that has the same parent, or the same owner, or the same ids",
		Proves("user-cap-counts-for-members-only", "user-owner-privilege-not-from-sibling"), func() {
			l := newLine()
			for who, s := range map[string]*harness.Subject{
				"root of a sibling":                        l.member(l.sibling, 0, 0, allBut(-1)...),
				"somebody with all capabilities beside":    l.member(l.sibling, actor, actor, allBut(-1)...),
				"somebody with the maker's ids beside":     l.member(l.sibling, maker, maker, allBut(-1)...),
				"somebody in a new one of his own":         unmapped(as(l.opener, bob, bob, bob)),
				"the owner, in a new one of his own":       unmapped(as(l.opener, alice, alice, alice)),
				"root outside, in a new one of its own":    unmapped(l.opener),
				"root of a sibling of the target's parent": below(l.member(l.sibling, 0, 0, allBut(-1)...)),
			} {
				for _, t := range l.targets {
					expectAll(false, s, t, who)
				}
			}
			expectAll(true, l.opener, l.targets[0], "root above")
		})
})
