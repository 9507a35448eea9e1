package harness

import (
	"fmt"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// A request costs two switches between processes, most of what a simple call takes
// where the processor is emulated: each empties what the emulator knows of the memory.
// So calls that always come together are one request.

// series is a few system calls, one after the other. Where the first fails the others
// are not made; of those none depends on another.
type series struct {
	length uint32
	calls  [3]leg
}

// leg is a call of a series.
type leg struct {
	nr   uintptr
	args [6]uintptr
	// onFirst is 1 when the first argument is what the first call has returned, and
	// toEnd when the call is made until it returns 0: a read, to the file's end. When
	// its memory is full before, the series ends.
	onFirst, toEnd uint32

	made   uint32
	errno  uint32
	result uintptr // of all times together
}

// performSeries is a part of serve: it may not allocate, grow the stack, or take a lock.
//
//go:nosplit
//go:norace
func performSeries(s *series) {
	for i := uint32(0); i < s.length; i++ {
		l := &s.calls[i%uint32(len(s.calls))]
		if l.onFirst != 0 {
			l.args[0] = s.calls[0].result
		}
		for {
			r, _, errno := syscall.RawSyscall6(l.nr, l.args[0], l.args[1], l.args[2], l.args[3], l.args[4], l.args[5])
			l.made, l.errno = 1, uint32(errno)
			if errno != 0 {
				break
			}
			l.result += r
			if r == 0 || l.toEnd == 0 {
				break
			}
			l.args[1] += r
			if l.args[2] -= r; l.args[2] == 0 {
				return
			}
		}
		if i == 0 && l.errno != 0 {
			return
		}
	}
}

// first is an argument of a call in a series: what the first call has returned.
type first struct{}

// room is an argument that points to so many bytes for a call to fill.
type room struct {
	size int
	area []byte // once the call is made; the next request takes it away
}

// outcome is what a call of a series has come to.
type outcome struct {
	result int
	err    error
	made   bool
}

// inSeries makes the calls in one request. A call with a [room] is made until it
// returns 0, or the room is full. Setns may take the subject off its leash, see
// [Subject.shedding].
func (s *Subject) inSeries(calls ...Call) [3]outcome {
	var outcomes [3]outcome
	_, err := s.try(request{op: opSeries, name: calls[0].Name, args: calls[0].Args, series: calls,
		again: slices.ContainsFunc(calls, func(c Call) bool { return c.NR == unix.SYS_SETNS })})
	if err != nil {
		s.conclude(request{name: calls[0].Name, args: calls[0].Args}, 0, err)
		outcomes[0] = outcome{err: err, made: true}
		return outcomes
	}
	for i, c := range calls {
		l := &s.slot.series.calls[i]
		o := outcome{result: int(l.result), made: l.made != 0}
		if l.errno != 0 {
			o.err = syscall.Errno(l.errno)
		}
		if outcomes[i] = o; o.made {
			s.scope.log(s, c.Name, c.shown(outcomes[0].result), uintptr(o.result), o.err)
		}
	}
	return outcomes
}

// shown are the arguments as a log shows them when the first call has returned fd.
func (c Call) shown(fd int) []any {
	if len(c.Args) > 0 && c.Args[0] == any(first{}) {
		return append([]any{fd}, c.Args[1:]...)
	}
	return c.Args
}

// load puts the calls into the slot.
func (s *series) load(m *marshaller, calls []Call) error {
	if len(calls) > len(s.calls) {
		return fmt.Errorf("make %d calls in a series: it has room for %d", len(calls), len(s.calls))
	}
	*s = series{length: uint32(len(calls))}
	for i, c := range calls {
		l := &s.calls[i]
		l.nr = c.NR
		for j, arg := range c.Args {
			switch arg.(type) {
			case first:
				l.onFirst = 1
				continue
			case *room:
				l.toEnd = 1
			}
			word, err := m.word(arg)
			if err != nil {
				return err
			}
			l.args[j] = word
		}
	}
	return nil
}

// openCall, readCall, writeCall and closeCall are the calls that series are made of.
func openCall(path string, flags int) Call {
	return Call{"openat", unix.SYS_OPENAT, []any{unix.AT_FDCWD, path, Hex(flags | unix.O_LARGEFILE), 0o600}}
}

func readCall(r *room) Call { return Call{"read", unix.SYS_READ, []any{first{}, r, r.size}} }

func writeCall(fd any, b []byte) Call {
	return Call{"write", unix.SYS_WRITE, []any{fd, In(b), len(b)}}
}

func closeCall(fd any) Call { return Call{"close", unix.SYS_CLOSE, []any{fd}} }
