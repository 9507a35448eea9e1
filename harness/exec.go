package harness

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Exec has the subject execute the program argv[0], with an empty environment,
// standard input at its end, and everything it prints kept for [Subject.Output].
// It returns as soon as the program runs or execve(2) has refused; afterwards
// the subject is an ordinary process that only ends.
func (s *Subject) Exec(argv ...string) error { return s.ExecWith("/dev/null", nil, argv...) }

// ExecWith is [Subject.Exec] with a file for standard input, and an environment of
// "NAME=value" each.
func (s *Subject) ExecWith(stdin string, env []string, argv ...string) error {
	if err := s.standardStreams(stdin); err != nil {
		return fmt.Errorf("prepare %s: %w", argv[0], err)
	}
	_, err := s.Syscall("execve", unix.SYS_EXECVE, argv[0], Strings(argv), Strings(env))
	var dead *DeadError
	if errors.As(err, &dead) {
		return nil
	}
	return err
}

// standardStreams opens descriptors 0 to 2, and keeps 1 and 2 for this process.
func (s *Subject) standardStreams(stdin string) error {
	input, err := s.Open(stdin, unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		return fmt.Errorf("open %s: %w", stdin, err)
	}
	file, err := s.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "output", Hex(unix.MFD_CLOEXEC))
	if err != nil {
		return fmt.Errorf("create a file for its output: %w", err)
	}
	if s.output, err = unix.PidfdGetfd(s.pidfd, int(file), 0); err != nil {
		return fmt.Errorf("share the file for its output: %w", err)
	}
	// A descriptor that already has its place must lose close-on-exec there.
	const above = 10
	for from, to := range map[int][]int{input: {0}, int(file): {1, 2}} {
		high, err := s.Fcntl(from, unix.F_DUPFD_CLOEXEC, above)
		if err != nil {
			return fmt.Errorf("duplicate descriptor %d: %w", from, err)
		}
		for _, fd := range to {
			defer s.Syscall("dup3", unix.SYS_DUP3, high, fd, 0)
		}
	}
	return nil
}

// Output returns what the executed program has written so far to its standard
// output and standard error.
func (s *Subject) Output() (string, error) {
	fd, err := unix.FcntlInt(uintptr(s.output), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("read the output of %s: %w", s.name, err)
	}
	file := os.NewFile(uintptr(fd), "output")
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<20))
	return string(text), err
}
