package kinds

import (
	"errors"
	"fmt"
	"os"
	"strings"

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

// ipcMark is a message in a queue of each sort.
func ipcMark(n int) *Mark {
	key := 0x6e730000 + os.Getpid()<<8 + n
	name, message := fmt.Sprintf("mark-%d", n), fmt.Sprintf("mark %d", n)
	return &Mark{
		What: fmt.Sprintf("messages in the queues with key %#x and name %s", uint32(key), name),
		Sign: fmt.Sprintf("%d bytes, QSIZE:%d", len(message), len(message)),
		put: func(s *harness.Subject) error {
			queue, err := s.Msgget(key, unix.IPC_CREAT|unix.IPC_EXCL|0o600)
			if err != nil {
				return err
			}
			if err := s.Msgsnd(queue, 1, message, 0); err != nil {
				return err
			}
			fd, err := s.MqOpen(name, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR, nil)
			if err != nil {
				return err
			}
			defer s.Close(fd)
			return s.MqSend(fd, message, 0)
		},
		see: func(s *harness.Subject) (string, error) {
			queue, err := s.Msgget(key, 0)
			if err != nil {
				return presence("queue", err, unix.ENOENT)
			}
			var ds harness.MsqidDS
			if err := s.Msgctl(queue, unix.IPC_STAT, &ds); err != nil {
				return "", err
			}
			fd, err := s.MqOpen(name, unix.O_RDONLY, nil)
			if err != nil {
				return presence("POSIX queue", err, unix.ENOENT)
			}
			defer s.Close(fd)
			text, err := s.Read(fd, 100)
			state, _, _ := strings.Cut(string(text), " ")
			return fmt.Sprintf("%d bytes, %s", ds.Cbytes, state), err
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
		put:  func(s *harness.Subject) error { return SetMTU(s, mtu) },
		see: func(s *harness.Subject) (string, error) {
			mtu, err := MTU(s)
			return fmt.Sprintf("MTU %d", mtu), err
		},
	}
}

// SetMTU sets the MTU of s's loopback device, which takes CAP_NET_ADMIN.
func SetMTU(s *harness.Subject, mtu int) error {
	_, err := loopbackMTU(s, unix.SIOCSIFMTU, mtu)
	return err
}

// SetMTUBy is [SetMTU] for the network namespace that s's socket is of.
func SetMTUBy(s *harness.Subject, socket, mtu int) error {
	_, err := loopbackMTUBy(s, socket, unix.SIOCSIFMTU, mtu)
	return err
}

// MTU returns the MTU of s's loopback device.
func MTU(s *harness.Subject) (int, error) { return loopbackMTU(s, unix.SIOCGIFMTU, 0) }

func loopbackMTU(s *harness.Subject, request uint, mtu int) (int, error) {
	socket, err := s.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		return 0, err
	}
	defer s.Close(socket)
	return loopbackMTUBy(s, socket, request, mtu)
}

func loopbackMTUBy(s *harness.Subject, socket int, request uint, mtu int) (int, error) {
	ifreq := struct { // see netdevice(7)
		name [unix.IFNAMSIZ]byte
		mtu  int32
		_    [20]byte
	}{name: [unix.IFNAMSIZ]byte{'l', 'o'}, mtu: int32(mtu)}
	_, err := s.Ioctl(socket, request, harness.Struct(&ifreq))
	return int(ifreq.mtu), err
}

// presence words whether something is there, by a call's error.
func presence(what string, err, absent error) (string, error) {
	if errors.Is(err, absent) {
		return "no " + what, nil
	}
	return what, err
}
