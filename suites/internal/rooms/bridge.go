package rooms

import (
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// AddBridge makes a bridge in the room's network namespace. Specs that do have the label
// bridge, by which guests get the module.
func (r *Room) AddBridge(name string) {
	socket := Get(r.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))
	_, err := r.Ioctl(socket, unix.SIOCBRADDBR, name)
	if err != nil {
		NeedModule("bridge", "CONFIG_BRIDGE")
	}
	Arrange(err)
	Arrange(r.Close(socket))
}
