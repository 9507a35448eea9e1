package inspect

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// mount is a line of /proc/PID/mountinfo, as far as it matters here. See
// proc_pid_mountinfo(5).
type mount struct {
	id     int
	parent int
	device string // "0:21": the superblock's
	root   string // of what is mounted, within its file system, as the reader's cgroup namespace has it
	point  string // where, below the process's root
	fstype string
	shared int  // the peer group it is in, 0 for none
	master int  // the peer group it receives from, 0 for none
	hidden bool // no path leads to it: see markHidden
}

// mountLimits bound what is read of mount tables, which anybody with a user namespace can fill
// with 100000 mounts (fs.mount-max) in each of any number of mount namespaces.
const (
	maxMountLine  = 256 << 10
	maxMountTable = 64 << 20
)

// errTooLong says that a mount table was not read to its end.
var errTooLong = errors.New("mount table is longer than is read")

// readMounts hands every mount of a table to visit, as far as allowed: it takes what it
// reads off the number of bytes left.
func readMounts(r io.Reader, left *int64, visit func(mount)) error {
	allowed := min(*left, maxMountTable)
	limited := &io.LimitedReader{R: r, N: allowed}
	defer func() { *left -= allowed - limited.N }()
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, 64<<10), maxMountLine)
	for lines.Scan() {
		m, err := parseMount(lines.Text())
		if err != nil && limited.N > 0 { // or the line is cut short
			return fmt.Errorf("parse mountinfo: line %.200q: %w", lines.Text(), err)
		}
		if err == nil {
			visit(m)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read mountinfo: %w", err)
	}
	if limited.N <= 0 {
		return errTooLong
	}
	return nil
}

// parseMount parses a line. The kernel writes blanks within a field as \040, and
// nothing else that others take for white space: fields are split at blanks only.
func parseMount(line string) (mount, error) {
	fields := strings.Split(line, " ")
	if len(fields) < 10 {
		return mount{}, fmt.Errorf("%d fields where 10 belong", len(fields))
	}
	id, err := strconv.Atoi(fields[0])
	if err != nil {
		return mount{}, fmt.Errorf("%q is no mount id", fields[0])
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return mount{}, fmt.Errorf("%q is no mount id", fields[1])
	}
	m := mount{id: id, parent: parent, device: fields[2], root: unescape(fields[3]), point: unescape(fields[4])}
	for i, field := range fields[6:] {
		if field == "-" {
			if len(fields) < 6+i+4 {
				return mount{}, errors.New("the end is missing")
			}
			m.fstype = unescape(fields[6+i+1])
			return m, nil
		}
		if err := m.tag(field); err != nil {
			return mount{}, err
		}
	}
	return mount{}, errors.New("no separator")
}

// tag reads one of the optional fields; those it does not know tell nothing here.
func (m *mount) tag(field string) (err error) {
	name, number, _ := strings.Cut(field, ":")
	switch name {
	case "shared":
		m.shared, err = strconv.Atoi(number)
	case "master":
		m.master, err = strconv.Atoi(number)
	}
	if err != nil {
		return fmt.Errorf("%q is no peer group", field)
	}
	return nil
}

// unescape turns the octal escapes of a field, \040 for a blank, into what they stand for.
func unescape(field string) string {
	if !strings.Contains(field, `\`) {
		return field
	}
	var b strings.Builder
	for i := 0; i < len(field); i++ {
		if field[i] == '\\' && i+4 <= len(field) {
			if n, err := strconv.ParseUint(field[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(field[i])
	}
	return b.String()
}
