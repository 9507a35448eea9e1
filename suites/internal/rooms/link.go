package rooms

import (
	"encoding/binary"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// SetUp sets a link of the room's network namespace up. See netdevice(7).
func (r *Room) SetUp(link string) {
	socket := Get(r.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))
	request := make([]byte, 40) // struct ifreq
	copy(request, link)
	binary.NativeEndian.PutUint16(request[unix.IFNAMSIZ:], unix.IFF_UP)
	_, err := r.Ioctl(socket, unix.SIOCSIFFLAGS, harness.In(request))
	Arrange(err)
	Arrange(r.Close(socket))
}
