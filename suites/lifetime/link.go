package lifetime

import (
	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// ifreq is struct ifreq with ifr_mtu. See netdevice(7).
type ifreq struct {
	name [unix.IFNAMSIZ]byte
	mtu  int32
	_    [20]byte
}

// mtuOf returns the MTU of a link in s's network namespace, which none has that is 0.
func mtuOf(s *harness.Subject, link string) (int, error) {
	return mtuIoctl(s, unix.SIOCGIFMTU, link, 0)
}

func mtuIoctl(s *harness.Subject, request uint, link string, mtu int) (int, error) {
	socket := int(Get(s.Syscall("socket", unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)))
	defer s.Close(socket)
	r := ifreq{mtu: int32(mtu)}
	copy(r.name[:], link)
	_, err := s.Ioctl(socket, request, harness.Struct(&r))
	return int(r.mtu), err
}
