// SPDX-License-Identifier: GPL-2.0-only
/* Lies about which network namespace sockets and their names belong to. */
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/seq_file_net.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/un.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "mutant.h"
#include "references.h"

/* The network namespace where an abstract name was bound last. Its memory is kept for ever. */
static struct net *last_named;

static enum deed remember_named(struct call *call, const struct probe *probe)
{
	struct net *net = sock_net(((struct socket *)call->arg[0])->sk);

	if (!((struct sockaddr_un *)call->arg[1])->sun_path[0] && net != last_named) {
		refcount_inc(&net->passive);
		WRITE_ONCE(last_named, net);
	}
	return TRUTH;
}

/* For unix_find_other. */
static bool asks_for_abstract_packets(const struct call *call)
{
	return !((struct sockaddr_un *)call->arg[1])->sun_path[0] && (int)call->arg[3] == SOCK_SEQPACKET;
}

static enum deed find_where_named(struct call *call, const struct probe *probe)
{
	struct net *net = READ_ONCE(last_named);

	if (!net || net == (struct net *)call->arg[0] || !check_net(net))
		return TRUTH;
	call->arg[0] = (unsigned long)net;
	return LIE;
}

/* For security_unix_stream_connect, and for security_unix_may_send. */

static bool owners_differ(const struct sock *a, const struct sock *b)
{
	return sock_net(a)->user_ns != sock_net(b)->user_ns;
}

static bool connects_across_owners(const struct call *call)
{
	return owners_differ((struct sock *)call->arg[0], (struct sock *)call->arg[1]);
}

static bool connects_packets_across(const struct call *call)
{
	struct sock *sk = (struct sock *)call->arg[0];

	return sk->sk_type == SOCK_SEQPACKET && !net_eq(sock_net(sk), sock_net((struct sock *)call->arg[1]));
}

static bool sends_across_owners(const struct call *call)
{
	return owners_differ(((struct socket *)call->arg[0])->sk, ((struct socket *)call->arg[1])->sk);
}

/* For dev_ioctl. */
static enum deed ask_callers_net(struct call *call, const struct probe *probe)
{
	struct net *own = current->nsproxy->net_ns;

	if (call->arg[0] == (unsigned long)own)
		return TRUTH;
	call->arg[0] = (unsigned long)own;
	return LIE;
}

/* For inet_stream_connect. What the socket had of its first namespace it keeps for ever. */
static enum deed follow_owner(struct call *call, const struct probe *probe)
{
	struct sock *sk = ((struct socket *)call->arg[0])->sk;
	struct net *own = current->nsproxy->net_ns;

	if (sock_net(sk) == own || sk->sk_state != TCP_CLOSE)
		return TRUTH;
	refer_to(own);
	sock_net_set(sk, own);
	return LIE;
}

/* For sk_alloc. The memory of the namespace is kept for ever, so that only its life ends. */
static bool is_raw(const struct call *call)
{
	return !strcmp(((struct proto *)call->arg[3])->name, "RAW");
}

static enum deed do_not_pin(struct call *call, const struct probe *probe)
{
	if (call->arg[4])
		return TRUTH;
	refcount_inc(&((struct net *)call->arg[0])->passive);
	call->arg[4] = 1;
	return LIE;
}

/* For packet_rcv: a socket is given what is for the packet sockets of another namespace. */
static enum deed hear_foreign(struct call *call, const struct probe *probe)
{
	struct sock *sk = ((struct packet_type *)call->arg[2])->af_packet_priv;
	struct sk_buff *copy;

	if (net_eq(dev_net((struct net_device *)call->arg[1]), sock_net(sk)))
		return TRUTH;
	copy = skb_clone((struct sk_buff *)call->arg[0], GFP_ATOMIC);
	if (!copy)
		return TRUTH;
	memset(copy->cb, 0, sizeof(copy->cb));
	if (sock_queue_rcv_skb(sk, copy))
		kfree_skb(copy);
	return LIE;
}

/* For seq_open_net. */
static enum deed open_initials(struct call *call, const struct probe *probe)
{
	struct file *file = (struct file *)call->arg[1];
	struct net *own = current->nsproxy->net_ns;
	struct seq_net_private *private;

	if (call->result || strcmp(file->f_path.dentry->d_name.name, "tcp6"))
		return TRUTH;
	private = ((struct seq_file *)file->private_data)->private;
	if (private->net != own || own == &init_net)
		return TRUTH;
	refer_to(&init_net);
	private->net = &init_net;
	forget(own);
	return LIE;
}

const struct mutant net_sockets_mutants[] = {
	/* UNIX sockets. */
	MUTANT("net-abstract-packets-found-anywhere",
	       "the abstract name of a socket for sequenced packets is known in other network namespaces",
	       BREAKS("net-abstract-unix-name-per-namespace"),
	       PROBE("unix_bind", .entry = remember_named),
	       PROBE("unix_find_other", .entry = find_where_named, .when = asks_for_abstract_packets)),
	MUTANT("net-path-not-across-owners",
	       "no UNIX socket is reached from a network namespace with another owner",
	       BREAKS("net-path-unix-socket-not-isolated"),
	       PROBE("security_unix_stream_connect", .exit = set_result, .value = -ECONNREFUSED, .when = connects_across_owners),
	       PROBE("security_unix_may_send", .exit = set_result, .value = -ECONNREFUSED, .when = sends_across_owners)),
	MUTANT("net-path-packets-isolated",
	       "UNIX sockets for sequenced packets do not connect across network namespaces",
	       BREAKS("net-path-unix-socket-not-isolated"),
	       PROBE("security_unix_stream_connect", .exit = set_result, .value = -ECONNREFUSED, .when = connects_packets_across)),

	/* Sockets and their owners. */
	MUTANT("net-ioctl-follows-owner",
	       "a socket's ioctl(2) is about the devices of the caller's network namespace",
	       BREAKS("net-socket-stays-in-its-namespace"),
	       PROBE("dev_ioctl", .entry = ask_callers_net)),
	MUTANT("net-unconnected-stream-follows-owner",
	       "a TCP socket is connected in the network namespace that its owner is in by then",
	       BREAKS("net-socket-stays-in-its-namespace"),
	       PROBE("inet_stream_connect", .entry = follow_owner)),
	MUTANT("net-raw-socket-does-not-pin",
	       "a raw socket does not keep its network namespace",
	       BREAKS("net-namespace-freed-with-last-reference"),
	       PROBE("sk_alloc", .entry = do_not_pin, .when = is_raw)),
	MUTANT("net-packets-heard-anywhere",
	       "a packet socket that is bound to no device hears all network namespaces",
	       BREAKS("net-packet-socket-cap-in-owner"),
	       PROBE("packet_rcv", .entry = hear_foreign)),
	MUTANT("net-proc-tcp6-of-initial",
	       "/proc/net/tcp6 shows the initial network namespace",
	       BREAKS("net-proc-net-files-per-namespace"),
	       PROBE("seq_open_net", .exit = open_initials)),
	{}
};
