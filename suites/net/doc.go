// Package net holds the specs of network namespaces: see network_namespaces(7),
// veth(4), and the parts of ip-link(8), ip-netns(8), netlink(7) and the pages of
// address families that speak of them.
//
// Subjects configure their namespaces by rtnetlink sockets of their own, and
// what isolation means is told by traffic: the packet that arrives or does not.
package net
