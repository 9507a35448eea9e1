package inspect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
)

// Room is a set of namespaces that processes are in together: a container, mostly.
type Room struct {
	// Namespaces are the room's, one of each kind that the kernel has.
	Namespaces map[nsutil.Kind]uint64 `json:"namespaces"`
	// Own are the kinds in which it is not where the host is, sorted.
	Own []nsutil.Kind `json:"own"`
	// Processes are those in it, by PID.
	Processes []Process `json:"processes"`
}

// rooms groups processes by their namespaces. Zombies, which have left most of theirs,
// and processes that may not be looked at are in none.
func (m *Machine) rooms() []*Room {
	found := map[string]*Room{}
	for _, s := range m.processes() {
		if s.zombie || len(s.own.in) == 0 {
			continue
		}
		key := keyOf(s.own.in)
		if found[key] == nil {
			found[key] = &Room{Namespaces: s.own.in, Own: m.Reference.differ(s.own.in)}
		}
		found[key].Processes = append(found[key].Processes, s.Process)
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *Room) int {
		return cmp.Or(cmp.Compare(min(1, len(a.Own)), min(1, len(b.Own))), cmp.Compare(a.Processes[0].PID, b.Processes[0].PID))
	})
}

func keyOf(in map[nsutil.Kind]uint64) string {
	var b strings.Builder
	for _, kind := range nsutil.Kinds() {
		fmt.Fprintf(&b, "%d ", in[kind])
	}
	return b.String()
}

// differ returns the kinds in which others are not where the reference is.
func (r Reference) differ(others map[nsutil.Kind]uint64) []nsutil.Kind {
	own := []nsutil.Kind{}
	for _, kind := range nsutil.Kinds() {
		if others[kind] != r.Namespaces[kind] {
			own = append(own, kind)
		}
	}
	return own
}
