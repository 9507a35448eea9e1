package harness

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Signal numbers that x/sys does not name; see signal(7).
const (
	SIGRTMIN unix.Signal = 32
	SIGRTMAX unix.Signal = 64
)

// handlerPC is the address of the handler that [Subject.Handle] installs, and
// restorerPC that of what it returns to; 0 where the kernel brings its own.
var handlerPC, restorerPC uintptr

const (
	recordSize  = 128     // of siginfo_t
	handlerArea = 8 << 10 // of the alternate stack, at its lower end: a count, and records
	stackSize   = 64 << 10
)

// Handle installs a real signal handler (sigaction(2), SA_SIGINFO), which keeps
// what it is told for [Subject.Handled]. It has run when a call that the
// subject makes after the signal was sent has returned.
func (s *Subject) Handle(signals ...unix.Signal) error {
	if s.handlers == 0 {
		area, err := s.Map(stackSize)
		if err != nil {
			return fmt.Errorf("map a stack for handlers: %w", err)
		}
		stack := struct { // stack_t; see sigaltstack(2)
			sp    uintptr
			flags int32
			size  uintptr
		}{sp: area, size: stackSize}
		if _, err := s.Syscall("sigaltstack", unix.SYS_SIGALTSTACK, Struct(&stack), nil); err != nil {
			return fmt.Errorf("set a stack for handlers: %w", err)
		}
		s.handlers = area
	}
	for _, sig := range signals {
		if err := s.Sigaction(sig, handlerPC); err != nil {
			return fmt.Errorf("handle signal %d: %w", sig, err)
		}
	}
	return nil
}

// SIG_DFL and SIG_IGN are dispositions for [Subject.Sigaction].
const (
	SIG_DFL uintptr = 0
	SIG_IGN uintptr = 1
)

// Sigaction executes rt_sigaction(2): disposition is SIG_DFL or SIG_IGN.
func (s *Subject) Sigaction(sig unix.Signal, disposition uintptr) error {
	const siginfo, restorer, onStack, restart = 0x4, 0x04000000, 0x08000000, 0x10000000 // SA_*
	action := struct{ handler, flags, restorer, mask uintptr }{handler: disposition, flags: siginfo | onStack | restart}
	if restorerPC != 0 {
		action.flags |= restorer
		action.restorer = restorerPC
	}
	_, err := s.Syscall("rt_sigaction", unix.SYS_RT_SIGACTION, int(sig), Struct(&action), nil, 8)
	return err
}

// Siginfo is what the handler of a signal that a process has sent is told. See sigaction(2).
type Siginfo struct {
	Signal   unix.Signal
	Code     int // SI_*
	PID, UID int // of the sender
}

// Handled returns what the handlers of the subject have been told so far; a
// child made by fork begins with what its parent was told.
func (s *Subject) Handled() ([]Siginfo, error) {
	b, err := s.Peek(s.handlers, 8)
	if err != nil {
		return nil, fmt.Errorf("count handled signals: %w", err)
	}
	count := min(int(binary.NativeEndian.Uint32(b)), handlerArea/recordSize-1)
	if count == 0 {
		return nil, nil
	}
	if b, err = s.Peek(s.handlers+recordSize, count*recordSize); err != nil {
		return nil, fmt.Errorf("read handled signals: %w", err)
	}
	all := make([]Siginfo, count)
	for i := range all {
		word := func(n int) int { return int(int32(binary.NativeEndian.Uint32(b[i*recordSize+4*n:]))) }
		all[i] = Siginfo{Signal: unix.Signal(word(0)), Code: word(2), PID: word(4), UID: word(5)}
	}
	return all, nil
}

// Sigqueue executes rt_sigqueueinfo(2) with SI_QUEUE and the given sender.
func (s *Subject) Sigqueue(pid int, sig unix.Signal, sender int) error {
	info := siginfo(sig, sender)
	_, err := s.Syscall("rt_sigqueueinfo", unix.SYS_RT_SIGQUEUEINFO, pid, int(sig), In(info))
	return err
}

func siginfo(sig unix.Signal, sender int) []byte {
	const siQueue = -1
	info := make([]byte, recordSize)
	for i, word := range []int{int(sig), 0, siQueue, 0, sender} {
		binary.NativeEndian.PutUint32(info[4*i:], uint32(int32(word)))
	}
	return info
}

// Tgkill executes tgkill(2).
func (s *Subject) Tgkill(tgid, tid int, sig unix.Signal) error {
	_, err := s.Syscall("tgkill", unix.SYS_TGKILL, tgid, tid, int(sig))
	return err
}

// PidfdSendSignal executes pidfd_send_signal(2) (since Linux 5.1) without a siginfo_t.
func (s *Subject) PidfdSendSignal(pidfd int, sig unix.Signal) error {
	_, err := s.Syscall("pidfd_send_signal", unix.SYS_PIDFD_SEND_SIGNAL, pidfd, int(sig), nil, 0)
	return err
}
