package kinds

import (
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

func utsMark(n int) *Mark {
	sign := fmt.Sprintf("mark-%d", n)
	return &Mark{
		What: "the hostname " + sign,
		Sign: sign,
		put:  func(s *harness.Subject) error { return s.Sethostname(sign) },
		see:  (*harness.Subject).Hostname,
	}
}

func ipcMark(n int) *Mark {
	key := 0x6e730000 + os.Getpid()<<8 + n
	what := fmt.Sprintf("a message queue with key %#x", uint32(key))
	return &Mark{
		What: what,
		Sign: what,
		put: func(s *harness.Subject) error {
			_, err := s.Msgget(key, unix.IPC_CREAT|unix.IPC_EXCL|0o600)
			return err
		},
		see: func(s *harness.Subject) (string, error) {
			_, err := s.Msgget(key, 0)
			return presence(what, err, unix.ENOENT)
		},
	}
}

func mntMark(int) *Mark {
	dir := spec.T().TempDir()
	file := dir + "/mark"
	what := "a tmpfs on " + dir
	return &Mark{
		What: what,
		Sign: what,
		put: func(s *harness.Subject) error {
			if err := s.MakePrivate(); err != nil {
				return err
			}
			if err := s.Mount("mark", dir, "tmpfs", 0, ""); err != nil {
				return err
			}
			return s.WriteFile(file, "", unix.O_CREAT)
		},
		see: func(s *harness.Subject) (string, error) {
			_, err := s.Stat(file)
			return presence(what, err, unix.ENOENT)
		},
	}
}

// netMark sets the MTU of the loopback device, which every network namespace has.
func netMark(n int) *Mark {
	mtu := 10000 + n%50000
	return &Mark{
		What: fmt.Sprintf("the MTU %d of lo", mtu),
		Sign: fmt.Sprintf("MTU %d", mtu),
		put: func(s *harness.Subject) error {
			_, err := loopbackMTU(s, unix.SIOCSIFMTU, mtu)
			return err
		},
		see: func(s *harness.Subject) (string, error) {
			mtu, err := loopbackMTU(s, unix.SIOCGIFMTU, 0)
			return fmt.Sprintf("MTU %d", mtu), err
		},
	}
}

func loopbackMTU(s *harness.Subject, request uint, mtu int) (int, error) {
	socket, err := s.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		return 0, err
	}
	defer s.Close(socket)
	ifreq := struct { // see netdevice(7)
		name [unix.IFNAMSIZ]byte
		mtu  int32
		_    [20]byte
	}{name: [unix.IFNAMSIZ]byte{'l', 'o'}, mtu: int32(mtu)}
	_, err = s.Ioctl(socket, request, harness.Struct(&ifreq))
	return int(ifreq.mtu), err
}

// pidMark is a process with a number that no process has outside.
func pidMark(n int) *Mark {
	pid := 30000 + n%2000
	for unix.Kill(pid, 0) != unix.ESRCH {
		pid--
	}
	what := fmt.Sprintf("process %d", pid)
	return &Mark{
		What: what,
		Sign: what,
		put: func(s *harness.Subject) error {
			_, err := s.Clone3SetTID(harness.CloneArgs{}, int32(pid))
			return err
		},
		see: func(s *harness.Subject) (string, error) {
			err := s.Kill(pid, 0)
			if errors.Is(err, unix.EPERM) {
				err = nil // it is there, though not for s to signal
			}
			return presence(what, err, unix.ESRCH)
		},
	}
}

// timeMark sets the monotonic clock ahead, which is only possible before the
// time namespace has its first member.
func timeMark(n int) *Mark {
	const step = 10_000 * time.Second // far above what passes between two looks at a clock
	sign := fmt.Sprintf("monotonic clock ahead by %v", time.Duration(n)*step)
	return &Mark{
		What:  sign,
		Sign:  sign,
		Fixed: true,
		early: func(s *harness.Subject) error {
			offset := time.Duration(n) * step
			return s.WriteFile("/proc/self/timens_offsets", fmt.Sprintf("monotonic %d 0\n", offset/time.Second), 0)
		},
		see: func(s *harness.Subject) (string, error) {
			var here, there unix.Timespec
			if _, err := s.Syscall("clock_gettime", unix.SYS_CLOCK_GETTIME, unix.CLOCK_MONOTONIC, harness.Struct(&there)); err != nil {
				return "", err
			}
			if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &here); err != nil {
				return "", err
			}
			steps := math.Round(float64(there.Sec-here.Sec) / step.Seconds())
			return fmt.Sprintf("monotonic clock ahead by %v", time.Duration(steps)*step), nil
		},
	}
}

// userMark maps the suite's ids to a number of the mark's own.
func userMark(n int) *Mark {
	id := 1_000_000 + n
	mapping := fmt.Sprintf("%d %d 1", id, os.Geteuid())
	return &Mark{
		What: fmt.Sprintf("the suite's uid mapped to %d", id),
		Sign: fmt.Sprintf("uid %d", id),
		put:  func(s *harness.Subject) error { return s.MapIDs(mapping, mapping) },
		see: func(s *harness.Subject) (string, error) {
			uid, err := s.Getuid()
			return fmt.Sprintf("uid %d", uid), err
		},
	}
}

// presence words whether something is there, by a call's error.
func presence(what string, err, absent error) (string, error) {
	if errors.Is(err, absent) {
		return "no " + what, nil
	}
	return what, err
}
