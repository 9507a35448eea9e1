// Package uts proves what is promised about UTS namespaces: uts_namespaces(7),
// sethostname(2), setdomainname(2), uname(2).
package uts

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// name is one of the two names of a UTS namespace.
type name struct {
	what   string
	call   string // the system call that sets it, as requirement ids name it
	nr     uintptr
	sysctl string
	get    func(s *harness.Subject) (string, error)
}

var names = []name{
	{"hostname", "sethostname", unix.SYS_SETHOSTNAME, "/proc/sys/kernel/hostname", (*harness.Subject).Hostname},
	{"domain name", "setdomainname", unix.SYS_SETDOMAINNAME, "/proc/sys/kernel/domainname", (*harness.Subject).Domainname},
}

// set sets the name by its system call.
func (n name) set(s *harness.Subject, value string) error { return n.setBytes(s, value, len(value)) }

// setBytes passes a pointer and a length that need not fit each other.
func (n name) setBytes(s *harness.Subject, pointer any, length int) error {
	_, err := s.Syscall(n.call, n.nr, pointer, length)
	return err
}

// isolate makes a subject in a new UTS namespace, copied from creator's.
func isolate(creator *harness.Subject, way harness.Way) *harness.Subject {
	child, err := creator.Isolate(way, nsutil.UTS)
	Expect(err).NotTo(HaveOccurred(), "making a UTS namespace by %s", way)
	return child
}
