package nsutil

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// CgroupEntry is one line of /proc/PID/cgroup: where a process is in one
// cgroup hierarchy. See cgroups(7).
type CgroupEntry struct {
	// Hierarchy is its number; 0 is cgroup v2.
	Hierarchy int
	// Controllers are those of a v1 hierarchy, or its name: "name=systemd". Nil for v2.
	Controllers []string
	// Path begins at the root of the reader's cgroup namespace; what is outside
	// of it begins with "/..". A removed cgroup's ends with " (deleted)".
	Path string
}

// CgroupsOf reads /proc/PID/cgroup; pid 0 is the calling process. It has no entries while
// no hierarchy is mounted, and does not exist without CONFIG_CGROUPS: fs.ErrNotExist.
func CgroupsOf(pid int) ([]CgroupEntry, error) {
	return parseFile(procPath(pid, "cgroup"), ParseCgroups)
}

// ParseCgroups parses the text of /proc/PID/cgroup. The path may hold colons.
func ParseCgroups(r io.Reader) ([]CgroupEntry, error) {
	lines, err := readLines(r)
	if err != nil {
		return nil, fmt.Errorf("parse cgroup: %w", err)
	}
	entries := make([]CgroupEntry, 0, len(lines))
	for _, line := range lines {
		e, err := parseCgroupLine(line)
		if err != nil {
			return nil, fmt.Errorf("parse cgroup: line %q: %w", line, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func parseCgroupLine(line string) (CgroupEntry, error) {
	parts := strings.SplitN(line, ":", 3)
	if len(parts) != 3 {
		return CgroupEntry{}, fmt.Errorf("%d of 3 fields", len(parts))
	}
	hierarchy, err := strconv.ParseUint(parts[0], 10, 31)
	if err != nil {
		return CgroupEntry{}, fmt.Errorf("%q is no hierarchy number", parts[0])
	}
	if !strings.HasPrefix(parts[2], "/") {
		return CgroupEntry{}, fmt.Errorf("path %q does not begin with a slash", parts[2])
	}
	e := CgroupEntry{Hierarchy: int(hierarchy), Path: parts[2]}
	if parts[1] != "" {
		e.Controllers = strings.Split(parts[1], ",")
	}
	return e, nil
}

// UnifiedCgroup returns the path in the cgroup v2 hierarchy. It is false when
// there is none.
func UnifiedCgroup(entries []CgroupEntry) (string, bool) {
	for _, e := range entries {
		if e.Hierarchy == 0 {
			return e.Path, true
		}
	}
	return "", false
}
