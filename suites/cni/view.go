package cni

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
)

// link is a network device as ip-address(8) shows it.
type link struct {
	Index  int      `json:"ifindex"`
	Name   string   `json:"ifname"`
	Mac    string   `json:"address"`
	Flags  []string `json:"flags"`
	Master string   `json:"master"` // the bridge that it is a port of
	// Tied is the index of the device that it is tied to, where that is in another
	// namespace, and TiedName its name where it is in the same.
	Tied     int    `json:"link_index"`
	TiedName string `json:"link"`
	Info     struct {
		Kind string `json:"info_kind"` // "veth"; empty for what a driver has made
		Data struct {
			Mode string `json:"mode"`
		} `json:"info_data"`
	} `json:"linkinfo"`
	Addresses []address `json:"addr_info"`
}

type address struct {
	Family string `json:"family"` // "inet"
	Local  string `json:"local"`
	Bits   int    `json:"prefixlen"`
}

// ofCarrier are flags that the kernel changes on its own time, as it gives devices
// addresses of version 6.
var ofCarrier = []string{"LOWER_UP", "M-DOWN", "NO-CARRIER"}

func (l link) up() bool { return slices.Contains(l.Flags, "UP") }

// ipv4 returns the device's first address, "" if it has none.
func (l link) ipv4() string {
	if len(l.Addresses) == 0 {
		return ""
	}
	return l.Addresses[0].Local
}

// links returns all devices that s can see, by name, with their addresses of version 4.
func links(s *harness.Subject) map[string]link {
	all := map[string]link{}
	for _, l := range read[link](s, "-d", "address") {
		l.Flags = slices.DeleteFunc(l.Flags, func(flag string) bool { return slices.Contains(ofCarrier, flag) })
		l.Addresses = slices.DeleteFunc(l.Addresses, func(a address) bool { return a.Family != "inet" })
		all[l.Name] = l
	}
	return all
}

// names returns the names of the devices that s can see, less those that the kernel
// puts into each network namespace.
func names(s *harness.Subject) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(links(s))), func(name string) bool { return slices.Contains(fallbacks, name) })
}

// fallbacks are the devices of tunnel drivers, where those are built in or loaded.
var fallbacks = []string{"erspan0", "gre0", "gretap0", "ip6_vti0", "ip6gre0", "ip6tnl0", "ip_vti0", "sit0", "tunl0"}

// hop is a route as ip-route(8) shows it.
type hop struct {
	To      string `json:"dst"` // "default", "10.0.0.0/8", "10.0.0.1"
	Gateway string `json:"gateway"`
	Device  string `json:"dev"`
}

// routes returns the routes of the main table that s goes by, of version 4.
func routes(s *harness.Subject) []hop {
	return read[hop](s, "-4", "route")
}

// read has s run ip(8) for a list.
func read[T any](s *harness.Subject, args ...string) (list []T) {
	Arrange(json.Unmarshal([]byte(ip(s, append([]string{"-j"}, args...)...)), &list))
	return list
}
