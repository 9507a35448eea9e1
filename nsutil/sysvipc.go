package nsutil

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// SysV is a kind of System V IPC object, by its name under /proc/sysvipc.
type SysV string

// The kinds of System V IPC object. See sysvipc(7).
const (
	SysVShm SysV = "shm" // shared memory segments
	SysVMsg SysV = "msg" // message queues
	SysVSem SysV = "sem" // semaphore sets
)

// SysVObject is one line of a file in /proc/sysvipc.
type SysVObject struct {
	Type       SysV
	Key        int32  // 0 (IPC_PRIVATE) for one without a key
	ID         int32  // what shmget, msgget or semget returned
	Perms      uint32 // access bits, and for shared memory 01000 (to be destroyed) and 02000 (locked)
	UID, GID   uint32 // the owner's
	CUID, CGID uint32 // the creator's

	// Columns holds every column by its header's name, as the file writes it: "size",
	// "nattch", "cbytes", "qnum", "nsems", ... Which there are differs by type and kernel.
	Columns map[string]string
}

// SysVObjects lists the objects of one type in the calling thread's IPC namespace, from
// /proc/sysvipc. The file does not exist without CONFIG_SYSVIPC: fs.ErrNotExist.
func SysVObjects(t SysV) ([]SysVObject, error) {
	return parseFile("/proc/sysvipc/"+string(t), ParseSysV)
}

// ParseSysV parses the text of a file in /proc/sysvipc. It goes by the
// names in the header, as kernels differ in columns and their order.
func ParseSysV(r io.Reader) ([]SysVObject, error) {
	lines, err := readLines(r)
	if err != nil {
		return nil, fmt.Errorf("parse sysvipc: %w", err)
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("parse sysvipc: no header")
	}
	header := strings.Fields(lines[0])
	t, err := sysVType(header)
	if err != nil {
		return nil, fmt.Errorf("parse sysvipc: %w", err)
	}
	objects := make([]SysVObject, 0, len(lines)-1)
	for _, line := range lines[1:] {
		o, err := parseSysVLine(t, header, strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("parse sysvipc: line %q: %w", line, err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// sysVType tells the type by the name of the column with the ID, which is
// all that the header says about it.
func sysVType(header []string) (SysV, error) {
	seen := make(map[string]bool, len(header))
	for _, name := range header {
		if seen[name] {
			return "", fmt.Errorf("column %q appears twice", name)
		}
		seen[name] = true
	}
	for _, t := range []SysV{SysVShm, SysVMsg, SysVSem} {
		if seen[t.idColumn()] {
			return t, nil
		}
	}
	return "", fmt.Errorf("header %q has no column shmid, msqid or semid", strings.Join(header, " "))
}

func (t SysV) idColumn() string {
	if t == SysVMsg {
		return "msqid"
	}
	return string(t) + "id"
}

func parseSysVLine(t SysV, header, words []string) (SysVObject, error) {
	if len(words) != len(header) {
		return SysVObject{}, fmt.Errorf("%d columns under a header of %d", len(words), len(header))
	}
	o := SysVObject{Type: t, Columns: make(map[string]string, len(header))}
	for i, name := range header {
		o.Columns[name] = words[i]
	}
	signed := map[string]*int32{"key": &o.Key, t.idColumn(): &o.ID}
	for name, field := range signed {
		n, err := strconv.ParseInt(o.Columns[name], 10, 32)
		if err != nil {
			return SysVObject{}, badColumn(name, o.Columns[name])
		}
		*field = int32(n)
	}
	unsigned := map[string]*uint32{"uid": &o.UID, "gid": &o.GID, "cuid": &o.CUID, "cgid": &o.CGID, "perms": &o.Perms}
	for name, field := range unsigned {
		base := 10
		if name == "perms" {
			base = 8
		}
		n, err := strconv.ParseUint(o.Columns[name], base, 32)
		if err != nil {
			return SysVObject{}, badColumn(name, o.Columns[name])
		}
		*field = uint32(n)
	}
	return o, nil
}

func badColumn(name, word string) error {
	return fmt.Errorf("column %s: %q is no number for it", name, word)
}
