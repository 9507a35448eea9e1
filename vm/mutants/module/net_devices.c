// SPDX-License-Identifier: GPL-2.0-only
/* Lies about network devices: the loopback ones, virtual Ethernet pairs, and those that drivers make. */
#include <linux/if.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "mutant.h"

/* For loopback_net_init: the device calls itself up, and is not. */
static enum deed light(struct call *call, const struct probe *probe)
{
	struct net *net = (struct net *)call->arg[0];

	if (!net->loopback_dev)
		return TRUTH;
	net->loopback_dev->flags |= IFF_UP;
	return LIE;
}

/* For what finds a device by its index: what is not found here may be elsewhere. */
static enum deed look_everywhere(struct call *call, const struct probe *probe)
{
	struct net_device *dev;
	struct net *net;

	if (call->result)
		return TRUTH;
	rcu_read_lock();
	for_each_net_rcu(net)
		for_each_netdev_rcu(net, dev)
			if (dev->ifindex == (int)call->arg[1])
				call->result = (long)dev;
	rcu_read_unlock();
	return call->result ? LIE : TRUTH;
}

/* For nlmsg_notify. */
static bool is_of_address(const struct call *call)
{
	return call->arg[3] == RTNLGRP_IPV4_IFADDR || call->arg[3] == RTNLGRP_IPV6_IFADDR;
}

static bool is_of_route(const struct call *call)
{
	return call->arg[3] == RTNLGRP_IPV4_ROUTE || call->arg[3] == RTNLGRP_IPV6_ROUTE;
}

static bool is_of_link(const struct call *call) { return call->arg[3] == RTNLGRP_LINK; }

static enum deed notify_all(struct call *call, const struct probe *probe)
{
	struct sock *socket = (struct sock *)call->arg[0];
	struct sk_buff *copy;
	struct net *net;

	if (socket != sock_net(socket)->rtnl)
		return TRUTH;
	rcu_read_lock();
	for_each_net_rcu(net) {
		if (net->rtnl == socket || !net->rtnl)
			continue;
		copy = skb_clone((struct sk_buff *)call->arg[1], GFP_ATOMIC);
		if (copy)
			netlink_broadcast(net->rtnl, copy, 0, call->arg[3], GFP_ATOMIC);
	}
	rcu_read_unlock();
	return LIE;
}

/* The first thing that a virtual Ethernet device knows is its peer. */
static struct net_device **peer_of(struct net_device *dev) { return netdev_priv(dev); }

/* For veth_dellink. */
static enum deed part(struct call *call, const struct probe *probe)
{
	struct net_device *dev = (struct net_device *)call->arg[0], *peer = *peer_of(dev);

	if (!peer)
		return TRUTH;
	*peer_of(peer) = NULL;
	*peer_of(dev) = NULL;
	return LIE;
}

static bool asked_by_process(const struct call *call) { return !(current->flags & PF_KTHREAD); }
static bool asked_by_kernel(const struct call *call) { return current->flags & PF_KTHREAD; }

/* For veth_get_iflink. */
static enum deed tell_own_index(struct call *call, const struct probe *probe)
{
	call->result = ((struct net_device *)call->arg[0])->ifindex;
	return LIE;
}

/* For dev_change_net_namespace. */
static bool made_by_driver(const struct call *call)
{
	return !((struct net_device *)call->arg[0])->rtnl_link_ops;
}

static bool process_moves_hardware(const struct call *call)
{
	return made_by_driver(call) && asked_by_process(call);
}

static bool hardware_goes_home(const struct call *call)
{
	return made_by_driver(call) && asked_by_kernel(call);
}

/* The namespace of who last made one, if that was not the initial one. */
static struct net *creators;

static enum deed remember_creators(struct call *call, const struct probe *probe)
{
	if (call->arg[0] & CLONE_NEWNET) {
		refcount_inc(&((struct net *)call->arg[2])->passive);
		WRITE_ONCE(creators, (struct net *)call->arg[2]);
	}
	return TRUTH;
}

static enum deed go_to_creators(struct call *call, const struct probe *probe)
{
	struct net *net = READ_ONCE(creators);

	if (!net || net == &init_net || !check_net(net))
		return TRUTH;
	call->arg[1] = (unsigned long)net;
	return LIE;
}

