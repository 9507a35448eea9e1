package harness

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

var netDev = sync.OnceValue(func() keptFile { return keepFile("/proc/thread-self/net/dev", unix.O_RDONLY) })

// linkSocket is what links are asked about by.
var linkSocket = sync.OnceValue(func() keptFile {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		fd = -1
	}
	return keepFD(fd)
})

// readLinks takes each link's name, index, MTU and flags, by calls that do not wait
// for the routing netlink's lock: it is held while a namespace elsewhere goes.
func readLinks(b []byte) []byte {
	var text [4096]byte
	all := netDev().read(text[:0])
	for line := range bytes.Lines(all) {
		name, _, isLink := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		if !isLink {
			continue // headings
		}
		word := func(request uint) uint32 { return linkWord(linkSocket().fd, request, string(name)) }
		b = fmt.Appendf(b, "%s: index %d, mtu %d, flags %#x\n", name,
			word(unix.SIOCGIFINDEX), word(unix.SIOCGIFMTU), word(unix.SIOCGIFFLAGS)&unix.IFF_UP)
	}
	return b
}

// linkWord returns the number that a request of netdevice(7) tells of a link; 0 without.
func linkWord(fd int, request uint, name string) uint32 {
	ifr, err := unix.NewIfreq(name)
	if err != nil || unix.IoctlIfreq(fd, request, ifr) != nil {
		return 0
	}
	return ifr.Uint32()
}

func parseLinks(raw string) map[string]string {
	links := map[string]string{}
	for line := range strings.Lines(raw) {
		name, what, _ := strings.Cut(strings.TrimSpace(line), ": ")
		links["link "+name] = what
	}
	return links
}
