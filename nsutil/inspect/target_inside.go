package inspect

import (
	"errors"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// readMaps reads the ID maps, which are in terms of the reader's user namespace: they
// tell of the host only where that is the host's.
func (f *facts) readMaps(m *Machine, d procDir, inside *Inside) {
	uids, err := parse(d, "uid_map", nsutil.ParseIDMap)
	f.miss(factMaps, err)
	gids, err := parse(d, "gid_map", nsutil.ParseIDMap)
	f.miss(factMaps, err)
	f.uidMap, f.gidMap = uids, gids
	inside.UIDMap, inside.GIDMap = extents(uids), extents(gids)
	if caller, err := nsutil.IDOf(nsutil.User.File(0)); err != nil || caller.Ino != m.Reference.Namespaces[nsutil.User] {
		f.miss(factMaps, errors.New("the caller is in another user namespace than the host, and they are in its terms"))
	}
}

func extents(ids nsutil.IDMap) [][3]uint32 {
	all := [][3]uint32{}
	for _, e := range ids {
		all = append(all, [3]uint32{e.Inside, e.Outside, e.Length})
	}
	return all
}

func (f *facts) readClocks(d procDir, inside *Inside) {
	offsets, err := parse(d, "timens_offsets", nsutil.ParseTimeOffsets)
	if errors.Is(err, unix.ENOENT) {
		return // the kernel has none
	}
	f.miss(factClocks, err)
	if err == nil {
		monotonic, boottime := int64(offsets.Monotonic), int64(offsets.Boottime)
		inside.MonotonicOffset, inside.BoottimeOffset = &monotonic, &boottime
	}
}

// countProcesses counts those of the PID namespace and the ones below.
func (m *Machine) countProcesses(f *facts, inside *Inside) {
	within := f.own[nsutil.PID]
	if within == 0 {
		return
	}
	n := 0
	for _, s := range m.sightings {
		for id := s.own.in[nsutil.PID]; id != 0; id = m.parentOf(id) {
			if id == within {
				n++
				break
			}
		}
	}
	inside.Processes = &n
}

func (m *Machine) parentOf(id uint64) uint64 {
	if n := m.census[id]; n != nil {
		return n.Parent
	}
	return 0
}

// readNames reads the hostname from a thread that joins the UTS namespace: no file
// under /proc/PID has it.
func (f *facts) readNames(file string, inside *Inside) {
	fd, err := openNamespaceFile(file)
	if gone(err) {
		return
	}
	if err == nil {
		defer unix.Close(fd)
		var n names
		if n, err = namesIn(fd); err == nil {
			inside.Hostname, inside.Domainname = &n.Hostname, &n.Domainname
			return
		}
	}
	f.miss(factNames, err)
}
