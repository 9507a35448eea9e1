package inspect

import (
	"errors"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// fewTries is how many of a namespace's processes are asked for it: they may be ending.
const fewTries = 3

// open opens a namespace through whatever holds it.
func (m *Machine) open(n *Namespace) (int, error) {
	var files []string
	for _, p := range n.Processes[:min(fewTries, len(n.Processes))] {
		files = append(files, n.Kind.File(p.PID))
	}
	for _, p := range n.ForChildren[:min(fewTries, len(n.ForChildren))] {
		files = append(files, n.Kind.File(p.PID)+"_for_children")
	}
	for _, t := range n.Threads[:min(fewTries, len(n.Threads))] {
		dir := "/proc/" + strconv.Itoa(t.Process.PID) + "/task/" + strconv.Itoa(t.TID) + "/ns/" + string(n.Kind)
		files = append(files, dir, dir+"_for_children")
	}
	for _, d := range n.Descriptors[:min(fewTries, len(n.Descriptors))] {
		files = append(files, "/proc/"+strconv.Itoa(d.Process.PID)+"/fd/"+strconv.Itoa(d.FD))
	}
	last := error(unix.ENOENT)
	for _, file := range files {
		fd, err := m.careful(func() (int, error) { return openNamespaceFile(file) }, n.ID)
		if err == nil {
			return fd, nil
		}
		last = err
	}
	for _, pin := range n.Pins[:min(fewTries, len(n.Pins))] {
		fd, err := m.careful(pin.open, n.ID)
		if err == nil {
			return fd, nil
		}
		last = err
	}
	return -1, last
}

// careful returns what open opens, if that is the namespace and comes in time. Who keeps
// it waiting, as the owner of a FUSE file system can, does so a few times only.
func (m *Machine) careful(open func() (int, error), id uint64) (int, error) {
	if m.stuck >= fewTries {
		return -1, errStuck
	}
	fd, err := within(patience, open, closeLate)
	if errors.Is(err, errStuck) {
		m.stuck++
	}
	if err != nil {
		return -1, err
	}
	return expect(fd, id)
}

// expect returns fd if it is of the namespace, else ENOENT.
func expect(fd int, id uint64) (int, error) {
	got, err := nsutil.IDOfFd(fd)
	if err == nil && got.Ino != id {
		err = unix.ENOENT
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// open opens a pin of whatever mount namespace.
func (p Pin) open() (int, error) {
	d, err := openProcDir(p.Process.PID)
	if err != nil {
		return -1, err
	}
	defer d.close()
	found, err := d.openInRoot(p.Path)
	if err != nil {
		return -1, err
	}
	defer unix.Close(found)
	return reopenNamespace(found)
}
