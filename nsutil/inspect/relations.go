package inspect

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// lookAtRelations asks each namespace for its owner and parent, which may be ones that
// nothing else shows; and reads the mounts of those mount namespaces that no
// process is in.
func (m *Machine) lookAtRelations() {
	asked := map[uint64]bool{}
	for more := true; more; { // mounts that no process has may hold further pins
		more = false
		for _, n := range m.census.sorted() {
			if asked[n.ID] {
				continue
			}
			asked[n.ID], more = true, true
			fd, err := m.open(n)
			if err != nil {
				if !gone(err) {
					m.miss(fmt.Sprintf("owner and parent of %s namespace %d: %v", n.Kind, n.ID, err))
				}
				continue
			}
			m.relate(n, fd, asked)
			if n.Kind == nsutil.Mnt && len(n.Processes) == 0 && len(n.Threads) == 0 {
				m.lookInto(n, fd)
			}
			unix.Close(fd)
		}
	}
	m.countRelations()
}

// relate fills in what ioctls tell of a namespace, and of those around it that were
// not known before.
func (m *Machine) relate(n *Namespace, fd int, asked map[uint64]bool) {
	if unique, err := nsutil.UniqueID(fd); err == nil {
		n.Unique = unique
	}
	if n.Kind == nsutil.User {
		if uid, err := nsutil.OwnerUID(fd); err == nil {
			n.OwnerUID = &uid
		}
	}
	n.Owner = m.relative(nsutil.User, fd, nsutil.Owner, asked)
	if n.Kind == nsutil.User || n.Kind == nsutil.PID {
		n.Parent = m.relative(n.Kind, fd, nsutil.Parent, asked)
	}
}

// relative returns the namespace that an ioctl opens; 0 for none, and for one outside
// the caller's own.
func (m *Machine) relative(kind nsutil.Kind, of int, ask func(int) (int, error), asked map[uint64]bool) uint64 {
	fd, err := ask(of)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	id, err := nsutil.IDOfFd(fd)
	if err != nil {
		return 0
	}
	n := m.census.at(kind, id.Ino)
	if !asked[n.ID] {
		asked[n.ID] = true
		m.relate(n, fd, asked)
	}
	return n.ID
}

// countRelations tells each namespace how many others hold it.
func (m *Machine) countRelations() {
	for _, n := range m.census {
		n.Owns, n.Children = 0, 0
	}
	for _, n := range m.census {
		if parent := m.census[n.Parent]; parent != nil {
			parent.Children++
		}
		if owner := m.census[n.Owner]; owner != nil && n.Kind != nsutil.User {
			owner.Owns++
			n.OwnerUID = owner.OwnerUID
		}
	}
}

// lookInto reads the mounts of a mount namespace that no process is in, through a
// thread that joins it.
func (m *Machine) lookInto(n *Namespace, fd int) {
	err := inMountNamespace(fd, func(table *os.File) error {
		return m.addMounts(table, Process{PID: os.Getpid()}, n.ID)
	})
	if err != nil {
		m.miss(fmt.Sprintf("the mounts of mount namespace %d, which no process is in: %v", n.ID, err))
	}
}
