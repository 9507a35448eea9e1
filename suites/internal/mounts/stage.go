// Package mounts has the scene of specs about mounts, and reads what they did to it.
package mounts

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// Stage returns a process in a mount namespace of its own, in which all mounts
// are private, and the directory where it has mounted a tmpfs. What is mounted
// there is gone with the last process of the namespace.
func Stage(options ...harness.Option) (s *harness.Subject, dir string) {
	s = spec.Spawn(append(options, harness.Cloned(nsutil.Mnt))...)
	spec.Arrange(s.MakePrivate())
	dir = spec.T().TempDir()
	Tmpfs(s, dir)
	return s, dir
}

// Tmpfs has s mount a tmpfs on an existing directory.
func Tmpfs(s *harness.Subject, dir string) {
	spec.Arrange(s.Mount("none", dir, "tmpfs", 0, "mode=755"))
}

// Point has s make a directory and mount a tmpfs there.
func Point(s *harness.Subject, dir string) {
	spec.Arrange(s.Mkdir(dir))
	Tmpfs(s, dir)
}

// Beside returns a child of s in a copy of its mount namespace.
func Beside(s *harness.Subject) *harness.Subject {
	return spec.Get(s.Clone(unix.CLONE_NEWNS))
}
