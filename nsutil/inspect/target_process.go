package inspect

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
)

// ErrNoProcess says that no process has the PID.
var ErrNoProcess = errors.New("there is no such process")

// Process returns what is known of a process, by the PID that it has for the caller.
// [ErrNoProcess]: there is none, or it has ended.
func (m *Machine) Process(pid int) (*Report, error) {
	s, err := look(pid, make([]byte, 4096))
	if gone(err) || pid <= 0 {
		return nil, fmt.Errorf("inspect process %d: %w", pid, ErrNoProcess)
	}
	d, opened := openProcDir(pid)
	if gone(opened) {
		return nil, fmt.Errorf("inspect process %d: %w", pid, ErrNoProcess)
	}
	if opened != nil {
		return nil, fmt.Errorf("inspect process %d: %w", pid, opened)
	}
	defer d.close()
	m.learn(s)
	f := m.newFacts(s.own.in)
	f.process, f.open = true, s.open
	f.miss(factNamespaces, err)
	if s.zombie {
		f.miss(factNamespaces, errors.New("it is a zombie, and has left them"))
	}
	for _, gap := range s.gaps {
		f.miss(factDescriptors, gap)
	}
	r := m.newReport(Target{Process: &s.Process, UID: &s.uid})
	if err == nil && !s.zombie {
		if err := m.readHostMounts(f); err != nil {
			return nil, err
		}
		m.visit(d, f, &r.Inside)
	}
	if _, err := parse(d, "status", nsutil.ParseStatus); gone(err) {
		return nil, fmt.Errorf("inspect process %d: it has ended meanwhile: %w", pid, ErrNoProcess)
	}
	m.conclude(r, f, nsutil.Kinds())
	return r, nil
}

// learn adds a process that has begun since the pass over /proc.
func (m *Machine) learn(s sighting) {
	if _, known := m.sightings[s.PID]; known || s.thread {
		return
	}
	m.sightings[s.PID] = s
	m.census.add(s)
	m.lookAtRelations()
	m.Namespaces = m.census.sorted()
}

// visit reads all of a process that a verdict rests on, or that it sees.
func (m *Machine) visit(d procDir, f *facts, inside *Inside) {
	m.countProcesses(f, inside)
	f.readMounts(d, inside)
	f.readMaps(m, d, inside)
	f.readProcs(d, inside)
	f.readCgroups(d, inside)
	f.readWays(d)
	f.readLinks(d, inside)
	f.readClocks(d, inside)
	f.readNames(nsutil.UTS.File(d.pid), inside)
}

func (m *Machine) newFacts(own map[nsutil.Kind]uint64) *facts {
	f := &facts{whose: "host", own: maps.Clone(own), host: m.Reference.Namespaces, peers: m.peers}
	if !m.Reference.Init {
		f.whose = "caller"
	}
	return f
}

func (m *Machine) newReport(t Target) *Report {
	return &Report{Schema: Schema, Target: t, Reference: m.Reference}
}

// conclude gives the verdicts, and says what was not seen.
func (m *Machine) conclude(r *Report, f *facts, kinds []nsutil.Kind) {
	for _, kind := range kinds {
		k := f.judge(kind)
		k.Namespace = m.census[f.own[kind]]
		r.Kinds = append(r.Kinds, k)
	}
	r.Unseen = slices.Concat([]string{}, f.unseen(), m.Unseen)
}

// readHostMounts reads the reference's mounts.
func (m *Machine) readHostMounts(f *facts) error {
	d, err := openProcDir(m.Reference.PID)
	if err != nil {
		return fmt.Errorf("read the %s's mounts: %w", f.whose, err)
	}
	defer d.close()
	f.hostMounts, err = d.readMountsOf("mountinfo")
	f.miss(factHostMounts, err)
	return nil
}

func (f *facts) readMounts(d procDir, inside *Inside) {
	var err error
	f.mounts, err = d.readMountsOf("mountinfo")
	f.miss(factMounts, err)
	f.countMounts(err, inside)
}

func (f *facts) countMounts(err error, inside *Inside) {
	if n := len(f.mounts); err == nil {
		inside.Mounts = &n
	}
}
