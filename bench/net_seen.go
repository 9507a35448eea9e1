package bench

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// What a subject's network namespace is seen to have.

// needVeth ends the round as skipped where the kernel has no veth devices.
func (l *lab) needVeth(s *harness.Subject, socket, there int) {
	steps := append(exchange(socket, newPair(near, far, nearIndex, farIndex, there)), exchange(socket, deleteLink(nearIndex))...)
	r, err := s.Run(harness.Program{Steps: steps, Times: 1})
	l.must(0, err)
	if r.Refused[unix.EOPNOTSUPP] == 0 {
		return
	}
	config, _ := nsutil.RunningConfig()
	value, state := config.Lookup("CONFIG_VETH")
	_, loaded := os.Stat("/sys/module/veth")
	switch {
	case state == nsutil.OptionAbsent:
		l.skipFor(reports.SkipKconfig, "the kernel is built without CONFIG_VETH")
	case value != "y" && errors.Is(loaded, os.ErrNotExist):
		l.skipFor(reports.SkipResource, "the kernel has no module veth loaded, nor can it load it")
	}
	l.Fatalf("make a veth pair: %s", r.Refusals())
}

// hasLink sees whether there is a device of a name in the subject's namespace.
func (l *lab) hasLink(s *harness.Subject, name string) bool {
	for line := range strings.Lines(l.procNet(s, "dev")) {
		if strings.HasPrefix(strings.TrimSpace(line), name+":") {
			return true
		}
	}
	return false
}

// routesBy sees whether a default route leads by the device to the gateway.
func (l *lab) routesBy(s *harness.Subject, name string, gateway [4]byte) bool {
	want := fmt.Sprintf("%s\t00000000\t%08X\t", name, binary.NativeEndian.Uint32(gateway[:]))
	return strings.Contains("\n"+l.procNet(s, "route"), "\n"+want)
}

func (l *lab) procNet(s *harness.Subject, file string) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", s.PID(), file))
	if err != nil {
		l.Fatalf("see what was made: %v", err)
	}
	return string(text)
}

// isUp sees whether a device in the subject's namespace is up.
func (l *lab) isUp(s *harness.Subject, name string) bool {
	flags := l.askDevice(s, name, unix.SIOCGIFFLAGS)
	return binary.NativeEndian.Uint16(flags)&unix.IFF_UP != 0
}

// addressOf returns the IPv4 address of a device in the subject's namespace.
func (l *lab) addressOf(s *harness.Subject, name string) (address [4]byte) {
	copy(address[:], l.askDevice(s, name, unix.SIOCGIFADDR)[4:]) // behind family and port
	return address
}

// askDevice returns what an ioctl stores behind the name in a struct ifreq; see netdevice(7).
func (l *lab) askDevice(s *harness.Subject, name string, question uint) []byte {
	request := make([]byte, 40)
	copy(request, name)
	socket := l.must2(s.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))
	if _, err := s.Syscall("ioctl", unix.SYS_IOCTL, socket, harness.Hex(question), harness.Struct((*[40]byte)(request))); err != nil {
		l.Fatalf("see what was made: %s: %v", name, err)
	}
	l.must(0, s.Close(socket))
	return bytes.Clone(request[unix.IFNAMSIZ:])
}

// kindUnder returns the kind of the namespace whose file is mounted on a path.
func (l *lab) kindUnder(s *harness.Subject, path string) (nsutil.Kind, error) {
	fd, err := s.Open(path, unix.O_RDONLY|unix.O_CLOEXEC)
	if err != nil {
		return "", err
	}
	flag, err := s.NSType(fd)
	l.must(0, s.Close(fd))
	kind, _ := nsutil.KindOf(flag)
	return kind, err
}
