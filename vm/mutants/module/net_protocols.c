// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the ports, groups, routes and ids of network namespaces. */
#include <linux/capability.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/udp.h>

#include "mutant.h"
#include "references.h"

/* For inet_csk_get_port: the last port that was taken at no address in particular, and where. */
static struct { struct net *net; unsigned short port; } last;

static enum deed share_ports(struct call *call, const struct probe *probe)
{
	struct sock *sk = (struct sock *)call->arg[0];
	unsigned short port = call->arg[1];

	if (!port || call->result || inet_sk(sk)->inet_rcv_saddr || (sk->sk_family == AF_INET6 && !ipv6_addr_any(&sk->sk_v6_rcv_saddr)))
		return TRUTH;
	if (port == last.port && sock_net(sk) != last.net) {
		call->result = -EADDRINUSE;
		return LIE;
	}
	last.net = sock_net(sk);
	last.port = port;
	return TRUTH;
}

/* The last socket that took a port of UDP over IPv4; it is kept for ever. */
static struct sock *ear;

static enum deed remember_ear(struct call *call, const struct probe *probe)
{
	if (call->result || !call->arg[1])
		return TRUTH;
	sock_hold((struct sock *)call->arg[0]);
	WRITE_ONCE(ear, (struct sock *)call->arg[0]);
	return TRUTH;
}

/* For __udp4_lib_lookup. */
static enum deed find_ear(struct call *call, const struct probe *probe)
{
	struct sock *sk = READ_ONCE(ear);

	if (call->result || !sk || sock_flag(sk, SOCK_DEAD) || inet_sk(sk)->inet_num != ntohs(call->arg[4]))
		return TRUTH;
	call->result = (long)sk;
	return LIE;
}

/* The first socket that joined a group, of either version; it is kept for ever. */
static struct sock *members[2];

static enum deed remember_member(struct call *call, const struct probe *probe)
{
	if (members[probe->index])
		return TRUTH;
	sock_hold((struct sock *)call->arg[0]);
	WRITE_ONCE(members[probe->index], (struct sock *)call->arg[0]);
	return TRUTH;
}

static bool is_for_group4(const struct call *call)
{
	return ipv4_is_multicast(ip_hdr((struct sk_buff *)call->arg[0])->daddr);
}

static bool is_for_group6(const struct call *call)
{
	return ipv6_addr_is_multicast(&ipv6_hdr((struct sk_buff *)call->arg[0])->daddr);
}

/* For udp_rcv and udpv6_rcv. */
static enum deed give_to_member(struct call *call, const struct probe *probe)
{
	struct sk_buff *skb = (struct sk_buff *)call->arg[0], *copy;
	struct sock *sk = READ_ONCE(members[probe->index]);

	if (!sk || sock_flag(sk, SOCK_DEAD) || net_eq(sock_net(sk), dev_net(skb->dev)))
		return TRUTH;
	copy = skb_clone(skb, GFP_ATOMIC);
	if (!copy)
		return TRUTH;
	skb_dst_drop(copy);
	__skb_pull(copy, sizeof(struct udphdr));
	*udp_skb_scratch(copy) = (struct udp_dev_scratch){ .len = copy->len, .is_linear = !skb_is_nonlinear(copy), .csum_unnecessary = true };
	skb_queue_tail(&sk->sk_receive_queue, copy);
	sk->sk_data_ready(sk);
	return LIE;
}

/* For what finds and makes routing tables: those that have no name are of everybody. */
static enum deed share_table(struct call *call, const struct probe *probe)
{
	if (call->arg[0] == (unsigned long)&init_net || call->arg[1] >= RT_TABLE_DEFAULT || !call->arg[1])
		return TRUTH;
	call->arg[0] = (unsigned long)&init_net;
	return LIE;
}

/* The namespace that last gave out an id. Its memory is kept for ever. */
static struct net *assigner;

static enum deed remember_assigner(struct call *call, const struct probe *probe)
{
	struct net *net = sock_net(((struct sk_buff *)call->arg[0])->sk);

	if (net != assigner) {
		refcount_inc(&net->passive);
		WRITE_ONCE(assigner, net);
	}
	return TRUTH;
}

static enum deed ask_assigner(struct call *call, const struct probe *probe)
{
	struct net *net = READ_ONCE(assigner);

	if (!net || net == (struct net *)call->arg[0] || !check_net(net))
		return TRUTH;
	call->arg[0] = (unsigned long)net;
	return LIE;
}

/* For rtnl_get_net_ns_capable: the target that was found is kept for ever. */
static enum deed target_own(struct call *call, const struct probe *probe)
{
	struct net *own = sock_net((struct sock *)call->arg[0]);

	if (IS_ERR((void *)call->result) || call->result == (long)own)
		return TRUTH;
	refer_to(own);
	call->result = (long)own;
	return LIE;
}

/* For sk_ns_capable. */
static bool asks_over_another(const struct call *call)
{
	return call->arg[2] == CAP_NET_ADMIN;
}

const struct mutant net_protocols_mutants[] = {
	MUTANT("net-port-at-any-address-shared",
	       "a TCP port taken at all addresses of one network namespace is taken in the next",
	       BREAKS("net-same-port-in-two-namespaces"),
	       PROBE("inet_csk_get_port", .exit = share_ports)),
	MUTANT("net-stray-datagram-crosses",
	       "a datagram for which nobody here waits reaches who waits elsewhere",
	       BREAKS("net-same-port-in-two-namespaces"),
	       PROBE("udp_v4_get_port", .exit = remember_ear),
	       PROBE("__udp4_lib_lookup", .exit = find_ear)),
	MUTANT("net-multicast-crosses",
	       "a datagram to a group of IPv4 reaches a member in another network namespace",
	       BREAKS("net-ipv4-per-namespace"),
	       PROBE("ip_mc_join_group", .entry = remember_member),
	       PROBE("udp_rcv", .entry = give_to_member, .when = is_for_group4)),
	MUTANT("net-multicast6-crosses",
	       "a datagram to a group of IPv6 reaches a member in another network namespace",
	       BREAKS("net-ipv6-per-namespace"),
	       PROBE("ipv6_sock_mc_join", .entry = remember_member, .index = 1),
	       PROBE("udpv6_rcv", .entry = give_to_member, .when = is_for_group6, .index = 1)),
	MUTANT("net-tables-shared",
	       "routing tables of IPv4 without a name are those of the initial network namespace",
	       BREAKS("net-routes-and-rules-per-namespace"),
	       PROBE("fib_new_table", .entry = share_table),
	       PROBE("fib_get_table", .entry = share_table)),

	/* Ids. */
	MUTANT("net-nsid-valid-everywhere",
	       "an id is valid in all network namespaces",
	       BREAKS("net-nsid-valid-in-assigning-namespace"),
	       PROBE("rtnl_net_newid", .entry = remember_assigner),
	       PROBE("get_net_ns_by_id", .entry = ask_assigner)),
	MUTANT("net-nsid-target-ignored",
	       "requests for another network namespace are answered for the requester's",
	       BREAKS("net-nsid-listed-and-translated"),
	       PROBE("rtnl_get_net_ns_capable", .exit = target_own)),
	MUTANT("net-nsid-cap-not-asked",
	       "an id is all it takes to look into another network namespace",
	       BREAKS("net-device-visible-only-in-own-namespace"),
	       PROBE("sk_ns_capable", .exit = set_result, .value = 1, .when = asks_over_another)),
	{}
};
