package harness

import (
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	slotSize  = 64 << 10
	slotCount = 512
	dataSize  = slotSize - int(unsafe.Offsetof(slot{}.data))
)

// Bits of a robust futex word, from include/uapi/linux/futex.h. The kernel sets
// ownerDied, and wakes one waiter if waiters is set, when the task whose id the
// word holds exits or executes a new program.
const (
	futexWaiters   = 0x80000000
	futexOwnerDied = 0x40000000
)

// Operations of futex(2).
const (
	futexOpWait = 0
	futexOpWake = 1
)

// What a request asks of a subject.
const (
	opCall     = iota // execute a system call
	opClone           // execute a clone call whose child serves another slot
	opCloneVM         // the same, with a child that shares memory and has a stack of its own
	opFunction        // call a function of the C ABI, at the address nr
	opProgram         // perform the program on the tape
	opSeries          // execute several system calls, see [Subject.inSeries]
)

// slot is the shared memory through which one subject is driven. It has the
// same address in every process, so that pointers into it are valid everywhere.
type slot struct {
	// state holds the subject's own thread id; with futexWaiters, a request is
	// under way; with futexOwnerDied, the subject has exited or executed a program.
	state uint32
	// request counts requests; a change starts one.
	request uint32

	op     uint32
	errno  uint32
	nr     uintptr
	args   [6]uintptr
	result uintptr
	child  *slot   // opClone, opCloneVM: the slot that the child serves
	series series  // opSeries
	tape   *tape   // opProgram
	beat   *uint32 // the arena's heartbeat
	// leash is 1 when the subject dies with the thread of its parent that made it.
	leash uint32
	// again is 1 when the call may take the leash off, which then is put on again.
	again uint32
	// spins is how often the subject looks for a request before it sleeps.
	spins uint32
	// stack is an address in the stack that the zygote runs on.
	stack uintptr

	robust robustList

	data [8]byte // to the slot's end: strings and structs
}

// robustList is struct robust_list_head with its only entry. See set_robust_list(2).
type robustList struct {
	next, offset, pending uintptr
	entry                 uintptr
}

// arena is the memory shared by this process and all subjects.
type arena struct {
	base unsafe.Pointer
	beat *uint32

	mu   sync.Mutex
	free []*slot
}

func newArena() (*arena, error) {
	size := uintptr(slotSize*slotCount + unix.Getpagesize())
	base, err := unix.MmapPtr(-1, 0, nil, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map shared memory of %d bytes: %w", size, err)
	}
	a := &arena{base: base, beat: (*uint32)(unsafe.Add(base, slotSize*slotCount))}
	for i := slotCount - 1; i >= 0; i-- {
		a.free = append(a.free, (*slot)(unsafe.Add(base, i*slotSize)))
	}
	return a, nil
}

// take returns a slot that nobody serves.
func (a *arena) take() (*slot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.free) == 0 {
		return nil, fmt.Errorf("take a slot: all %d subjects are in use", slotCount)
	}
	s := a.free[len(a.free)-1]
	a.free = a.free[:len(a.free)-1]
	*s = slot{beat: a.beat, spins: uint32(spins)}
	s.robust.next = uintptr(unsafe.Pointer(&s.robust.entry))
	s.robust.entry = uintptr(unsafe.Pointer(&s.robust))
	s.robust.offset = uintptr(unsafe.Pointer(&s.state)) - uintptr(unsafe.Pointer(&s.robust.entry))
	return s, nil
}

// give takes back the slot of a subject that has ended.
func (a *arena) give(s *slot) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.free = append(a.free, s)
}

// bytes returns the slot's data area.
func (s *slot) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&s.data)), dataSize)
}
