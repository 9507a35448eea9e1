// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what UNIX domain sockets tell of processes and users. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/socket.h>
#include <linux/user_namespace.h>
#include <net/af_unix.h>
#include <net/scm.h>

#include "mutant.h"
#include "pid.h"

/* Not every kernel's headers have this. */
#ifndef unix_peer
#define unix_peer(sk) (unix_sk(sk)->peer)
#endif

#define BY_SENDING IN_SYSCALL(__NR_sendmsg)
#define BY_RECEIVING IN_SYSCALL(__NR_recvmsg)
#define BY_ASKING IN_SYSCALL(__NR_getsockopt)

/* For ns_capable. */

static bool asks_for(const struct call *call, int capability)
{
	return (int)call->arg[1] == capability;
}

static bool asks_for_admin(const struct call *call) { return asks_for(call, CAP_SYS_ADMIN); }
static bool asks_for_setuid(const struct call *call) { return asks_for(call, CAP_SETUID); }
static bool asks_for_setgid(const struct call *call) { return asks_for(call, CAP_SETGID); }

static bool root_asks_for_admin(const struct call *call)
{
	return asks_for_admin(call) && cap_raised(current_cred()->cap_effective, CAP_SETUID);
}

static enum deed check_in_own(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static enum deed check_in_initial(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)&init_user_ns;
	return LIE;
}

/* For find_get_pid. */

static enum deed own_if_none(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	call->result = (long)get_pid(task_tgid(current));
	return LIE;
}

static enum deed nobodys_is_own(struct call *call, const struct probe *probe)
{
	if (uid_valid(KUIDT_INIT((uid_t)call->result)))
		return TRUTH;
	call->result = __kuid_val(current_uid());
	return LIE;
}

/* For pid_vnr. */

static struct pid *pid_of(const struct call *call)
{
	return (struct pid *)call->arg[0];
}

static enum deed number_initially(struct call *call, const struct probe *probe)
{
	call->result = pid_nr(pid_of(call));
	return LIE;
}

static enum deed number_for_children(struct call *call, const struct probe *probe)
{
	call->result = pid_nr_ns(pid_of(call), current->nsproxy->pid_ns_for_children);
	return LIE;
}

static enum deed number_inside(struct call *call, const struct probe *probe)
{
	if (!pid_of(call))
		return TRUTH;
	call->result = pid_of(call)->numbers[pid_of(call)->level].nr;
	return LIE;
}

static enum deed number_if_seen(struct call *call, const struct probe *probe)
{
	if ((int)call->result)
		return TRUTH;
	call->result = pid_nr(pid_of(call));
	return LIE;
}

/* At the exit of maybe_add_creds: what a message carries that nobody claimed anything for. */

/* The beginning of struct unix_skb_parms, which headers do not have on newer kernels. */
struct credentials {
	struct pid *pid;
	kuid_t uid;
	kgid_t gid;
};

static struct credentials *carried(const struct call *call)
{
	return (struct credentials *)((struct sk_buff *)call->arg[0])->cb;
}

static enum deed carry_effective_uid(struct call *call, const struct probe *probe)
{
	carried(call)->uid = current_euid();
	return LIE;
}

static enum deed carry_effective_gid(struct call *call, const struct probe *probe)
{
	carried(call)->gid = current_egid();
	return LIE;
}

static enum deed carry_thread(struct call *call, const struct probe *probe)
{
	if (!carried(call)->pid || task_pid(current) == task_tgid(current))
		return TRUTH;
	carried(call)->pid = get_pid(task_pid(current));
	return LIE;
}

/* At the entry of functions that send: the receiver's socket passes credentials from now on. */
static enum deed pass_to_peer(struct call *call, const struct probe *probe)
{
	struct sock *peer = unix_peer(((struct socket *)call->arg[0])->sk);

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
	if (!peer || !peer->sk_socket || test_and_set_bit(SOCK_PASSCRED, &peer->sk_socket->flags))
		return TRUTH;
#else
	if (!peer || peer->sk_scm_credentials)
		return TRUTH;
	peer->sk_scm_credentials = 1;
#endif
	return LIE;
}

/* The caller's own ids in place of the peer's. */
static enum deed ask_for_own_uid(struct call *call, const struct probe *probe)
{
	call->arg[1] = __kuid_val(current_euid());
	return LIE;
}

static bool in_child_userns(const struct call *call)
{
	return current_user_ns() != &init_user_ns;
}

