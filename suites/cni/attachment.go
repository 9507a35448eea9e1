package cni

import (
	"encoding/json"
	"net/netip"

	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// result is what a plugin says that it has made.
type result struct {
	Interfaces []struct {
		Name    string `json:"name"`
		Mac     string `json:"mac"`
		Sandbox string `json:"sandbox"` // the container's path; empty for the room's
	} `json:"interfaces"`
	IPs []struct {
		Address   string `json:"address"`
		Gateway   string `json:"gateway"`
		Interface int    `json:"interface"` // the index of one
	} `json:"ips"`
	Routes []struct {
		To string `json:"dst"`
	} `json:"routes"`
}

// attachment is an interface of a container that ties it to a network.
type attachment struct {
	to     *container
	config config
	ifname string
	result result
	raw    string
}

// add claims that a plugin ties a container to a network by an interface eth0.
func (c *container) add(n config) *attachment {
	return c.addAs("eth0", n)
}

// addAs is add by an interface of another name.
func (c *container) addAs(ifname string, n config) *attachment {
	a := &attachment{to: c, config: n, ifname: ifname}
	a.raw = c.room.succeeds(a.order("ADD"))
	Expect(json.Unmarshal([]byte(a.raw), &a.result)).To(Succeed(), a.raw)
	return a
}

// order returns what a runtime asks of the plugin of the attachment: all but ADD tell
// what that said.
func (a *attachment) order(command string) order {
	c := a.config
	if a.raw != "" {
		c = c.with("prevResult", json.RawMessage(a.raw))
	}
	return order{command: command, kind: c.kind(), config: text(c), id: a.to.name, netns: a.to.netns, ifname: a.ifname}
}

// del claims that the plugin takes the attachment away.
func (a *attachment) del() {
	a.to.room.succeeds(a.order("DEL"))
}

// checks claims that the plugin finds the attachment as it should be.
func (a *attachment) checks() {
	a.to.room.succeeds(a.order("CHECK"))
}

// address returns the address that the result names.
func (a *attachment) address() string {
	Expect(a.result.IPs).NotTo(BeEmpty(), a.raw)
	prefix, err := netip.ParsePrefix(a.result.IPs[0].Address)
	Expect(err).NotTo(HaveOccurred(), a.raw)
	return prefix.Addr().String()
}

// outer returns the name of the attachment's first interface in the room, but for one.
func (a *attachment) outer(but string) string {
	for _, i := range a.result.Interfaces {
		if i.Sandbox == "" && i.Name != but {
			return i.Name
		}
	}
	Fail("no interface in the room: " + a.raw)
	return ""
}

// text returns the configuration as plugins read it.
func text(c config) string {
	return string(Get(json.Marshal(c)))
}
