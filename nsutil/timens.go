package nsutil

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// TimeOffsets is the text of /proc/PID/timens_offsets: how far a time namespace's
// clocks are ahead of those of the initial one. See time_namespaces(7).
type TimeOffsets struct {
	Monotonic time.Duration // of CLOCK_MONOTONIC, its _COARSE and _RAW
	Boottime  time.Duration // of CLOCK_BOOTTIME and its _ALARM
}

// TimeOffsetsOf reads /proc/PID/timens_offsets; pid 0 is the calling process. They are
// those of the time namespace of the process's future children. The file does not
// exist without CONFIG_TIME_NS: fs.ErrNotExist.
func TimeOffsetsOf(pid int) (TimeOffsets, error) {
	return parseFile(procPath(pid, "timens_offsets"), ParseTimeOffsets)
}

// ParseTimeOffsets parses the text of /proc/PID/timens_offsets, with clocks by name or,
// as Linux 5.6 wrote them, by number.
func ParseTimeOffsets(r io.Reader) (TimeOffsets, error) {
	var o TimeOffsets
	lines, err := readLines(r)
	if err != nil {
		return o, fmt.Errorf("parse timens_offsets: %w", err)
	}
	seen := map[*time.Duration]bool{}
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) != 3 {
			return TimeOffsets{}, fmt.Errorf("parse timens_offsets: line %q has %d words where 3 belong", line, len(words))
		}
		clock := o.clock(words[0])
		if clock == nil || seen[clock] {
			return TimeOffsets{}, fmt.Errorf("parse timens_offsets: line %q: unknown or repeated clock", line)
		}
		seen[clock] = true
		if *clock, err = parseOffset(words[1], words[2]); err != nil {
			return TimeOffsets{}, fmt.Errorf("parse timens_offsets: line %q: %w", line, err)
		}
	}
	if len(seen) != 2 {
		return TimeOffsets{}, fmt.Errorf("parse timens_offsets: %d clocks where 2 belong", len(seen))
	}
	return o, nil
}

// clock returns the field for a clock's name or number, nil when there is none.
func (o *TimeOffsets) clock(name string) *time.Duration {
	switch name {
	case "monotonic", "1":
		return &o.Monotonic
	case "boottime", "7":
		return &o.Boottime
	default:
		return nil
	}
}

func parseOffset(seconds, nanoseconds string) (time.Duration, error) {
	s, err := strconv.ParseInt(seconds, 10, 64)
	// The kernel stays below half of this (KTIME_SEC_MAX/2, some 146 years).
	const most = math.MaxInt64/int64(time.Second) - 1
	if err != nil || s > most || s < -most {
		return 0, fmt.Errorf("%q is no number of seconds", seconds)
	}
	ns, err := strconv.ParseUint(nanoseconds, 10, 64)
	if err != nil || ns >= uint64(time.Second) {
		return 0, fmt.Errorf("%q is no number of nanoseconds", nanoseconds)
	}
	return time.Duration(s)*time.Second + time.Duration(ns), nil
}

// String returns the offsets as they are written to /proc/PID/timens_offsets. The
// nanoseconds are never negative: -0.5 s is "-1 500000000".
func (o TimeOffsets) String() string {
	var b strings.Builder
	for _, c := range []struct {
		name   string
		offset time.Duration
	}{{"monotonic", o.Monotonic}, {"boottime", o.Boottime}} {
		s, ns := c.offset/time.Second, c.offset%time.Second
		if ns < 0 {
			s, ns = s-1, ns+time.Second
		}
		fmt.Fprintf(&b, "%s %d %d\n", c.name, s, ns)
	}
	return b.String()
}

// WriteTo writes the offsets in a single write. /proc/PID/timens_offsets
// takes them until the first process is in the namespace, then EACCES.
func (o TimeOffsets) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, o.String())
	if err != nil {
		return int64(n), fmt.Errorf("write time offsets: %w", err)
	}
	return int64(n), nil
}
