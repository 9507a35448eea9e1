package inspect

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
)

// Machine is what one pass over /proc found: every namespace that the caller can
// see, those that only a pin, a descriptor or another namespace holds included. It is for
// one goroutine at a time: what it learns later of a target it adds.
type Machine struct {
	// Schema is the version of the JSON that a Machine becomes: see [MachineSchema].
	Schema int `json:"schema"`
	// Reference is whose namespaces count as the host's.
	Reference Reference `json:"reference"`
	// Namespaces are sorted by kind and number.
	Namespaces []*Namespace `json:"namespaces"`
	// Rooms are the sets of namespaces that processes are in, the host's first.
	Rooms []*Room `json:"rooms"`
	// Unseen says what the caller could not see, and why, a line each.
	Unseen []string `json:"unseen"`

	sightings map[int]sighting
	census    census
	peers     peerGroups
	left      int64 // bytes of mount tables that may still be read
	stuck     int   // file systems that did not answer
}

// Reference is a process whose namespaces count as the host's: init, or where that may
// not be looked at, the caller.
type Reference struct {
	Process
	// Init is whether it is process 1 of the caller's /proc.
	Init bool `json:"init"`
	// Outermost is whether it is in the initial namespaces of those kinds whose initial
	// namespace can be told by its number: if not, the host is itself a container.
	Outermost bool `json:"outermost"`
	// Namespaces are its own.
	Namespaces map[nsutil.Kind]uint64 `json:"namespaces"`
}

// maxMountTables bounds how much is read of all mount tables together.
const maxMountTables = 256 << 20

// Look passes over /proc once. What the caller may not see, and what ends meanwhile, is no
// error: the former is told in Unseen.
func Look() (*Machine, error) {
	m := &Machine{
		Schema: Schema, Unseen: []string{}, sightings: map[int]sighting{}, census: census{},
		peers: peerGroups{}, left: maxMountTables,
	}
	if err := m.lookAtProcesses(); err != nil {
		return nil, err
	}
	if err := m.chooseReference(); err != nil {
		return nil, err
	}
	m.lookAtMountTables()
	m.lookAtRelations()
	m.Namespaces = m.census.sorted()
	m.Rooms = m.rooms()
	return m, nil
}

func (m *Machine) lookAtProcesses() error {
	proc, err := os.Open("/proc")
	if err != nil {
		return fmt.Errorf("list processes: %w", err)
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("list processes: %w", err)
	}
	if !slices.Contains(names, "1") {
		m.miss("other users' processes: /proc hides them (its mount option hidepid)")
	}
	buffer := make([]byte, 4096)
	seen, hidden, gaps := 0, 0, []error(nil)
	for _, pid := range pids(names) {
		s, err := look(pid, buffer)
		switch {
		case gone(err):
			continue
		case forbidden(err):
			hidden++
		case err != nil:
			gaps = append(gaps, err)
		}
		seen++
		gaps = append(gaps, s.gaps...)
		if s.PID == pid {
			m.sightings[pid] = s
			m.census.add(s)
		}
	}
	if hidden > 0 {
		m.miss(fmt.Sprintf("the namespaces, mounts and descriptors of %d of %d processes: permission denied", hidden, seen))
	}
	for _, err := range gaps {
		m.miss(err.Error())
	}
	return nil
}

// fewGaps is how many of the things that could not be seen are told one by one.
const fewGaps = 20

func (m *Machine) miss(what string) {
	switch n := len(m.Unseen); {
	case slices.Contains(m.Unseen, what) || n > fewGaps:
	case n == fewGaps:
		m.Unseen = append(m.Unseen, "and more")
	default:
		m.Unseen = append(m.Unseen, what)
	}
}

// chooseReference takes init for the host where it can be read, else the caller.
func (m *Machine) chooseReference() error {
	for _, pid := range []int{1, os.Getpid()} {
		s, ok := m.sightings[pid]
		if !ok || s.zombie || len(s.own.in) == 0 || s.own.in[nsutil.Mnt] == 0 {
			continue
		}
		m.Reference = Reference{Process: s.Process, Init: pid == 1, Outermost: true, Namespaces: s.own.in}
		for kind, id := range s.own.in {
			if ino, known := nsutil.InitialIno(kind); known && ino != id {
				m.Reference.Outermost = false
			}
		}
		return nil
	}
	return fmt.Errorf("look at the caller's namespaces: /proc does not show this process")
}

// processes returns the sightings by PID.
func (m *Machine) processes() []sighting {
	all := make([]sighting, 0, len(m.sightings))
	for _, s := range m.sightings {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b sighting) int { return cmp.Compare(a.PID, b.PID) })
	return all
}

// pids returns the names under /proc that are those of processes, sorted.
func pids(names []string) []int {
	var all []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			all = append(all, pid)
		}
	}
	slices.Sort(all)
	return all
}
