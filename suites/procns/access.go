package procns

import (
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// access is a system call that asks the kernel for ptrace access: ptrace(2),
// Ptrace access mode checking.
type access struct {
	name   string
	byFS   bool // checks the ids for the file system and the effective capabilities, not the real ids and the permitted ones
	attach bool // asks for more than reading
	errno  unix.Errno
	try    func(s *harness.Subject, target target) error
}

// target is a process and an address in its memory.
type target struct {
	*harness.Subject
	addr uintptr
}

func newTarget(s *harness.Subject) target {
	return target{s, Get(s.Map(unix.Getpagesize()))}
}

var accesses = []access{
	{name: "follow root", byFS: true, errno: unix.EACCES, try: func(s *harness.Subject, t target) error {
		_, err := s.Stat(rootPath(t.Subject, ""))
		return err
	}},
	{name: "read the link root", byFS: true, errno: unix.EACCES, try: func(s *harness.Subject, t target) error {
		_, err := s.Readlink(rootPath(t.Subject, ""))
		return err
	}},
	{name: "get_robust_list", errno: unix.EPERM, try: func(s *harness.Subject, t target) error {
		var head, size uint64
		_, err := s.Syscall("get_robust_list", unix.SYS_GET_ROBUST_LIST, t.PID(), harness.Struct(&head), harness.Struct(&size))
		return err
	}},
	{name: "process_vm_readv", attach: true, errno: unix.EPERM, try: func(s *harness.Subject, t target) error {
		own, err := s.Map(unix.Getpagesize())
		if err != nil {
			return err
		}
		here, there := [2]uint64{uint64(own), 8}, [2]uint64{uint64(t.addr), 8}
		_, err = s.Syscall("process_vm_readv", unix.SYS_PROCESS_VM_READV, t.PID(), harness.Struct(&here), 1, harness.Struct(&there), 1, 0)
		return err
	}},
	{name: "PTRACE_SEIZE", attach: true, errno: unix.EPERM, try: func(s *harness.Subject, t target) error {
		tracer := Get(s.Fork()) // whose end ends the tracing
		_, err := tracer.Syscall("ptrace", unix.SYS_PTRACE, harness.Hex(unix.PTRACE_SEIZE), t.PID(), 0, 0)
		Arrange(tracer.End())
		return err
	}},
}

// usable returns the accesses that no security module restricts further.
func usable() []access {
	scope, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	restricted := err == nil && strings.TrimSpace(string(scope)) != "0"
	var all []access
	for _, a := range accesses {
		if !restricted || !a.attach {
			all = append(all, a)
		}
	}
	return all
}

// expectAccess claims that s has every kind of ptrace access to t.
func expectAccess(s *harness.Subject, t target) {
	for _, a := range usable() {
		Expect(a.try(s, t)).To(Succeed(), "%s by %s to %s", a.name, s.Name(), t.Name())
	}
}

// expectNoAccess claims that s has no kind of ptrace access to t.
func expectNoAccess(s *harness.Subject, t target) {
	for _, a := range usable() {
		Expect(a.try(s, t)).To(MatchError(a.errno), "%s by %s to %s", a.name, s.Name(), t.Name())
	}
}