/* For get_net_ns_by_pid: the initial namespace's pid instead of the caller's. */
static enum deed look_up_initial_pid(struct call *call, const struct probe *probe)
{
	struct pid_namespace *own = ns_of_pid(task_pid(current));
	struct pid *pid;

	if (own == &init_pid_ns)
		return TRUTH;
	rcu_read_lock();
	pid = find_pid_ns(call->arg[0], &init_pid_ns);
	call->arg[0] = pid ? pid_nr_ns(pid, own) : 0;
	rcu_read_unlock();
	return LIE;
}

const struct mutant net_devices_mutants[] = {
	MUTANT("net-loopback-born-up",
	       "the loopback device of a new network namespace is up",
	       BREAKS("net-new-namespace-only-loopback-down"),
	       PROBE("loopback_net_init", .exit = light)),
	MUTANT("net-device-found-by-index",
	       "an index that no device here has finds the device elsewhere that has it",
	       BREAKS("net-device-visible-only-in-own-namespace"),
	       PROBE("dev_get_by_index_rcu", .exit = look_everywhere)),
	MUTANT("net-link-news-for-all",
	       "who listens is told of the devices of all network namespaces",
	       BREAKS("net-device-visible-only-in-own-namespace"),
	       PROBE("nlmsg_notify", .entry = notify_all, .when = is_of_link)),
	MUTANT("net-address-news-for-all",
	       "who listens is told of the addresses of all network namespaces",
	       BREAKS("net-ipv4-per-namespace net-ipv6-per-namespace"),
	       PROBE("nlmsg_notify", .entry = notify_all, .when = is_of_address)),
	MUTANT("net-route-news-for-all",
	       "who listens is told of the routes of all network namespaces",
	       BREAKS("net-routes-and-rules-per-namespace"),
	       PROBE("nlmsg_notify", .entry = notify_all, .when = is_of_route)),

	/* Virtual Ethernet pairs. */
	MUTANT("net-veth-swallows-frames",
	       "what is sent on a virtual Ethernet device is lost",
	       BREAKS("net-veth-carries-frames-across"),
	       PROBE("veth_xmit", .entry = skip)),
	MUTANT("net-veth-half-deleted",
	       "who deletes one end of a virtual Ethernet pair leaves the other one",
	       BREAKS("net-veth-made-and-deleted-in-pairs"),
	       PROBE("veth_dellink", .entry = part, .when = asked_by_process)),
	MUTANT("net-veth-peer-survives-namespace",
	       "a peer elsewhere outlives the network namespace of a virtual Ethernet device",
	       BREAKS("net-veth-destroyed-with-namespace"),
	       PROBE("veth_dellink", .entry = part, .when = asked_by_kernel)),
	MUTANT("net-veth-carrier-stays",
	       "the peer of a virtual Ethernet device that is down keeps its carrier",
	       BREAKS("net-veth-one-end-down-pair-down"),
	       PROBE("veth_close", .entry = skip)),
	MUTANT("net-veth-tells-own-index",
	       "a virtual Ethernet device takes itself for its peer",
	       BREAKS("net-veth-peer-index-known"),
	       PROBE("veth_get_iflink", .exit = tell_own_index)),

	/* Those that drivers make. */
	MUTANT("net-physical-stays",
	       "moving a physical device to another namespace succeeds and changes nothing",
	       BREAKS("net-physical-device-in-one-namespace"),
	       PROBE("__dev_change_net_namespace|dev_change_net_namespace", .entry = skip, .when = process_moves_hardware)),
	MUTANT("net-physical-goes-to-creators",
	       "a physical device goes to the network namespace of whoever made the one that is destroyed",
	       BREAKS("net-physical-device-returns-to-initial"),
	       PROBE("copy_net_ns", .entry = remember_creators),
	       PROBE("__dev_change_net_namespace|dev_change_net_namespace", .entry = go_to_creators, .when = hardware_goes_home)),

	/* Moving. */
	MUTANT("net-move-by-initial-pid",
	       "the pid of a member by which a device moves is one of the initial PID namespace",
	       BREAKS("net-move-device-by-pid-and-fd"),
	       PROBE("get_net_ns_by_pid", .entry = look_up_initial_pid)),
	{}
};
