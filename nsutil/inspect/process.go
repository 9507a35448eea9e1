package inspect

import (
	"errors"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// Process is a process by its PID, in the PID namespace of the caller's /proc, and the name of
// its program (comm), which the process chooses: it may hold anything but a newline.
type Process struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
}

// sighting is what one look at a process found.
type sighting struct {
	Process
	thread  bool   // of another process, and none of its own
	uid     uint32 // effective
	zombie  bool
	root    string // of its root directory, as far as that can be named
	own     namespaces
	threads []threadSighting // those whose namespaces are not the process's
	open    []openNamespace
	gaps    []error
}

// namespaces are those that a thread is in, and those that its children will be in. A
// kind is missing where the kernel lacks it, and all but some for a zombie.
type namespaces struct {
	in, forChildren map[nsutil.Kind]uint64
}

type threadSighting struct {
	tid int
	namespaces
}

// openNamespace is an open descriptor of a namespace file.
type openNamespace struct {
	fd   int
	kind nsutil.Kind
	id   uint64
}

// look reads all of a process that [Machine] needs. ESRCH or ENOENT: it has ended.
// EACCES, EPERM: the caller may not inspect it (ptrace(2), PTRACE_MODE_READ).
func look(pid int, buffer []byte) (sighting, error) {
	d, err := openProcDir(pid)
	if err != nil {
		return sighting{}, err
	}
	defer d.close()
	status, err := parse(d, "status", nsutil.ParseStatus)
	if err != nil {
		return sighting{}, err
	}
	s := sighting{
		Process: Process{pid, status.Name}, uid: status.UID.Effective,
		thread: status.Tgid != status.Pid, zombie: status.State == 'Z' || status.State == 'X',
	}
	if s.own, err = d.namespaces("ns/", buffer); err != nil || s.zombie {
		return s, err
	}
	if s.root, err = d.link("root", buffer); err != nil && !gone(err) {
		s.gaps = append(s.gaps, err)
	}
	if status.Threads > 1 {
		s.lookAtThreads(d, buffer)
	}
	s.lookAtDescriptors(d, buffer)
	return s, nil
}

// namespaces reads the links in a directory: "ns/", or "task/7/ns/".
func (d procDir) namespaces(dir string, buffer []byte) (namespaces, error) {
	n := namespaces{in: map[nsutil.Kind]uint64{}, forChildren: map[nsutil.Kind]uint64{}}
	for _, kind := range nsutil.Kinds() {
		_, id, ok, err := d.namespace(dir+string(kind), buffer)
		if err != nil {
			return n, err
		}
		if ok {
			n.in[kind] = id
		}
	}
	for _, kind := range []nsutil.Kind{nsutil.PID, nsutil.Time} {
		_, id, ok, err := d.namespace(dir+string(kind)+"_for_children", buffer)
		if err != nil {
			return n, err
		}
		if ok && id != n.in[kind] {
			n.forChildren[kind] = id
		}
	}
	return n, nil
}

func (s *sighting) lookAtThreads(d procDir, buffer []byte) {
	tids, whole, err := d.numbers("task")
	if err != nil || !whole {
		s.gap(err, "has more threads than are looked at")
	}
	for _, tid := range tids {
		if tid == s.PID {
			continue
		}
		n, err := d.namespaces("task/"+strconv.Itoa(tid)+"/ns/", buffer)
		if err != nil {
			s.gap(err, "")
			return
		}
		if n.differ(s.own) {
			s.threads = append(s.threads, threadSighting{tid, n})
		}
	}
}

// differ reports whether a thread is in a namespace that others is not, or has one
// ready for its children.
func (n namespaces) differ(others namespaces) bool {
	for kind, id := range n.in {
		if others.in[kind] != id {
			return true
		}
	}
	for kind, id := range n.forChildren {
		if others.forChildren[kind] != id {
			return true
		}
	}
	return false
}

func (s *sighting) lookAtDescriptors(d procDir, buffer []byte) {
	fds, whole, err := d.numbers("fd")
	if err != nil || !whole {
		s.gap(err, "has more descriptors than are looked at")
	}
	for _, fd := range fds {
		kind, id, ok, err := d.namespace("fd/"+strconv.Itoa(fd), buffer)
		if err != nil {
			s.gap(err, "")
			return
		}
		if ok {
			s.open = append(s.open, openNamespace{fd, kind, id})
		}
	}
}

func (s *sighting) gap(err error, otherwise string) {
	switch {
	case gone(err):
	case err != nil:
		s.gaps = append(s.gaps, err)
	default:
		s.gaps = append(s.gaps, errors.New("process "+strconv.Itoa(s.PID)+" "+otherwise))
	}
}

// forbidden reports whether an access failed for want of privilege.
func forbidden(err error) bool {
	return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)
}
