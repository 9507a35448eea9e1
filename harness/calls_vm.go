package harness

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Map maps size bytes of private memory, filled with zeros, and returns its address.
func (s *Subject) Map(size int) (uintptr, error) {
	return s.Syscall("mmap", unix.SYS_MMAP, nil, size, Hex(unix.PROT_READ|unix.PROT_WRITE), Hex(unix.MAP_PRIVATE|unix.MAP_ANONYMOUS), -1, 0)
}

// Stack is memory for the stack of a child that shares its parent's memory.
type Stack struct{ Base, Size uintptr }

// Pointer returns what the child's stack pointer is to be.
func (s Stack) Pointer() uintptr { return s.Base + s.Size }

// NewStack returns a stack for one child.
func (s *Subject) NewStack() (Stack, error) {
	const size, above = 64 << 10, 64 // serve finds its argument above its stack pointer
	base, err := s.Map(size)
	if err != nil {
		return Stack{}, fmt.Errorf("map a stack: %w", err)
	}
	return Stack{base, size - above}, nil
}

// CloneRaw executes a clone call with exactly these arguments, which may be
// wrong; a child becomes a subject. The flags must be those among the arguments:
// with CLONE_VM the child needs a [Stack].
func (s *Subject) CloneRaw(flags int, name string, nr uintptr, args ...any) (*Subject, error) {
	return s.scope.birth(s, s.childName(), request{flags: flags, name: name, nr: nr, args: args})
}

// CloneVM executes clone(2) with CLONE_VM and the given flags, on a stack of the
// child's own. The child becomes a subject; with CLONE_THREAD as another thread
// of this one, which cannot be waited for and ends with its process.
func (s *Subject) CloneVM(flags int) (*Subject, error) {
	stack, err := s.NewStack()
	if err != nil {
		return nil, err
	}
	flags |= unix.CLONE_VM
	if flags&unix.CLONE_THREAD == 0 {
		flags |= int(unix.SIGCHLD)
	}
	return s.CloneRaw(flags, "clone", unix.SYS_CLONE, nsFlags(flags), Hex(stack.Pointer()), 0, 0, 0)
}

// Thread makes another thread of the subject's process, as pthread_create(3)
// does. It is a subject whose PID is its thread id.
func (s *Subject) Thread() (*Subject, error) {
	return s.CloneVM(unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD | unix.CLONE_SYSVSEM)
}

// result splits what a system call leaves in a register.
//
//go:nosplit
//go:norace
func result(r uintptr) (uintptr, unix.Errno) {
	if r > ^uintptr(4095) {
		return ^uintptr(0), unix.Errno(-r)
	}
	return r, 0
}

// cloneOnStack executes the system call nr, which makes a child on a stack of
// its own: there the child serves the slot, and never returns.
//
//go:noescape
func cloneOnStack(nr uintptr, args *[6]uintptr, child *slot) uintptr

// callC calls a function of the C ABI with two arguments and returns its int.
//
//go:noescape
func callC(function, a, b uintptr) uintptr
