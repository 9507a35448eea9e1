package cni

import (
	. "github.com/nsconform/nsconform/suites/spec"
)

// kinds are the plugins that make interfaces, with networks of theirs. A room has one
// network of a kind at most.
var kinds = []struct {
	plugin  string
	network func(r *room) config
}{
	{"bridge", (*room).bridge},
	{"ptp", (*room).ptp},
	{"macvlan", (*room).macvlan},
}

// bridge returns a network of a bridge that has an address, too.
func (r *room) bridge() config {
	return r.addressed(network("bridge", "red").with("bridge", "red0").with("isGateway", true), "10.88.1.0/24")
}

// bridgeAlone returns a network of a bridge with a name, which leads nowhere else.
func (r *room) bridgeAlone(name string) config {
	n := r.addressed(network("bridge", name).with("bridge", name+"0"), "10.88.2.0/24")
	delete(n["ipam"].(config), "routes")
	return n
}

// ptp returns a network of pairs.
func (r *room) ptp() config {
	return r.addressed(network("ptp", "red"), "10.88.3.0/24")
}

// uplink is the device of the room that leads to what is beyond it.
const uplink = "uplink"

// macvlan returns a network of devices on top of the uplink.
func (r *room) macvlan() config {
	NeedModule("macvlan", "CONFIG_MACVLAN")
	r.pair(uplink, "far")
	return r.addressed(network("macvlan", "red").with("master", uplink).with("mode", "bridge"), "10.88.4.0/24")
}

// pair makes two devices of the room that are tied to each other, both up.
func (r *room) pair(one, other string) {
	ip(r.Subject, "link", "add", one, "type", "veth", "peer", "name", other)
	for _, name := range []string{one, other} {
		ip(r.Subject, "link", "set", name, "up")
	}
}
