package net

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// socketAt is a port at an address, as text.
func socketAt(address string) string {
	return netip.AddrPortFrom(netip.MustParseAddr(address), 7777).String()
}

// needTables skips the spec on kernels built without policy routing.
func needTables(family int) {
	if family == unix.AF_INET {
		NeedKconfig("CONFIG_IP_MULTIPLE_TABLES")
	} else {
		NeedKconfig("CONFIG_IPV6_MULTIPLE_TABLES")
	}
}

// received returns how many datagrams the protocol says that it has delivered to
// sockets in s's namespace. See proc_pid_net(5).
func received(s *harness.Subject, family int) (int, error) {
	if family == unix.AF_INET6 {
		return field(s, "/proc/self/net/snmp6", "Udp6InDatagrams")
	}
	content, err := s.ReadFile("/proc/self/net/snmp")
	if err != nil {
		return 0, err
	}
	var names []string
	for line := range strings.Lines(content) {
		fields := strings.Fields(line)
		if fields[0] != "Udp:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i, name := range names {
			if name == "InDatagrams" {
				return strconv.Atoi(fields[i])
			}
		}
	}
	return 0, fmt.Errorf("find Udp: InDatagrams in /proc/self/net/snmp: it is not there")
}

// field returns the number after a name at the beginning of a line.
func field(s *harness.Subject, file, name string) (int, error) {
	content, err := s.ReadFile(file)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(content) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == name {
			return strconv.Atoi(fields[1])
		}
	}
	return 0, fmt.Errorf("find %s in %s: it is not there", name, file)
}

// Of include/uapi/linux/neighbour.h.
const (
	ndaDst, ndaAddress = 1, 2
	nudPermanent       = 0x80
	sizeofNdmsg        = 12
)

// ndmsg is struct ndmsg.
type ndmsg struct {
	family byte
	index  int32
	state  uint16
}

func (m ndmsg) Len() int { return sizeofNdmsg }

func (m ndmsg) Serialize() []byte {
	b := make([]byte, sizeofNdmsg)
	b[0] = m.family
	binary.NativeEndian.PutUint32(b[4:], uint32(m.index))
	b[8] = byte(m.state)
	return b
}

// neighbour has s know which hardware has an address next to a device.
func neighbour(s *harness.Subject, device, address string) error {
	a := netip.MustParseAddr(address)
	return order(s, unix.RTM_NEWNEIGH, createNew,
		ndmsg{byte(family(a)), int32(Get(look(s, device)).index), nudPermanent},
		attribute(ndaDst, a.AsSlice()), attribute(ndaAddress, []byte{2, 0, 0, 0, 0, 9}))
}

// neighbours returns the addresses that s knows the hardware of.
func neighbours(s *harness.Subject, family int) ([]string, error) {
	answers, err := route(s, unix.RTM_GETNEIGH, unix.NLM_F_DUMP, ndmsg{family: byte(family)})
	var all []string
	for _, a := range answers {
		if found, ok := netip.AddrFromSlice(attributes(a.payload, sizeofNdmsg)[ndaDst]); ok {
			all = append(all, found.String())
		}
	}
	return all, err
}
