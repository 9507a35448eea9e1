package inspect

import (
	"maps"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
)

// facts are what a verdict rests on: what was seen of a target, and of the host to
// compare it with.
type facts struct {
	whose     string // what to call the reference: "host" or "caller"
	own, host map[nsutil.Kind]uint64
	process   bool // and no pin

	mounts     []mount // of the target, below its root directory
	hostMounts []mount
	peers      peerGroups

	uidMap, gidMap nsutil.IDMap
	procs          []procMount
	cgroupPlaces   []CgroupPlace
	cgroupMounts   []cgroupMount
	ways           []wayOut
	open           []openNamespace

	// gaps are what could not be seen, by what it would have been good for.
	gaps map[fact]string
}

// fact is something that a verdict may rest on.
type fact string

const (
	factNamespaces  fact = "its namespaces"
	factMounts      fact = "its mounts"
	factHostMounts  fact = "the host's mounts"
	factMaps        fact = "its ID maps"
	factProcs       fact = "what its /proc shows"
	factCgroups     fact = "its cgroup mounts"
	factDescriptors fact = "its descriptors"
	factLinks       fact = "its links"
	factNames       fact = "its hostname and domainname"
	factClocks      fact = "its clocks"
	factProcesses   fact = "its processes"
)

func (f *facts) miss(what fact, err error) {
	if err == nil || f.gaps[what] != "" {
		return
	}
	if f.gaps == nil {
		f.gaps = map[fact]string{}
	}
	f.gaps[what] = err.Error()
}

// unseen returns the gaps as lines, sorted.
func (f *facts) unseen() []string {
	var lines []string
	for _, what := range slices.Sorted(maps.Keys(f.gaps)) {
		lines = append(lines, string(what)+": "+f.gaps[what])
	}
	return lines
}

// procMount is a procfs that the target has mounted.
type procMount struct {
	point, device string
	namespace     uint64 // the PID namespace it shows; 0 if that is not to be told
	showsCaller   bool   // whether this program is among the processes it shows
	processes     int
}

// cgroupMount is a cgroup hierarchy, or a part of one, that the target has mounted.
type cgroupMount struct {
	point   string
	outside string // its root as the caller sees it
	inside  string // as the target's cgroup namespace has it: "/.." and more above that one's root; "" unknown
}

// wayOut is a directory that a process keeps, outside of its root, in a file system
// that the host has mounted.
type wayOut struct {
	what string // "its working directory", "descriptor 7"
	path string
	host string // where the host has it mounted
}

// topmost returns the mount that is seen at a point.
func topmost(mounts []mount, point string) (mount, bool) {
	found := mount{}
	for _, m := range mounts {
		if m.point == point && !m.hidden {
			found = m
		}
	}
	return found, found.point != ""
}
