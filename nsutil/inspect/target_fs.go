package inspect

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// fewProcs is how many different procfs of a target are looked at.
const fewProcs = 8

// readProcs finds out what PID namespace each procfs of the target's shows.
func (f *facts) readProcs(d procDir, inside *Inside) {
	done := map[string]bool{}
	for _, m := range f.mounts {
		if m.fstype != "proc" || m.root != "/" || m.hidden || done[m.device] || len(done) == fewProcs {
			continue
		}
		p, err := within(patience, func() (procMount, error) { return d.readProc(m) }, func(procMount, error) {})
		switch {
		case errors.Is(err, errCovered):
			continue
		case err != nil && !gone(err):
			f.miss(factProcs, fmt.Errorf("%s: %w", m.point, err))
		}
		done[m.device] = true
		p.point, p.device = m.point, m.device
		f.procs = append(f.procs, p)
		if m.point == "/proc" && p.processes > 0 {
			inside.ProcProcesses = &p.processes
		}
	}
}

// errCovered says that something else is mounted above.
var errCovered = errors.New("it is covered by another mount")

// readProc looks at a procfs that the process has mounted.
func (d procDir) readProc(m mount) (procMount, error) {
	fd, err := d.openInRoot(m.point)
	if err != nil {
		return procMount{}, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return procMount{}, fmt.Errorf("stat: %w", err)
	}
	if device := fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev)); device != m.device {
		return procMount{}, errCovered
	}
	return procDir{d.pid, fd}.shows()
}

// shows finds out whose processes a procfs shows. "self" leads somewhere only for who is in its
// PID namespace or below, and its NSpid begins with that namespace's (proc_pid_status(5)). For
// others there is process 1, the namespace's init.
func (d procDir) shows() (procMount, error) {
	all, _, err := d.numbers(".")
	p := procMount{processes: len(all)}
	if err != nil {
		return p, err
	}
	if status, err := parse(d, "self/status", nsutil.ParseStatus); err == nil {
		p.showsCaller = true
		if own, err := nsutil.IDOf(nsutil.PID.File(0)); err == nil && len(status.NSpid) == 1 {
			p.namespace = own.Ino
		}
		return p, nil
	}
	_, p.namespace, _, err = d.namespace("1/ns/pid", make([]byte, 64))
	if err == nil && p.namespace == 0 && len(all) > 0 {
		err = errors.New("it hides process 1")
	}
	return p, err
}

// readLinks lists the network interfaces.
func (f *facts) readLinks(d procDir, inside *Inside) {
	file, err := d.open("net/dev")
	if err == nil {
		defer file.Close()
		inside.Links, err = parseLinks(file)
	}
	if !gone(err) {
		f.miss(factLinks, err)
	}
}

// readCgroups finds out where the process is, as the caller and as its own namespace has
// it, and what part of the hierarchies it has mounted.
func (f *facts) readCgroups(d procDir, inside *Inside) {
	places, err := parse(d, "cgroup", nsutil.ParseCgroups)
	if errors.Is(err, unix.ENOENT) {
		return // the kernel has none
	}
	f.miss(factCgroups, err)
	for _, p := range places {
		f.cgroupPlaces = append(f.cgroupPlaces, CgroupPlace{Controllers: p.Controllers, Path: p.Path})
	}
	for _, m := range f.mounts {
		if (m.fstype == "cgroup" || m.fstype == "cgroup2") && !m.hidden {
			f.cgroupMounts = append(f.cgroupMounts, cgroupMount{point: m.point, outside: m.root})
		}
	}
	if caller, err := nsutil.IDOf(nsutil.Cgroup.File(0)); err == nil && caller.Ino != f.host[nsutil.Cgroup] {
		f.miss(factCgroups, errors.New("the caller is in another cgroup namespace than the host"))
	}
	if err := f.readCgroupsWithin(d); err != nil && f.mayShowMore() {
		f.miss(factCgroups, err)
	}
	inside.Cgroups = f.cgroupPlaces
}

// readCgroupsWithin reads the same from within the cgroup namespace: these files show
// paths relative to the root of the reader's.
func (f *facts) readCgroupsWithin(d procDir) error {
	fd, err := openNamespaceFile(nsutil.Cgroup.File(d.pid))
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return joined(nsutil.Cgroup, fd, func() error {
		places, err := parse(d, "cgroup", nsutil.ParseCgroups)
		if err != nil {
			return err
		}
		mounts, err := d.readMountsOf("mountinfo")
		if err != nil {
			return err
		}
		for i, p := range places {
			if i < len(f.cgroupPlaces) {
				f.cgroupPlaces[i].Inside = p.Path
			}
		}
		i := 0
		for _, m := range mounts {
			if (m.fstype == "cgroup" || m.fstype == "cgroup2") && !m.hidden && i < len(f.cgroupMounts) && f.cgroupMounts[i].point == m.point {
				f.cgroupMounts[i].inside = m.root
				i++
			}
		}
		return nil
	})
}

// mayShowMore reports whether a cgroup mount may show what is above the namespace's root:
// one whose root is at or below the process's own cgroup does not.
func (f *facts) mayShowMore() bool {
	for _, m := range f.cgroupMounts {
		for _, p := range f.cgroupPlaces {
			if m.outside != "/" && strings.HasPrefix(p.Path, m.outside+"/") {
				return true
			}
		}
	}
	return false
}

// readMountsJoined reads the mounts of a mount namespace from a thread that joins it.
func (f *facts) readMountsJoined(fd int, inside *Inside) {
	err := inMountNamespace(fd, func(table *os.File) error {
		var err error
		f.mounts, err = readAllMounts(table)
		return err
	})
	f.miss(factMounts, err)
	f.countMounts(err, inside)
}
