package suites

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// alone makes sure that no other run is under way on this machine: each would
// hold the other's doings for leaks of its own specs. It holds until this
// process ends, and leaves no file.
func alone() error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make sure that no other run is under way: %w", err)
	}
	switch err := unix.Bind(fd, &unix.SockaddrUnix{Name: "@nsconform"}); {
	case errors.Is(err, unix.EADDRINUSE):
		return errors.New("another run is under way on this machine: wait until it ends")
	case err != nil:
		return fmt.Errorf("make sure that no other run is under way: %w", err)
	}
	return nil
}