const struct mutant unixcred_mutants[] = {
	MUTANT("unix-claim-any-pid",
	       "any sender may claim any PID that exists",
	       BREAKS("unix-scm-pid-only-own unix-scm-invalid-claim-eperm"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = asks_for_admin, BY_SENDING)),
	MUTANT("unix-claim-pid-by-own-userns",
	       "CAP_SYS_ADMIN in the sender's user namespace suffices to claim any PID",
	       BREAKS("unix-scm-pid-only-own"),
	       PROBE("ns_capable", .entry = check_in_own, .when = asks_for_admin, BY_SENDING)),
	MUTANT("unix-claim-pid-in-initial-userns",
	       "only CAP_SYS_ADMIN in the initial user namespace lets a sender claim other PIDs",
	       BREAKS("unix-scm-pid-only-own"),
	       PROBE("ns_capable", .entry = check_in_initial, .when = asks_for_admin, BY_SENDING)),
	MUTANT("unix-claim-pid-by-setuid",
	       "CAP_SETUID lets a sender claim other PIDs as well",
	       BREAKS("unix-scm-pid-only-own"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = root_asks_for_admin, BY_SENDING)),
	MUTANT("unix-claim-any-uid",
	       "any sender may claim any uid",
	       BREAKS("unix-scm-uid-only-own unix-scm-invalid-claim-eperm"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = asks_for_setuid, BY_SENDING)),
	MUTANT("unix-claim-uid-in-initial-userns",
	       "only CAP_SETUID in the initial user namespace lets a sender claim other uids",
	       BREAKS("unix-scm-uid-only-own"),
	       PROBE("ns_capable", .entry = check_in_initial, .when = asks_for_setuid, BY_SENDING)),
	MUTANT("unix-claim-gid-by-setuid",
	       "it takes CAP_SETUID to claim other gids",
	       BREAKS("unix-scm-gid-only-own"),
	       PROBE("ns_capable", .entry = set_arg, .index = 1, .value = CAP_SETUID, .when = asks_for_setgid, BY_SENDING)),
	MUTANT("unix-claim-eacces",
	       "claiming what a sender may not claim fails with EACCES",
	       BREAKS("unix-scm-invalid-claim-eperm"),
	       PROBE("__scm_send", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES)),
	MUTANT("unix-claim-nobodys-pid-is-own",
	       "who claims a PID that does not exist sends his own",
	       BREAKS("unix-scm-no-such-pid-esrch"),
	       PROBE("find_get_pid", .exit = own_if_none, BY_SENDING)),
	MUTANT("unix-claim-nobodys-pid-einval",
	       "claiming a PID that does not exist fails with EINVAL",
	       BREAKS("unix-scm-no-such-pid-esrch"),
	       PROBE("__scm_send", .exit = swap_result, .instead_of = -ESRCH, .value = -EINVAL)),
	MUTANT("unix-claim-unmapped-is-own",
	       "who claims a uid without mapping sends his own",
	       BREAKS("unix-scm-unmapped-ids-einval"),
	       PROBE("make_kuid", .exit = nobodys_is_own, BY_SENDING)),
	MUTANT("unix-claim-unmapped-eperm",
	       "claiming an id without mapping fails with EPERM",
	       BREAKS("unix-scm-unmapped-ids-einval"),
	       PROBE("__scm_send", .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM)),
	MUTANT("unix-claim-pid-globally",
	       "claimed PIDs are those of the initial PID namespace",
	       BREAKS("unix-scm-claimed-pid-in-senders-namespace"),
	       PROBE("find_get_pid", .replacement = find_globally, BY_SENDING)),

	MUTANT("unix-default-effective-uid",
	       "a receiver gets the sender's effective uid",
	       BREAKS("unix-scm-default-credentials"),
	       PROBE("maybe_add_creds|unix_maybe_add_creds", .exit = carry_effective_uid)),
	MUTANT("unix-default-effective-gid",
	       "a receiver gets the sender's effective gid",
	       BREAKS("unix-scm-default-credentials"),
	       PROBE("maybe_add_creds|unix_maybe_add_creds", .exit = carry_effective_gid)),
	MUTANT("unix-default-thread",
	       "a receiver gets the id of the thread that sent something",
	       BREAKS("unix-scm-default-credentials"),
	       PROBE("maybe_add_creds|unix_maybe_add_creds", .exit = carry_thread)),
	MUTANT("unix-receive-unasked-stream",
	       "who receives from a stream gets credentials without SO_PASSCRED",
	       BREAKS("unix-scm-needs-passcred"),
	       PROBE("unix_stream_sendmsg", .entry = pass_to_peer)),
	MUTANT("unix-receive-unasked-datagram",
	       "who receives datagrams gets credentials without SO_PASSCRED",
	       BREAKS("unix-scm-needs-passcred"),
	       PROBE("unix_dgram_sendmsg", .entry = pass_to_peer)),
	MUTANT("unix-receive-initial-pid",
	       "every receiver gets the sender's PID in the initial PID namespace",
	       BREAKS("unix-scm-pid-in-receivers-namespace unix-scm-invisible-sender-pid-zero"),
	       PROBE("pid_vnr", .exit = number_initially, BY_RECEIVING)),
	MUTANT("unix-receive-inner-pid",
	       "every receiver gets the sender's PID in its own PID namespace",
	       BREAKS("unix-scm-pid-in-receivers-namespace"),
	       PROBE("pid_vnr", .exit = number_inside, BY_RECEIVING)),
	MUTANT("unix-receive-pid-for-children",
	       "a receiver gets the sender's PID in the PID namespace of the receiver's children",
	       BREAKS("unix-scm-pid-in-receivers-namespace"),
	       PROBE("pid_vnr", .exit = number_for_children, BY_RECEIVING)),
	MUTANT("unix-receive-invisible-pid",
	       "a receiver that does not see the sender gets its PID in the initial PID namespace",
	       BREAKS("unix-scm-invisible-sender-pid-zero"),
	       PROBE("pid_vnr", .exit = number_if_seen, BY_RECEIVING)),
	MUTANT("unix-receive-initial-uid",
	       "every receiver gets the sender's uid as the initial user namespace has it",
	       BREAKS("unix-scm-ids-in-receivers-userns"),
	       PROBE("from_kuid_munged", .entry = set_arg, .value = (long)&init_user_ns, BY_RECEIVING)),
	MUTANT("unix-receive-unmapped-gid-zero",
	       "a receiver gets gid 0 for a sender whose gid it has no mapping for",
	       BREAKS("unix-scm-ids-in-receivers-userns"),
	       PROBE("from_kgid_munged", .exit = swap_result, .instead_of = 65534, .value = 0, BY_RECEIVING)),

	MUTANT("unix-peer-listener-not-captured",
	       "listen does not record the listener's credentials",
	       BREAKS("unix-peercred-captured-at-connect"),
	       PROBE("init_peercred", .entry = skip, IN_SYSCALL(__NR_listen))),
	MUTANT("unix-peer-own-uid",
	       "SO_PEERCRED tells the uid of who asks",
	       BREAKS("unix-peercred-captured-at-connect unix-peercred-ids-in-callers-userns"),
	       PROBE("from_kuid_munged", .entry = ask_for_own_uid, BY_ASKING)),
	MUTANT("unix-peer-initial-pid",
	       "SO_PEERCRED tells the peer's PID in the initial PID namespace",
	       BREAKS("unix-peercred-pid-in-callers-namespace"),
	       PROBE("pid_vnr", .exit = number_initially, BY_ASKING)),
	MUTANT("unix-peer-pid-for-children",
	       "SO_PEERCRED tells the peer's PID in the PID namespace of the caller's children",
	       BREAKS("unix-peercred-pid-in-callers-namespace"),
	       PROBE("pid_vnr", .exit = number_for_children, BY_ASKING)),
	MUTANT("unix-peer-invisible-pid",
	       "SO_PEERCRED tells the PID in the initial PID namespace of a peer that the caller does not see",
	       BREAKS("unix-peercred-pid-in-callers-namespace"),
	       PROBE("pid_vnr", .exit = number_if_seen, BY_ASKING)),
	MUTANT("unix-peer-initial-gid",
	       "SO_PEERCRED tells the peer's gid as the initial user namespace has it",
	       BREAKS("unix-peercred-ids-in-callers-userns"),
	       PROBE("from_kgid_munged", .entry = set_arg, .value = (long)&init_user_ns, BY_ASKING)),

	MUTANT("unix-descriptors-lost-in-user-namespaces",
	       "processes in user namespaces other than the initial one receive no descriptors",
	       BREAKS("unix-passed-descriptors-keep-their-object"),
	       PROBE("scm_detach_fds", .entry = skip, .when = in_child_userns)),
	{}
};
