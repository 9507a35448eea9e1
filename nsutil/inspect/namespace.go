package inspect

import (
	"cmp"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
)

// Namespace is a namespace of the machine and what keeps it alive.
type Namespace struct {
	Kind nsutil.Kind `json:"kind"`
	// ID is its inode number, as lsns prints it and links under /proc/PID/ns do.
	ID uint64 `json:"id"`
	// Unique is the number that no other namespace gets until the machine is booted anew, 0
	// where the kernel has none: see [nsutil.UniqueID].
	Unique uint64 `json:"unique_id,omitempty"`
	// Owner is the user namespace that owns it; for a user namespace, its parent. 0: it
	// has none, or none that the caller may see.
	Owner uint64 `json:"owner,omitempty"`
	// OwnerUID is the user, as the caller's user namespace has it, that owns the owning user
	// namespace; for a user namespace, the one that owns itself. Nil where nobody can tell.
	OwnerUID *uint32 `json:"owner_uid,omitempty"`
	// Parent is that of a PID or user namespace; 0 as for Owner.
	Parent uint64 `json:"parent,omitempty"`

	Holders
}

// Holders are what keeps a namespace alive, as far as /proc shows it. Beside these the
// kernel itself may, and sockets keep their network namespace.
type Holders struct {
	// Processes are in it by their main thread, which is what lsns counts.
	Processes []Process `json:"processes"`
	// Threads are in it, or keep it for their children, and their process does not.
	Threads []ThreadHolder `json:"threads,omitempty"`
	// ForChildren have it ready for their children, after unshare(2) or setns(2).
	ForChildren []Process `json:"for_children,omitempty"`
	// Pins are bind mounts of its file.
	Pins []Pin `json:"pins,omitempty"`
	// Descriptors are open.
	Descriptors []Descriptor `json:"descriptors,omitempty"`
	// Owns is how many namespaces it owns, those that are its children not included.
	Owns int `json:"owns,omitempty"`
	// Children is how many PID or user namespaces have it for a parent.
	Children int `json:"children,omitempty"`
}

// ThreadHolder is a thread that is not where its process is.
type ThreadHolder struct {
	TID     int     `json:"tid"`
	Process Process `json:"process"`
}

// Pin is a mount of a namespace file.
type Pin struct {
	// Path is where, below the root directory of Process.
	Path string `json:"path"`
	// MountNamespace is the one that has the mount.
	MountNamespace uint64 `json:"mount_namespace"`
	// Process is one that sees it.
	Process Process `json:"process"`
}

// Descriptor is an open descriptor of a namespace file.
type Descriptor struct {
	FD      int     `json:"fd"`
	Process Process `json:"process"`
}

// census collects namespaces by their inode numbers, which nsfs gives to one at a time,
// whatever its kind.
type census map[uint64]*Namespace

func (c census) at(kind nsutil.Kind, id uint64) *Namespace {
	n := c[id]
	if n == nil {
		n = &Namespace{Kind: kind, ID: id, Holders: Holders{Processes: []Process{}}}
		c[id] = n
	}
	return n
}

// add counts what a process holds.
func (c census) add(s sighting) {
	for kind, id := range s.own.in {
		n := c.at(kind, id)
		n.Processes = append(n.Processes, s.Process)
	}
	for kind, id := range s.own.forChildren {
		n := c.at(kind, id)
		n.ForChildren = append(n.ForChildren, s.Process)
	}
	for _, t := range s.threads {
		holder := ThreadHolder{t.tid, s.Process}
		for kind, id := range t.in {
			if s.own.in[kind] != id {
				n := c.at(kind, id)
				n.Threads = append(n.Threads, holder)
			}
		}
		for kind, id := range t.forChildren {
			if s.own.forChildren[kind] != id && s.own.in[kind] != id {
				n := c.at(kind, id)
				n.Threads = append(n.Threads, holder)
			}
		}
	}
	for _, o := range s.open {
		n := c.at(o.kind, o.id)
		n.Descriptors = append(n.Descriptors, Descriptor{o.fd, s.Process})
	}
}

// sorted returns the namespaces by kind and number.
func (c census) sorted() []*Namespace {
	all := make([]*Namespace, 0, len(c))
	for _, n := range c {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *Namespace) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return all
}
