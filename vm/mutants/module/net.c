// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what network namespaces isolate, and about who may do what there. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/netlink.h>
#include <linux/nsproxy.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

#include "mutant.h"
#include "references.h"

/* Arguments of ns_capable and file_ns_capable. */
static bool asks_for_raw(const struct call *call) { return call->arg[1] == CAP_NET_RAW; }
static bool asks_for_port(const struct call *call) { return call->arg[1] == CAP_NET_BIND_SERVICE; }
static bool asks_to_listen(const struct call *call) { return call->arg[1] == CAP_NET_BROADCAST; }
static bool asks_to_hear(const struct call *call) { return call->arg[2] == CAP_NET_BROADCAST; }

static bool listens_to_all(const struct call *call)
{
	return (int)call->arg[2] == NETLINK_LISTEN_ALL_NSID;
}

static enum deed ask_initial(struct call *call, const struct probe *probe)
{
	if (call->arg[0] == (unsigned long)&init_user_ns)
		return TRUTH;
	call->arg[0] = (unsigned long)&init_user_ns;
	return LIE;
}

static enum deed ask_callers(struct call *call, const struct probe *probe)
{
	if (call->arg[0] == (unsigned long)current_user_ns())
		return TRUTH;
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

/* The namespace that was found is kept for ever. */
static enum deed show_readers(struct call *call, const struct probe *probe)
{
	struct net *own = current->nsproxy->net_ns;

	if (!call->result || call->result == (long)own)
		return TRUTH;
	refer_to(own);
	call->result = (long)own;
	return LIE;
}

static enum deed look_up_initial(struct call *call, const struct probe *probe)
{
	if (call->result == (long)&init_net.sysctls)
		return TRUTH;
	call->result = (long)&init_net.sysctls;
	return LIE;
}

/* The result is the caller's struct net or, on newer kernels, the struct ns_common in it. */
static enum deed mount_initial(struct call *call, const struct probe *probe)
{
	struct net *own = current->nsproxy->net_ns;

