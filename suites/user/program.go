package user

import (
	"errors"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// polling is how often a spec looks for what the kernel does in its own time.
const polling = 500 * time.Microsecond

// naming is a program that sets the hostname to the four bytes that an executable
// begins with, and ends with the errno that this has given.
var naming = program.Code{
	"amd64": {
		0xb8, 170, 0, 0, 0, 0xbf, 0, 0, 0x40, 0, 0xbe, 4, 0, 0, 0, 0x0f, 0x05, // sethostname(base, 4)
		0xf7, 0xd8, 0x89, 0xc7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05, // exit(-result)
	},
	"arm64": program.Words(
		0xd2a00800, 0xd2800081, 0xd2801428, 0xd4000001, // sethostname(base, 4)
		0xcb0003e0, 0xd2800ba8, 0xd4000001, // exit(-result)
	),
}

// execute has s execute the waiting program at path, and returns its capability
// sets then, as [sets] does.
func execute(s *harness.Subject, path string) [5]nsutil.CapSet {
	Expect(program.Run(s, path)).To(Succeed(), "execve by %s", s.Name())
	return sets(s)
}

// run is [execute] of a program of its own.
func run(s *harness.Subject) [5]nsutil.CapSet {
	return execute(s, Get(program.Load(s, program.Waiting)))
}

// administers reports whether a program that a child of s executes can set the
// hostname, which takes CAP_SYS_ADMIN in the owner of the UTS namespace of s.
func administers(s *harness.Subject) bool {
	before := Get(s.Hostname())
	child := Get(s.Fork())
	_, err := child.Syscall("execve", unix.SYS_EXECVE, Get(program.Load(child, naming)), harness.Strings{"program"}, harness.Strings(nil))
	if dead := new(harness.DeadError); !errors.As(err, &dead) {
		Expect(err).NotTo(HaveOccurred(), "execve by %s", s.Name())
	}
	status := Get(child.Wait())
	Expect(status.Exited()).To(BeTrue(), "the program ends by itself")
	if status.ExitStatus() == 0 {
		Expect(s.Hostname()).To(Equal("\x7fELF"))
		return true
	}
	Expect(unix.Errno(status.ExitStatus())).To(Equal(unix.EPERM))
	Expect(s.Hostname()).To(Equal(before))
	return false
}
