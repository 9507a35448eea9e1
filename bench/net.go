package bench

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// networks measure what a container's network takes to be set up, between network
// namespaces of the subjects' own.
func networks() []experiment {
	needs := []nsutil.Feature{nsutil.Net.Feature(), nsutil.Clone3}
	return []experiment{{
		benchmarks: []reports.PlannedBenchmark{
			benchmark("net/veth", nsutil.Net, "RTM_NEWLINK of a veth pair with its peer in another namespace, sent and acknowledged"),
			benchmark("net/veth-del", nsutil.Net, "RTM_DELLINK of such a pair, sent and acknowledged"),
		},
		needs: needs, times: 12,
		run: (*lab).pairs,
	}, {
		benchmarks: []reports.PlannedBenchmark{benchmark("net/cni", nsutil.Net,
			"unshare(CLONE_NEWNET), open it, setns(2) back; a veth pair into it, one end up; setns(2), the other end up, address, default route, setns(2) back")},
		needs: needs, times: 8,
		run: (*lab).containers,
	}, {
		benchmarks: []reports.PlannedBenchmark{
			benchmark("net/netns-add", nsutil.Net, "unshare(CLONE_NEWNET) and mount(\"/proc/self/ns/net\", MS_BIND), as ip netns add"),
			benchmark("net/netns-del", nsutil.Net, "umount2(MNT_DETACH) of such a mount, as ip netns del"),
		},
		needs: append(needs, nsutil.Mnt.Feature()), times: 20,
		run: (*lab).named,
	}}
}

// The devices of a pair, the far one in the other namespace. That they are given
// indices spares the requests that would ask for them.
const (
	near, far           = "nsc-near", "nsc-far"
	nearIndex, farIndex = 1000, 500
)

// deletions is how many pairs are deleted one by one, for which the kernel takes its
// time; the others go with their namespaces.
const deletions = 4

// pairs makes as many pairs as samples are taken, and deletes the first of them.
func (l *lab) pairs() {
	s, other := l.subject(harness.Isolated(harness.ByClone3, nsutil.Net)), l.scope.Spawn(harness.Isolated(harness.ByClone3, nsutil.Net))
	socket, there := l.route(s), l.must2(s.OpenNS(other, nsutil.Net))
	l.needVeth(s, socket, there)
	for i := range l.times() {
		here, beyond := fmt.Sprint(near, i), fmt.Sprint(far, i)
		create := exchange(socket, newPair(here, beyond, nearIndex+i, farIndex+i, there))
		l.record(0, l.perform(s, 1, span(1, create...)...).Of(1))
		l.happened(l.hasLink(s, here) && l.hasLink(other, beyond), "%s and %s are not there", here, beyond)
	}
	for i := range min(l.times(), deletions) {
		here, beyond := fmt.Sprint(near, i), fmt.Sprint(far, i)
		l.record(1, l.perform(s, 1, span(1, exchange(socket, deleteLink(nearIndex+i))...)...).Of(1))
		l.happened(!l.hasLink(s, here) && !l.hasLink(other, beyond), "%s and %s are still there", here, beyond)
	}
	l.must(0, other.End())
	l.must(0, s.End())
	l.settle(nsutil.Net)
}

// containers makes as many namespaces as samples are taken, which are held, and does
// for each what the kernel has to do for a plugin of CNI: the bridge to which the near
// end would be tied, and the choice of an address, are left out.
func (l *lab) containers() {
	s := l.subject(harness.Isolated(harness.ByClone3, nsutil.Net))
	socket, home := l.route(s), l.home(s, nsutil.Net)
	l.needVeth(s, socket, home)
	first := l.nextFD(s)
	for i := range l.times() {
		name, index := fmt.Sprint(near, i), nearIndex+i
		inside := first + i
		steps := []harness.Step{unshare(unix.CLONE_NEWNET), open(selfFile("net"), unix.O_RDONLY), setns(home, unix.CLONE_NEWNET)}
		steps = append(steps, exchange(socket, newPair(name, far, index, farIndex, inside))...)
		steps = append(steps, exchange(socket, setUp(index))...)
		steps = append(steps, setns(inside, unix.CLONE_NEWNET),
			keep(call("socket", unix.SYS_SOCKET, unix.AF_NETLINK, harness.Hex(unix.SOCK_RAW|unix.SOCK_CLOEXEC), unix.NETLINK_ROUTE), 2))
		for _, request := range [][]byte{setUp(farIndex), addAddress(farIndex), addDefaultRoute(farIndex)} {
			steps = append(steps, exchange(harness.Kept(2), request)...)
		}
		steps = append(steps, closing(harness.Kept(2)), setns(home, unix.CLONE_NEWNET))
		l.record(0, l.perform(s, 1, span(1, steps...)...).Of(1))
		l.happened(l.isUp(s, name), "%s is not up", name)
	}
	for fd := first; fd < first+l.times(); fd++ {
		l.must(0, s.Setns(fd, unix.CLONE_NEWNET))
		l.happened(l.isUp(s, far) && l.addressOf(s, far) == insideAddress && l.routesBy(s, far, gateway),
			"%s is not set up as it should be", far)
	}
	l.must(0, s.End())
	l.settle(nsutil.Net)
}

// named makes as many namespaces as samples are taken, each held by a file, in a
// mount namespace of the subject's own; and lets go of them.
func (l *lab) named() {
	s := l.subject(harness.Isolated(harness.ByClone3, nsutil.Net, nsutil.Mnt))
	l.must(0, s.MakePrivate())
	home := l.home(s, nsutil.Net)
	dir, seen := l.TempDir(), map[nsutil.ID]bool{l.ns(s, nsutil.Net): true}
	name := func(i int) string { return filepath.Join(dir, fmt.Sprint("net", i)) }
	for i := range l.times() {
		if err := os.WriteFile(name(i), nil, 0); err != nil {
			l.Fatalf("make a file: %v", err)
		}
		add := span(1, unshare(unix.CLONE_NEWNET), bindMount(selfFile("net"), name(i)))
		l.record(0, l.perform(s, 1, append(add, setns(home, unix.CLONE_NEWNET))...).Of(1))
		id, err := s.NSFile(name(i))
		kind, errKind := l.kindUnder(s, name(i))
		l.happened(err == nil && errKind == nil && !seen[id] && kind == nsutil.Net, "no new namespace is under %s: %v", name(i), id)
		seen[id] = true
	}
	for i := range l.times() {
		l.record(1, l.perform(s, 1, own(unmount(name(i), unix.MNT_DETACH), 1)).Of(1))
		id, err := s.NSFile(name(i))
		l.happened(err == nil && !seen[id], "a namespace is still under %s: %v", name(i), id)
	}
	l.must(0, s.End())
	l.settle(nsutil.Net)
}