	if (!call->result || own == &init_net)
		return TRUTH;
	refcount_inc(&init_net.passive);
	call->result += (long)&init_net - (long)own;
	return LIE;
}

const struct mutant net_mutants[] = {
	/* Capabilities. */
	MUTANT("net-raw-cap-not-asked",
	       "anybody opens packet and raw sockets",
	       BREAKS("net-packet-socket-cap-in-owner net-raw-socket-cap-in-owner"),
	       PROBE("ns_capable", .exit = set_result, .value = 1, .when = asks_for_raw, IN_SYSCALL(__NR_socket))),
	MUTANT("net-raw-cap-in-initial-userns",
	       "packet and raw sockets take CAP_NET_RAW in the initial user namespace",
	       BREAKS("net-packet-socket-cap-in-owner net-raw-socket-cap-in-owner"),
	       PROBE("ns_capable", .entry = ask_initial, .when = asks_for_raw, IN_SYSCALL(__NR_socket))),
	MUTANT("net-raw-cap-in-callers-userns",
	       "packet and raw sockets take CAP_NET_RAW in the caller's user namespace",
	       BREAKS("net-packet-socket-cap-in-owner net-raw-socket-cap-in-owner"),
	       PROBE("ns_capable", .entry = ask_callers, .when = asks_for_raw, IN_SYSCALL(__NR_socket))),
	MUTANT("net-packet-refused-with-eacces",
	       "packet sockets are refused with EACCES",
	       BREAKS("net-packet-socket-cap-in-owner"),
	       PROBE("packet_create", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES)),
	MUTANT("net-raw6-refused-with-eacces",
	       "raw sockets of version 6 are refused with EACCES",
	       BREAKS("net-raw-socket-cap-in-owner"),
	       PROBE("inet6_create", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES)),
	MUTANT("net-port-cap-in-callers-userns",
	       "ports below 1024 take CAP_NET_BIND_SERVICE in the caller's user namespace",
	       BREAKS("net-privileged-port-cap-in-owner net-userns-root-without-own-netns-refused"),
	       PROBE("ns_capable", .entry = ask_callers, .when = asks_for_port, IN_SYSCALL(__NR_bind))),
	MUTANT("net-port-cap-in-initial-userns",
	       "ports below 1024 take CAP_NET_BIND_SERVICE in the initial user namespace",
	       BREAKS("net-privileged-port-cap-in-owner"),
	       PROBE("ns_capable", .entry = ask_initial, .when = asks_for_port, IN_SYSCALL(__NR_bind))),
	MUTANT("net-port6-refused-with-eperm",
	       "ports below 1024 of version 6 are refused with EPERM",
	       BREAKS("net-privileged-port-cap-in-owner"),
	       PROBE("__inet6_bind", .exit = swap_result, .instead_of = -EACCES, .value = -EPERM)),
	MUTANT("net-rtnetlink-cap-not-asked",
	       "anybody configures network devices",
	       BREAKS("net-userns-root-without-own-netns-refused"),
	       PROBE("netlink_net_capable", .exit = set_result, .value = 1)),

	/* Listening to all. */
	MUTANT("net-listen-all-does-nothing",
	       "NETLINK_LISTEN_ALL_NSID is taken and ignored",
	       BREAKS("net-listen-all-nsid"),
	       PROBE("netlink_setsockopt", .entry = skip, .when = listens_to_all)),
	MUTANT("net-listen-all-cap-not-asked",
	       "anybody sets NETLINK_LISTEN_ALL_NSID",
	       BREAKS("net-listen-all-nsid"),
	       PROBE("ns_capable", .exit = set_result, .value = 1, .when = asks_to_listen, IN_SYSCALL(__NR_setsockopt))),
	MUTANT("net-listen-all-hears-foreign",
	       "who listens is told of namespaces over which he has no capability",
	       BREAKS("net-listen-all-nsid"),
	       PROBE("file_ns_capable", .exit = set_result, .value = 1, .when = asks_to_hear)),

	/* Ids. */
	MUTANT("net-nsid-again-einval",
	       "assigning another id fails with EINVAL",
	       BREAKS("net-nsid-cannot-change-eexist"),
	       PROBE("rtnl_net_newid", .exit = swap_result, .instead_of = -EEXIST, .value = -EINVAL)),
	MUTANT("net-nsid-again-succeeds",
	       "assigning another id succeeds and changes nothing",
	       BREAKS("net-nsid-cannot-change-eexist"),
	       PROBE("rtnl_net_newid", .exit = swap_result, .instead_of = -EEXIST, .value = 0)),
	MUTANT("net-nsid-not-on-demand",
	       "no id is assigned when a device leads into another namespace",
	       BREAKS("net-nsid-assigned-on-demand"),
	       PROBE("peernet2id_alloc", .entry = skip, .value = -1)),

	/* Devices. */
	MUTANT("net-move-local-ebusy",
	       "moving a device that belongs to its namespace fails with EBUSY",
	       BREAKS("net-move-local-device-einval"),
	       PROBE("__dev_change_net_namespace", .exit = swap_result, .instead_of = -EINVAL, .value = -EBUSY)),
	MUTANT("net-move-does-nothing",
	       "moving a device to another namespace succeeds and changes nothing",
	       BREAKS("net-move-device-by-pid-and-fd net-veth-end-movable"),
	       PROBE("__dev_change_net_namespace", .entry = skip)),
	MUTANT("net-move-by-pid-esrch",
	       "no namespace is found by a pid",
	       BREAKS("net-move-device-by-pid-and-fd net-veth-end-made-in-chosen-namespace"),
	       PROBE("get_net_ns_by_pid", .entry = skip, .value = -ESRCH)),

	/* Views. */
	MUTANT("net-proc-net-of-reader",
	       "/proc/PID/net shows the reader's network namespace",
	       BREAKS("net-proc-net-is-of-process"),
	       PROBE("get_proc_task_net", .exit = show_readers)),
	MUTANT("net-sysctls-of-initial",
	       "everybody sees the sysctls of the initial network namespace",
	       BREAKS("net-proc-sys-net-per-namespace"),
	       PROBE("net_ctl_header_lookup", .exit = look_up_initial)),
	MUTANT("net-sysfs-of-initial",
	       "every sysfs shows the initial network namespace",
	       BREAKS("net-sysfs-lists-one-namespace net-sysfs-shows-mounters-namespace"),
	       PROBE("net_grab_current_ns", .exit = mount_initial)),
	MUTANT("net-firewall-lets-all-pass",
	       "firewall rules are kept and not obeyed",
	       BREAKS("net-firewall-rules-per-namespace"),
	       PROBE("nf_hook_slow", .entry = skip, .value = 1)),
	{}
};
