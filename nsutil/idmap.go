package nsutil

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// UnmappedID is what /proc/PID/uid_map shows outside an extent that has no mapping
// in the reader's user namespace: (uid_t)-1.
const UnmappedID = math.MaxUint32

// MaxIDExtents is how many extents a map may have since Linux 4.15; it was 5 before.
const MaxIDExtents = 340

// Extent is one line of an ID map: Length IDs from Inside on, in the user namespace,
// stand for as many from Outside on. What outside means depends on who opened
// the file: for a process in another user namespace it is that namespace, for one in
// the same it is the parent. See user_namespaces(7).
type Extent struct {
	Inside, Outside, Length uint32
}

// IDMap is the text of /proc/PID/uid_map or gid_map. An empty one maps nothing,
// as that of a user namespace to which no map was written yet.
type IDMap []Extent

// UIDMapOf reads /proc/PID/uid_map; pid 0 is the calling process.
func UIDMapOf(pid int) (IDMap, error) {
	return parseFile(procPath(pid, "uid_map"), ParseIDMap)
}

// GIDMapOf reads /proc/PID/gid_map; pid 0 is the calling process.
func GIDMapOf(pid int) (IDMap, error) {
	return parseFile(procPath(pid, "gid_map"), ParseIDMap)
}

// ParseIDMap parses the text of /proc/PID/uid_map or gid_map. It takes
// what the kernel would not ([IDMap.Validate]), such as extents that overlap.
func ParseIDMap(r io.Reader) (IDMap, error) {
	lines, err := readLines(r)
	if err != nil {
		return nil, fmt.Errorf("parse ID map: %w", err)
	}
	m := make(IDMap, 0, len(lines))
	for _, line := range lines {
		n, err := parseUints(strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("parse ID map: line %q: %w", line, err)
		}
		if len(n) != 3 {
			return nil, fmt.Errorf("parse ID map: line %q has %d numbers where 3 belong", line, len(n))
		}
		m = append(m, Extent{Inside: n[0], Outside: n[1], Length: n[2]})
	}
	return m, nil
}

// Validate says what in a map would make the kernel refuse it with EINVAL, whoever
// writes it: no extents or more than [MaxIDExtents], an empty extent, one that
// starts at or runs past the last ID, 4294967294, or two that overlap on either side.
func (m IDMap) Validate() error {
	if len(m) == 0 {
		return errors.New("ID map has no extents")
	}
	if len(m) > MaxIDExtents {
		return fmt.Errorf("ID map has %d extents, more than %d", len(m), MaxIDExtents)
	}
	for i, e := range m {
		if err := e.validate(); err != nil {
			return err
		}
		for _, other := range m[:i] {
			if overlap(e.Inside, e.Length, other.Inside, other.Length) ||
				overlap(e.Outside, e.Length, other.Outside, other.Length) {
				return fmt.Errorf("ID map extents %q and %q overlap", other, e)
			}
		}
	}
	return nil
}

func (e Extent) validate() error {
	switch {
	case e.Length == 0:
		return fmt.Errorf("ID map extent %q is empty", e)
	case runsPast(e.Inside, e.Length), runsPast(e.Outside, e.Length):
		return fmt.Errorf("ID map extent %q runs past the last ID", e)
	default:
		return nil
	}
}

// runsPast tells whether length IDs from first on reach the one that is none.
func runsPast(first, length uint32) bool {
	return uint64(first)+uint64(length) > UnmappedID
}

func overlap(a, lengthA, b, lengthB uint32) bool {
	return uint64(a) < uint64(b)+uint64(lengthB) && uint64(b) < uint64(a)+uint64(lengthA)
}

// ToOutside returns what an ID inside the user namespace stands for outside. It is
// false when the ID is not mapped.
func (m IDMap) ToOutside(inside uint32) (uint32, bool) {
	for _, e := range m {
		if id, ok := translate(inside, e.Inside, e.Outside, e.Length); ok {
			return id, true
		}
	}
	return 0, false
}

// ToInside returns the ID inside the user namespace that stands for one outside. It is
// false when there is none.
func (m IDMap) ToInside(outside uint32) (uint32, bool) {
	for _, e := range m {
		if e.Outside == UnmappedID {
			continue
		}
		if id, ok := translate(outside, e.Outside, e.Inside, e.Length); ok {
			return id, true
		}
	}
	return 0, false
}

// translate moves id from the range that starts at from to the one at to.
func translate(id, from, to, length uint32) (uint32, bool) {
	if id < from || id-from >= length {
		return 0, false
	}
	moved := uint64(to) + uint64(id-from)
	if moved >= UnmappedID {
		return 0, false
	}
	return uint32(moved), true
}

// String returns the extent as a line of the map: "0 1000 1".
func (e Extent) String() string {
	return fmt.Sprintf("%d %d %d", e.Inside, e.Outside, e.Length)
}

// String returns the map as it is written to /proc/PID/uid_map, an extent a line.
func (m IDMap) String() string {
	var b strings.Builder
	for _, e := range m {
		fmt.Fprintln(&b, e)
	}
	return b.String()
}

// WriteTo writes the map in a single write, as /proc/PID/uid_map requires.
func (m IDMap) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, m.String())
	if err != nil {
		return int64(n), fmt.Errorf("write ID map: %w", err)
	}
	return int64(n), nil
}
