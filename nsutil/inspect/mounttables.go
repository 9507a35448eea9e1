package inspect

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
)

// peerGroups are, by number, the mount namespaces that have a mount in the peer group.
type peerGroups map[int][]peer

type peer struct {
	namespace uint64
	point     string // of the first mount in there
	process   Process
}

func (g peerGroups) add(group int, p peer) {
	// A mount namespace's table is read in one go.
	if all := g[group]; len(all) == 0 || all[len(all)-1].namespace != p.namespace {
		g[group] = append(all, p)
	}
}

// view is a mount table: what of a mount namespace is below a root directory.
type view struct {
	namespace uint64
	root      string
}

// lookAtMountTables reads the table of each mount namespace once for each root
// directory that a process in it has: who has changed his sees only what is below.
func (m *Machine) lookAtMountTables() {
	done := map[view]bool{}
	try := func(s sighting, namespace uint64, root, file string) {
		v := view{namespace, root}
		if namespace == 0 || done[v] {
			return
		}
		err := m.readTable(s.Process, namespace, file)
		if done[v] = !gone(err); done[v] && err != nil {
			m.miss(fmt.Sprintf("some mounts of mount namespace %d: %v", namespace, err))
		}
	}
	for _, s := range m.processes() {
		try(s, s.own.in[nsutil.Mnt], s.root, "mountinfo")
		for _, t := range s.threads {
			if id := t.in[nsutil.Mnt]; id != s.own.in[nsutil.Mnt] {
				try(s, id, s.root, "task/"+strconv.Itoa(t.tid)+"/mountinfo")
			}
		}
	}
}

func (m *Machine) readTable(p Process, namespace uint64, file string) error {
	d, err := openProcDir(p.PID)
	if err != nil {
		return err
	}
	defer d.close()
	f, err := d.open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return m.addMounts(f, p, namespace)
}

// addMounts notes the pins and the peer groups of a table.
func (m *Machine) addMounts(r io.Reader, p Process, namespace uint64) error {
	return readMounts(r, &m.left, func(mnt mount) {
		if mnt.shared != 0 {
			m.peers.add(mnt.shared, peer{namespace, mnt.point, p})
		}
		if mnt.fstype != "nsfs" {
			return
		}
		kind, id, err := nsutil.ParseLink(mnt.root)
		if err != nil {
			return // of a kind that is younger than this program
		}
		n := m.census.at(kind, id)
		pin := Pin{Path: mnt.point, MountNamespace: namespace, Process: p}
		same := func(other Pin) bool { return other.Path == pin.Path && other.MountNamespace == pin.MountNamespace }
		if !slices.ContainsFunc(n.Pins, same) {
			n.Pins = append(n.Pins, pin)
		}
	})
}

// readMountsOf returns the mounts that a process sees, by their mount points.
func (d procDir) readMountsOf(file string) ([]mount, error) {
	f, err := d.open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAllMounts(f)
}

// readAllMounts returns the mounts of a table. Where that is too long it returns those
// that come first, and [errTooLong].
func readAllMounts(r io.Reader) ([]mount, error) {
	var all []mount
	left := int64(maxMountTable)
	err := readMounts(r, &left, func(m mount) { all = append(all, m) })
	if err != nil && !errors.Is(err, errTooLong) {
		return nil, err
	}
	markHidden(all)
	slices.SortStableFunc(all, func(a, b mount) int { return cmp.Compare(a.point, b.point) })
	return all, err
}
