package harness

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// Snapshot is the state of this process's namespaces that a test must leave as
// it found it. What belongs to a process that runs tests beside this one is left out.
type Snapshot struct{ parts []part }

// part is what a look has seen.
type part struct {
	raw    string            // as the kernel told it
	things map[string]string // names of things to what they are
}

// look is how a part of a snapshot is taken. After nearly every test nothing has
// changed: that is told from the raw text alone.
type look struct {
	read  func(b []byte) []byte // appends the raw text
	parse func(raw string) map[string]string
}

// looks takes this process's hostname and domain name, mount table, links, System V
// and POSIX IPC objects, cgroups, namespaces of all threads, the sysctls that tests
// touch, and, last since the others keep some open, descriptors.
var looks = []look{
	{readNames, parseNames},
	{readMounts, parseMounts},
	{readLinks, parseLinks},
	{readSysV, parseSysV},
	{readQueues, parseQueues},
	{readCgroups, parseCgroups},
	{readNamespaces, parseNamespaces},
	{readSysctls, parseSysctls},
	{readDescriptors, parseDescriptors},
}

// latest is the snapshot that was taken last, of which the next takes what is the same.
var latest struct {
	sync.Mutex
	Snapshot
	buffer []byte
}

// TakeSnapshot looks at this process's namespaces.
func TakeSnapshot() Snapshot {
	latest.Lock()
	defer latest.Unlock()
	now := Snapshot{parts: make([]part, len(looks))}
	for i, l := range looks {
		latest.buffer = l.read(latest.buffer[:0])
		if before := latest.parts; before != nil && before[i].raw == string(latest.buffer) {
			now.parts[i] = before[i]
			continue
		}
		raw := string(latest.buffer)
		now.parts[i] = part{raw, l.parse(raw)}
	}
	latest.Snapshot = now
	return now
}

// Diff returns what is different in after, a line each. A descriptor that is
// gone does not count: the garbage collector closes those of tests' own making.
func (s Snapshot) Diff(after Snapshot) []string {
	var diff []string
	for i := range s.parts {
		if s.parts[i].raw != after.parts[i].raw {
			diff = append(diff, differences(s.parts[i].things, after.parts[i].things)...)
		}
	}
	slices.Sort(diff)
	return diff
}

func differences(before, after map[string]string) (diff []string) {
	for what, was := range before {
		if is, ok := after[what]; !ok && !strings.HasPrefix(what, "descriptor ") {
			diff = append(diff, fmt.Sprintf("%s is gone (was %s)", what, was))
		} else if ok && is != was {
			diff = append(diff, fmt.Sprintf("%s was %s, is %s", what, was, describe(what, is)))
		}
	}
	for what, is := range after {
		if _, ok := before[what]; !ok {
			diff = append(diff, fmt.Sprintf("%s is new (%s)", what, describe(what, is)))
		}
	}
	return diff
}

// describe says what a new thing is. Where a descriptor leads to is looked up
// here only, since to follow all of them takes a large part of a snapshot's time.
func describe(what, is string) string {
	if fd, ok := strings.CutPrefix(what, "descriptor "); ok {
		if target, err := os.Readlink("/proc/self/fd/" + fd); err == nil {
			return target
		}
	}
	return is
}
