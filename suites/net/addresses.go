package net

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

func family(a netip.Addr) int {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// addressed gives a device an address, "10.0.0.1/24", usable at once.
func addressed(s *harness.Subject, device, address string) error {
	prefix := netip.MustParsePrefix(address)
	header := nl.NewIfAddrmsg(family(prefix.Addr()))
	header.Prefixlen = uint8(prefix.Bits())
	header.Index = uint32(Get(look(s, device)).index)
	if prefix.Addr().Is6() {
		header.Flags = unix.IFA_F_NODAD
	}
	raw := prefix.Addr().AsSlice()
	err := order(s, unix.RTM_NEWADDR, createNew, header,
		nl.NewRtAttr(unix.IFA_LOCAL, raw), nl.NewRtAttr(unix.IFA_ADDRESS, raw))
	if err == nil && prefix.Addr().Is6() {
		awaitLocal(s, prefix.Addr())
	}
	return err
}

// awaitLocal waits until packets for an address are s's own: the kernel routes
// them a while after it has taken a version 6 address.
func awaitLocal(s *harness.Subject, address netip.Addr) {
	for begun := time.Now(); time.Since(begun) < Patience(); time.Sleep(100 * time.Microsecond) {
		answers, err := askForRoute(s, address)
		const kind = 7 // the offset of rtm_type
		if err == nil && answers[0].payload[kind] == unix.RTN_LOCAL {
			return
		}
	}
	Arrange(fmt.Errorf("wait for %s to be local: it is not after %v", address, Patience()))
}

// addresses returns what addresses of a family s can see on all devices.
func addresses(s *harness.Subject, family int) ([]string, error) {
	answers, err := route(s, unix.RTM_GETADDR, unix.NLM_F_DUMP, nl.NewIfAddrmsg(family))
	var all []string
	for _, a := range answers {
		found, ok := netip.AddrFromSlice(attributes(a.payload, unix.SizeofIfAddrmsg)[unix.IFA_ADDRESS])
		if ok {
			all = append(all, found.String())
		}
	}
	return all, err
}

// unaddressed takes an address from a device.
func unaddressed(s *harness.Subject, device, address string) error {
	prefix := netip.MustParsePrefix(address)
	header := nl.NewIfAddrmsg(family(prefix.Addr()))
	header.Prefixlen = uint8(prefix.Bits())
	header.Index = uint32(Get(look(s, device)).index)
	return order(s, unix.RTM_DELADDR, 0, header, nl.NewRtAttr(unix.IFA_LOCAL, prefix.Addr().AsSlice()))
}

// routed has s send what is for a prefix out of a device, or to nowhere if that
// is empty, by a routing table; its source is an address of the device's.
func routed(s *harness.Subject, table int, prefix, device string) error {
	return order(s, unix.RTM_NEWROUTE, createNew, routeBy(s, table, prefix, device)...)
}

// unrouted undoes [routed].
func unrouted(s *harness.Subject, table int, prefix, device string) error {
	return order(s, unix.RTM_DELROUTE, 0, routeBy(s, table, prefix, device)...)
}

func routeBy(s *harness.Subject, table int, prefix, device string) []part {
	to := netip.MustParsePrefix(prefix)
	header := nl.NewRtMsg()
	header.Family, header.Dst_len = uint8(family(to.Addr())), uint8(to.Bits())
	header.Table = uint8(table)
	parts := []part{header, nl.NewRtAttr(unix.RTA_DST, to.Addr().AsSlice())}
	if device == "" {
		header.Type = unix.RTN_BLACKHOLE
	} else {
		header.Scope = unix.RT_SCOPE_LINK
		parts = append(parts, number(unix.RTA_OIF, Get(look(s, device)).index))
	}
	return parts
}

// ruled has s look up what is for a prefix in a routing table.
func ruled(s *harness.Subject, prefix string, table int) error {
	return order(s, unix.RTM_NEWRULE, createNew, rule(prefix, table)...)
}

// unruled undoes [ruled].
func unruled(s *harness.Subject, prefix string, table int) error {
	return order(s, unix.RTM_DELRULE, 0, rule(prefix, table)...)
}

func rule(prefix string, table int) []part {
	to := netip.MustParsePrefix(prefix)
	header := nl.NewRtMsg() // struct fib_rule_hdr has the same shape
	header.Family, header.Dst_len = uint8(family(to.Addr())), uint8(to.Bits())
	header.Table, header.Type = uint8(table), 1 // FR_ACT_TO_TBL
	header.Protocol, header.Scope = 0, 0
	return []part{header, nl.NewRtAttr(unix.RTA_DST, to.Addr().AsSlice()), number(6 /* FRA_PRIORITY */, 100)}
}

// tables returns the numbers of the tables that a dump of routes or rules names,
// with how often it does.
func tables(s *harness.Subject, kind, family int) (map[int]int, error) {
	header := nl.NewRtMsg()
	header.Family = uint8(family)
	answers, err := route(s, kind, unix.NLM_F_DUMP, header)
	count := map[int]int{}
	for _, a := range answers {
		if int(a.payload[0]) == family {
			count[int(a.payload[4])]++
		}
	}
	return count, err
}

// routeTo asks the kernel for the index of the device by which s reaches an address.
func routeTo(s *harness.Subject, address string) (int, error) {
	answers, err := askForRoute(s, netip.MustParseAddr(address))
	if err != nil {
		return 0, err
	}
	return integer(attributes(answers[0].payload, unix.SizeofRtMsg)[unix.RTA_OIF]), nil
}

func askForRoute(s *harness.Subject, to netip.Addr) ([]answer, error) {
	header := &nl.RtMsg{}
	header.Family, header.Dst_len = uint8(family(to)), uint8(to.BitLen())
	return route(s, unix.RTM_GETROUTE, 0, header, nl.NewRtAttr(unix.RTA_DST, to.AsSlice()))
}
