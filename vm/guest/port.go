package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// PortName is the name of the virtio-serial port that leads to the host.
const PortName = "nsconform"

// IsSerial reports whether a port is the serial one, which leads to the host where
// there is no virtio-serial one.
func IsSerial(port string) bool { return strings.HasPrefix(port, "/dev/tty") }

// pollInterval bounds every wait for a port: a wake-up may get lost between
// a guest of two CPUs and a host of one.
const pollInterval = 100 * time.Millisecond

// port is an open way to the host. Only one goroutine may use it, and it is
// the only one open: a virtio-serial port takes no second user.
type port struct {
	fd     int
	path   string
	oneWay bool // the host only listens
}

// findPorts returns the devices that may lead to the host, the best first.
func findPorts() []string {
	if path := findVirtioPort(); path != "" {
		return []string{path, SerialPort}
	}
	return []string{SerialPort}
}

// findVirtioPort waits a moment for the port's name where there is a virtio
// console at all: the host tells names some time after the driver is there.
func findVirtioPort() string {
	const wait = 2 * time.Second
	for begin := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		names, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
		for _, file := range names {
			if name, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(name)) == PortName {
				return "/dev/" + filepath.Base(filepath.Dir(file))
			}
		}
		consoles, _ := filepath.Glob("/sys/bus/virtio/drivers/virtio_console/virtio*")
		if len(consoles) == 0 || time.Since(begin) > wait {
			return ""
		}
	}
}

func openPort(path string) (*port, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := makeRaw(fd); err != nil && !errors.Is(err, unix.ENOTTY) {
		unix.Close(fd)
		return nil, fmt.Errorf("set up %s: %w", path, err)
	}
	return &port{fd: fd, path: path}, nil
}

// makeRaw makes a serial port carry bytes as they are (termios(3), raw mode).
func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// errStuck is returned by write when the port takes nothing for too long.
var errStuck = errors.New("the host takes nothing")

// write writes all of b. With a patience of 0 it tries for ever.
func (p *port) write(b []byte, patience time.Duration) error {
	const chunk = 16 << 10
	progress := time.Now()
	for len(b) > 0 {
		n, err := unix.Write(p.fd, b[:min(len(b), chunk)])
		if n > 0 {
			b = b[n:]
			progress = time.Now()
			continue
		}
		if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("write %s: %w", p.path, err)
		}
		if patience > 0 && time.Since(progress) > patience {
			return fmt.Errorf("write %s: %w", p.path, errStuck)
		}
		p.wait(unix.POLLOUT)
	}
	return nil
}

// read reads what is there, for at most [pollInterval]. Nothing is no error;
// a virtio-serial port reports an end as long as the host is not connected.
func (p *port) read(buf []byte) int {
	p.wait(unix.POLLIN)
	n, err := unix.Read(p.fd, buf)
	if err != nil {
		return 0
	}
	return n
}

// wait waits for events, for at most [pollInterval]. A port that reports a
// hang-up instead reports it at once: wait a little, not in a busy loop.
func (p *port) wait(events int16) {
	fds := []unix.PollFd{{Fd: int32(p.fd), Events: events}}
	unix.Poll(fds, int(pollInterval.Milliseconds()))
	if fds[0].Revents&events == 0 {
		time.Sleep(5 * time.Millisecond)
	}
}

// drain waits until all that was written has left a serial port; what is written
// to a virtio-serial one has.
func (p *port) drain() { unix.IoctlSetInt(p.fd, unix.TCSBRK, 1) } // tcdrain(3)

func (p *port) close() { unix.Close(p.fd) }
