package harness

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// reach is how far a subject may go from an address that it keeps: serve and what it
// calls need less than a kilobyte of stack, functions of the vDSO some more. Each page
// costs every birth, and every end, a microsecond where the processor is emulated.
const reach = 8 << 10

// shed has the zygote unmap the memory that it got from this process: the Go
// heap, all that the runtime keeps, the program's variables and its first stack.
// A fork copies what its parent has mapped, and an exit tears it down. serve
// needs only its code, its stack, and what the thread pointer points to, where
// the compiler looks for the goroutine.
func (s *Subject) shed(stack uintptr) error {
	thread, err := threadPointer(s)
	if err != nil {
		return fmt.Errorf("find the zygote's thread pointer: %w", err)
	}
	keep := []span{{stack - reach, stack + reach}}
	if thread != 0 {
		keep = append(keep, span{thread - reach, thread + reach})
	}
	slices.SortFunc(keep, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	for _, line := range lines(fmt.Sprintf("/proc/%d/maps", s.pid)) {
		memory, ok := uselessMemory(line, program)
		if !ok {
			continue
		}
		for _, part := range memory.without(keep) {
			_, err := s.try(request{name: "munmap", nr: unix.SYS_MUNMAP, args: []any{part.from, part.to - part.from}})
			if err != nil {
				return fmt.Errorf("shed the zygote's memory: %w", err)
			}
		}
	}
	return nil
}

// span is a range of addresses.
type span struct{ from, to uintptr }

// without returns what remains of s, in whole pages, without the spans of holes,
// which are sorted.
func (s span) without(holes []span) []span {
	page := uintptr(unix.Getpagesize())
	var parts []span
	for _, hole := range holes {
		if end := min(s.to, hole.from&^(page-1)); s.from < end {
			parts = append(parts, span{s.from, end})
		}
		s.from = max(s.from, (hole.to+page-1)&^(page-1))
	}
	if s.from < s.to {
		parts = append(parts, s)
	}
	return parts
}

// uselessMemory returns the range of a line of /proc/PID/maps that is private memory
// which serve does without: what the program can write to, what the runtime has
// reserved, and the C library, if it is linked. Some calls, such as setns to a time
// namespace, look at every range there is.
func uselessMemory(line, program string) (memory span, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 5 || !strings.HasSuffix(fields[1], "p") {
		return span{}, false
	}
	for _, name := range []string{"[vvar", "[vdso", "[vsyscall"} {
		if len(fields) > 5 && strings.HasPrefix(fields[5], name) {
			return span{}, false
		}
	}
	if strings.HasPrefix(fields[1], "r-") && strings.HasSuffix(line, " "+program) {
		return span{}, false
	}
	first, last, _ := strings.Cut(fields[0], "-")
	a, errA := strconv.ParseUint(first, 16, 64)
	b, errB := strconv.ParseUint(last, 16, 64)
	return span{uintptr(a), uintptr(b)}, errA == nil && errB == nil
}
