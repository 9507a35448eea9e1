package harness

import (
	"bytes"
	"cmp"
	"fmt"

	"golang.org/x/sys/unix"
)

// Open executes openat(2) relative to the working directory, with mode 0600.
func (s *Subject) Open(path string, flags int) (int, error) {
	fd, err := s.Make(openCall(path, flags))
	return int(fd), err
}

// Close executes close(2).
func (s *Subject) Close(fd int) error {
	_, err := s.Make(closeCall(fd))
	return err
}

// Read executes read(2) with a buffer of up to n bytes.
func (s *Subject) Read(fd, n int) ([]byte, error) {
	buffer := make([]byte, n)
	got, err := s.Syscall("read", unix.SYS_READ, fd, Out(buffer), n)
	return buffer[:got], err
}

// Write executes write(2).
func (s *Subject) Write(fd int, b []byte) (int, error) {
	n, err := s.Make(writeCall(fd, b))
	return int(n), err
}

// ReadFile opens, reads to its end and closes the file.
func (s *Subject) ReadFile(path string) (string, error) {
	const most = 32 << 10 // in one request
	r := &room{size: most}
	made := s.inSeries(openCall(path, unix.O_RDONLY|unix.O_CLOEXEC), readCall(r), closeCall(first{}))
	if made[0].err != nil {
		return "", made[0].err
	}
	all := bytes.Clone(r.area[:made[1].result])
	if made[2].made {
		return string(all), made[1].err
	}
	fd := made[0].result
	defer s.Close(fd)
	for {
		part, err := s.Read(fd, 16<<10)
		if err != nil || len(part) == 0 {
			return string(all), err
		}
		all = append(all, part...)
	}
}

// WriteFile opens the file, creating it if flags has O_CREAT, writes text in one
// call and closes it.
func (s *Subject) WriteFile(path, text string, flags int) error {
	made := s.inSeries(openCall(path, unix.O_WRONLY|unix.O_CLOEXEC|flags), writeCall(first{}, []byte(text)), closeCall(first{}))
	return cmp.Or(made[0].err, made[1].err)
}

// Readlink executes readlinkat(2) relative to the working directory.
func (s *Subject) Readlink(path string) (string, error) {
	buffer := make([]byte, unix.PathMax)
	n, err := s.Syscall("readlinkat", unix.SYS_READLINKAT, unix.AT_FDCWD, path, Out(buffer), len(buffer))
	return string(buffer[:n]), err
}

// StatCall is fstatat(2), following links.
func StatCall(path string, st *unix.Stat_t) Call {
	return Call{"fstatat", sysFstatat, []any{unix.AT_FDCWD, path, Struct(st), 0}}
}

// Stat executes fstatat(2), following links.
func (s *Subject) Stat(path string) (unix.Stat_t, error) {
	var st unix.Stat_t
	_, err := s.Make(StatCall(path, &st))
	return st, err
}

// Lstat executes fstatat(2), not following a link at the path's end.
func (s *Subject) Lstat(path string) (unix.Stat_t, error) {
	var st unix.Stat_t
	_, err := s.Syscall("fstatat", sysFstatat, unix.AT_FDCWD, path, Struct(&st), Hex(unix.AT_SYMLINK_NOFOLLOW))
	return st, err
}

// Fstat executes fstat(2).
func (s *Subject) Fstat(fd int) (unix.Stat_t, error) {
	var st unix.Stat_t
	_, err := s.Syscall("fstat", unix.SYS_FSTAT, fd, Struct(&st))
	return st, err
}

// Fcntl executes fcntl(2) with an integer argument.
func (s *Subject) Fcntl(fd, command, arg int) (int, error) {
	r, err := s.Syscall("fcntl", unix.SYS_FCNTL, fd, command, arg)
	return int(r), err
}

// Ioctl executes ioctl(2) with an integer argument.
func (s *Subject) Ioctl(fd int, request uint, arg any) (int, error) {
	r, err := s.Syscall("ioctl", unix.SYS_IOCTL, fd, Hex(request), arg)
	return int(r), err
}

// Mkdir executes mkdirat(2) with mode 0700.
func (s *Subject) Mkdir(path string) error {
	_, err := s.Syscall("mkdirat", unix.SYS_MKDIRAT, unix.AT_FDCWD, path, 0o700)
	return err
}

// Unlink executes unlinkat(2).
func (s *Subject) Unlink(path string) error {
	_, err := s.Syscall("unlinkat", unix.SYS_UNLINKAT, unix.AT_FDCWD, path, 0)
	return err
}

// Pipe executes pipe2(2) with O_CLOEXEC and returns the reading and the writing end.
func (s *Subject) Pipe() (r, w int, err error) {
	var fds [2]int32
	_, err = s.Syscall("pipe2", unix.SYS_PIPE2, Struct(&fds), Hex(unix.O_CLOEXEC))
	return int(fds[0]), int(fds[1]), err
}

// ReadDir returns the names in a directory, without . and .., by getdents64(2).
func (s *Subject) ReadDir(path string) ([]string, error) {
	fd, err := s.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return nil, err
	}
	defer s.Close(fd)
	var names []string
	buffer := make([]byte, 16<<10)
	for {
		n, err := s.Syscall("getdents64", unix.SYS_GETDENTS64, fd, Out(buffer), len(buffer))
		if err != nil || n == 0 {
			return names, err
		}
		_, _, names = unix.ParseDirent(buffer[:n], -1, names)
	}
}

// Peek returns n bytes of the subject's own memory.
func (s *Subject) Peek(addr uintptr, n int) ([]byte, error) {
	r, w, err := s.Pipe()
	if err != nil {
		return nil, fmt.Errorf("peek: %w", err)
	}
	defer s.Close(r)
	defer s.Close(w)
	if _, err := s.Syscall("write", unix.SYS_WRITE, w, Hex(addr), n); err != nil {
		return nil, err
	}
	return s.Read(r, n)
}

// Poke writes b, at most a pipe's worth of bytes, to the subject's own memory.
func (s *Subject) Poke(addr uintptr, b []byte) error {
	r, w, err := s.Pipe()
	if err != nil {
		return fmt.Errorf("poke: %w", err)
	}
	defer s.Close(r)
	defer s.Close(w)
	if _, err := s.Write(w, b); err != nil {
		return err
	}
	_, err = s.Syscall("read", unix.SYS_READ, r, Hex(addr), len(b))
	return err
}

// cString returns the bytes before the first null byte.
func cString(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b)
}
