package model

// Rule is a rule of propagation that a world can be without, in order to show
// that the difference would be found.
type Rule uint

// The rules.
const (
	PeersReceive            Rule = 1 << iota // what is mounted on a shared mount is mounted on its peers
	SlavesReceive                            // and on their slaves
	SlavesPassOn                             // which pass it on to their own slaves
	CopiesOnSlavesAreSlaves                  // of the group of what was mounted
	UnderSharedIsShared                      // what is mounted on a shared mount is shared
	CopiesGoBeneath                          // what was mounted there before
	SlavesLoseToo                            // an unmount reaches slaves
	BusyIsSpared                             // but no mount that has others on it
	CoverStays                               // what covers an unmounted mount stays, in its place
	BindsJoin                                // a bind of a shared mount joins its group
	UnbindableIsOmitted                      // by recursive binds
	UnbindableStaysPut                       // it cannot be moved onto a shared mount
	SharedParentKeeps                        // what is mounted on it: that cannot be moved
	SlavesFindNewMaster                      // when the last of their group goes: its master
	LoneSharedHasNoMaster                    // once it is made a slave
	CopiedSpaceJoins                         // the groups of what it was copied from
	CopiedUnbindableStays                    // unbindable, when its namespace is copied
	EndLeavesGroups                          // the mounts of a namespace that ends leave their groups
)

// Rules are all of them.
const Rules = EndLeavesGroups<<1 - 1

// Without returns a new world that lacks a rule.
func Without(r Rule) *World {
	w := New()
	w.without = r
	return w
}

func (w *World) keeps(r Rule) bool { return w.without&r == 0 }
