package inspect

import (
	"errors"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// Pin returns what is known of the namespace that a file stands for: a pin, or a link under
// /proc/PID/ns. [ErrNoNamespace]: it is another file.
func (m *Machine) Pin(path string) (*Report, error) {
	fd, err := within(patience, func() (int, error) { return openNamespaceFile(path) }, closeLate)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	kind, err := nsutil.TypeOf(fd)
	if err != nil {
		return nil, err
	}
	id, err := nsutil.IDOfFd(fd)
	if err != nil {
		return nil, err
	}
	n := m.census[id.Ino]
	if n == nil { // it has come since, or is held where the caller may not look
		n = m.census.at(kind, id.Ino)
		m.relate(n, fd, map[uint64]bool{n.ID: true})
		m.countRelations()
	}
	f := m.newFacts(map[nsutil.Kind]uint64{kind: id.Ino})
	r := m.newReport(Target{Path: path})
	if err := m.readHostMounts(f); err != nil {
		return nil, err
	}
	m.visitPin(n, fd, f, &r.Inside)
	m.conclude(r, f, []nsutil.Kind{kind})
	return r, nil
}

// visitPin looks into a namespace through a thread that joins it; where that cannot
// be, through a process that is in it.
func (m *Machine) visitPin(n *Namespace, fd int, f *facts, inside *Inside) {
	switch n.Kind {
	case nsutil.PID:
		m.countProcesses(f, inside)
	case nsutil.UTS:
		names, err := namesIn(fd)
		if f.miss(factNames, err); err == nil {
			inside.Hostname, inside.Domainname = &names.Hostname, &names.Domainname
		}
	case nsutil.Net:
		var err error
		if inside.Links, err = linksIn(fd); err != nil && !m.throughMember(n, func(d procDir) { f.readLinks(d, inside) }) {
			f.miss(factLinks, err)
		}
	case nsutil.Mnt:
		if !m.throughMember(n, func(d procDir) { f.readMounts(d, inside) }) {
			f.readMountsJoined(fd, inside)
		}
	case nsutil.User:
		if !m.throughMember(n, func(d procDir) { f.readMaps(m, d, inside) }) {
			f.miss(factMaps, errors.New("no process is in it"))
		}
	case nsutil.Time:
		m.throughMember(n, func(d procDir) { f.readClocks(d, inside) })
	}
}

// throughMember reads something of a process that is in the namespace. It is false when
// there is none.
func (m *Machine) throughMember(n *Namespace, read func(procDir)) bool {
	for _, p := range n.Processes {
		d, err := openProcDir(p.PID)
		if err != nil {
			continue
		}
		defer d.close()
		if _, id, ok, err := d.namespace("ns/"+string(n.Kind), make([]byte, 64)); err == nil && ok && id == n.ID {
			read(d)
			return true
		}
	}
	return false
}
