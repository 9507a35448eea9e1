package suites

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Alone makes sure that no other run is under way on this machine until release
// is called: each would hold the other's doings for leaks of its own specs. It
// leaves no file.
func Alone() (release func(), err error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make sure that no other run is under way: %w", err)
	}
	err = unix.Bind(fd, &unix.SockaddrUnix{Name: "@nsconform"})
	if err == nil {
		return func() { unix.Close(fd) }, nil
	}
	unix.Close(fd)
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, errors.New("another run is under way on this machine: wait until it ends")
	}
	return nil, fmt.Errorf("make sure that no other run is under way: %w", err)
}
