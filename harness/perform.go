package harness

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxRefusals is how many refused calls end a program: it does not do what it is for.
const maxRefusals = 100

// A program that makes a call again pauses before: at first for retryPause
// nanoseconds, then for 1/waitedPart of the time that it has waited. What a pause adds to
// the measured time is in proportion, and a long wait is not spent on trying.
const (
	retryPause = 10_000
	waitedPart = 256
)

// perform runs the program on a tape. Like serve, of which it is a part, it may
// not allocate, grow the stack, or take a lock.
//
//go:nosplit
//go:norace
func perform(t *tape) {
	begun := Ticks()
	if t.start == 0 {
		t.start = begun
	}
	t.limit += max(begun, t.start)
	for t.index = 0; t.index < t.times && t.refusals < maxRefusals; t.index++ {
		performSteps(t, 0, t.length, false)
		if Ticks() > t.limit {
			break
		}
	}
}

// performChild is the life of a child that shares its parent's memory.
//
//lint:ignore U1000 timedCall calls it
//go:nosplit
//go:norace
func performChild(t *tape, maker uint64) {
	first := uint32(maker) + 1
	performSteps(t, first, first+t.code[maker&(codeSize-1)].children, true)
}

// performSteps makes the calls of the code from first until before after. Each is
// written as it is so that it is short between two calls, not to be nice to read.
//
//go:nosplit
//go:norace
//go:noinline
func performSteps(t *tape, first, after uint32, child bool) {
	var args [6]uintptr
	var stamps [2]uint64
	var began, tried uint64
	for i := first; i < after; i++ {
		c := &t.code[i&(codeSize-1)]
		if c.await {
			began = await(t, c)
			continue
		}
		if c.rest {
			nops(uint64(c.args[0]))
			continue
		}
		for a := range args {
			args[a] = c.args[a] + uintptr(t.index)*c.stride[a]
			if r := c.from[a]; r != 0 {
				args[a] += t.kept[(r-1)&(registers-1)]
			}
		}
		tried = 0
	again:
		maker := ^uint64(0)
		if c.onStack {
			maker = uint64(i)
		}
		r := timedCall(c.nr, &args, &stamps, t, maker)
		if tried == 0 {
			tried = stamps[0]
		}
		if c.ack {
			r = acknowledged(r, args[1])
		}
		if r > ^uintptr(4095) {
			errno := uint32(-r)
			if c.until != 0 && errno == uint32(c.until) && stamps[1] < t.limit {
				waited := (stamps[1] - tried) / t.perMicro * 1000
				pause := unix.Timespec{Nsec: int64(min(max(retryPause, waited/waitedPart), 999_999_999))}
				if t.sleepless {
					nops(uint64(pause.Nsec) / nopsAtOnce)
				} else {
					syscall.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, 0, uintptr(unsafe.Pointer(&pause)), 0, 0, 0)
				}
				goto again
			}
			refuse(t, i, errno)
			began = 0
			i += c.children
			continue
		}
		if r == 0 && c.clones { // this is the child, and has its own memory
			after, child = i+1+c.children, true
			continue
		}
		if c.keep != 0 {
			t.kept[(c.keep-1)&(registers-1)] = r
		}
		if c.own != 0 {
			record(t, c.own, tried, stamps[1])
		}
		if c.begin {
			began = tried
		}
		if c.end != 0 && began != 0 {
			record(t, c.end, began, stamps[1])
		}
		i += c.children
	}
	if child {
		syscall.RawSyscall6(unix.SYS_EXIT_GROUP, 0, 0, 0, 0, 0, 0)
	}
}

//go:nosplit
//go:norace
func record(t *tape, stream uint8, from, to uint64) {
	s := &t.streams[(stream-1)&(streams-1)]
	if s.count < s.capacity {
		*(*uint64)(unsafe.Add(s.samples, 8*s.count)) = to - from
		s.count++
	}
	if s.from == 0 {
		s.from = from
	}
	s.to = to
}

// refuse counts plainly: for an atomic addition Go first asks a variable what an
// arm64 processor has, and subjects have none of the program's variables.
//
//go:nosplit
//go:norace
func refuse(t *tape, step, errno uint32) {
	t.refusals++
	t.refused[errno&(errnos-1)]++
	if t.firstRefused == 0 {
		t.firstRefused = step + 1
	}
}

// acknowledgement is what netlink answers: a struct nlmsghdr and an errno.
type acknowledgement struct {
	header unix.NlMsghdr
	errno  int32 // negative, or 0
}

// acknowledged returns what a read of n bytes to the given address amounts to: an
// error where it is the acknowledgement of a refused request, or none at all.
//
//go:nosplit
//go:norace
func acknowledged(n, address uintptr) uintptr {
	if n > ^uintptr(4095) {
		return n
	}
	a := *(**acknowledgement)(unsafe.Pointer(&address))
	if n < unsafe.Sizeof(*a) || a.header.Type != unix.NLMSG_ERROR {
		return ^uintptr(unix.EPROTO) + 1
	}
	if a.errno != 0 {
		return uintptr(int(a.errno))
	}
	return n
}

// spinning is how much of a wait, in microseconds, is spent looking at the clock:
// a sleeper wakes late.
const spinning = 100

// await waits for the tick that the step names, and returns it.
//
//go:nosplit
//go:norace
func await(t *tape, c *code) uint64 {
	target := t.start + t.index*uint64(c.args[0])
	for {
		now := Ticks()
		if now >= target {
			return target
		}
		if left := (target - now) / t.perMicro; left > 2*spinning {
			pause := unix.Timespec{Nsec: int64(min(left-spinning, 900_000)) * 1000}
			syscall.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, 0, uintptr(unsafe.Pointer(&pause)), 0, 0, 0)
		}
	}
}

// Ticks reads the processor's cycle counter: RDTSC on amd64, CNTVCT_EL0 on arm64.
//
//go:noescape
func Ticks() uint64

// nopsAtOnce is how many instructions that do nothing nops executes in one go: as many
// as an emulator translates at once.
const nopsAtOnce = 500

// nops executes nopsAtOnce times n instructions that do nothing.
//
//go:noescape
func nops(n uint64)

// timedCall executes the system call nr between two readings of the cycle
// counter, and returns what it leaves in the result's register. Unless maker is
// all ones the call makes a child on a stack of its own: there the child performs
// its steps, those behind the code numbered maker, and never returns.
//
//go:noescape
func timedCall(nr uintptr, args *[6]uintptr, stamps *[2]uint64, t *tape, maker uint64) uintptr
