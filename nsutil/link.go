package nsutil

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ReadLink reads a link under /proc/PID/ns: the kind and inode number of the
// namespace it leads to. For pid_for_children and time_for_children the kind is
// [PID] and [Time]. A pin is not a link (EINVAL): ask [IDOf] about it.
func ReadLink(path string) (Kind, uint64, error) {
	text, err := os.Readlink(path)
	if err != nil {
		return "", 0, fmt.Errorf("read namespace link: %w", err)
	}
	k, ino, err := ParseLink(text)
	if err != nil {
		return "", 0, fmt.Errorf("%s: %w", path, err)
	}
	return k, ino, nil
}

// ParseLink parses the text of a namespace link, "uts:[4026531838]", as it also appears
// in the root field of a pin's line in /proc/PID/mountinfo.
func ParseLink(text string) (Kind, uint64, error) {
	name, rest, _ := strings.Cut(text, ":[")
	digits, closed := strings.CutSuffix(rest, "]")
	ino, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || !closed {
		return "", 0, fmt.Errorf("parse namespace link %q: not of the form uts:[4026531838]", text)
	}
	k := Kind(name)
	if !slices.Contains(Kinds(), k) {
		return "", 0, fmt.Errorf("parse namespace link %q: %q is no kind of namespace", text, name)
	}
	return k, ino, nil
}
