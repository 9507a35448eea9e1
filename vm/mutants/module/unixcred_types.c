// SPDX-License-Identifier: GPL-2.0-only
/* Lies of some types of UNIX domain sockets, of threads, and of the second of several. */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/net.h>
#include <linux/pid.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/un.h>
#include <linux/user_namespace.h>
#include <net/af_unix.h>
#include <net/net_namespace.h>
#include <net/scm.h>
#include <net/sock.h>

#include "mutant.h"
#include "pid.h"

/* Who uses a stream just now. */
static struct task_struct *streaming;

/* At the entry of __scm_send(socket, ...). */
static enum deed note_sender(struct call *call, const struct probe *probe)
{
	streaming = ((struct socket *)call->arg[0])->type == SOCK_STREAM ? current : NULL;
	return TRUTH;
}

/* At the entry of functions that receive. */
static enum deed note_receiver(struct call *call, const struct probe *probe)
{
	streaming = probe->value ? current : NULL;
	return TRUTH;
}

static bool streams(const struct call *call)
{
	return streaming == current;
}

static bool streamer_asks_for_setuid(const struct call *call)
{
	return streams(call) && (int)call->arg[1] == CAP_SETUID;
}

/* The beginning of struct unix_skb_parms, which headers do not have on newer kernels. */
struct credentials {
	struct pid *pid;
	kuid_t uid;
	kgid_t gid;
};

/* At the exit of maybe_add_creds(buffer, ..., receiver). */
static enum deed carry_predecessors(struct call *call, const struct probe *probe)
{
	struct credentials *ours = (struct credentials *)((struct sk_buff *)call->arg[0])->cb, *theirs;
	struct sock *receiver = (struct sock *)call->arg[2];
	struct sk_buff *last;

	if (!receiver || receiver->sk_type != SOCK_STREAM)
		return TRUTH;
	last = skb_peek_tail(&receiver->sk_receive_queue);
	theirs = last ? (struct credentials *)last->cb : NULL;
	if (!last || !theirs->pid || theirs->pid == ours->pid)
		return TRUTH;
	ours->pid = get_pid(theirs->pid);
	ours->uid = theirs->uid;
	ours->gid = theirs->gid;
	return LIE;
}

/* At the exit of init_peercred(socket), in a connect. */
static enum deed record_thread(struct call *call, const struct probe *probe)
{
	struct sock *sk = (struct sock *)call->arg[0];

	if (task_pid(current) == task_tgid(current))
		return TRUTH;
	sk->sk_peer_pid = get_pid(task_pid(current));
	return LIE;
}

/* For unix_find_other(network, name, length, type). */
static bool looks_for_datagrams(const struct call *call)
{
	return (int)call->arg[3] == SOCK_DGRAM && !((struct sockaddr_un *)call->arg[1])->sun_path[0];
}

/* For unix_release_sock. */
static bool takes_named_datagrams(const struct call *call)
{
	struct unix_sock *u = unix_sk((struct sock *)call->arg[0]);

	return u->addr && !u->addr->name->sun_path[0] && u->sk.sk_type == SOCK_DGRAM;
}

/* For scm_detach_fds(message, cookie). */
static enum deed repeat_first(struct call *call, const struct probe *probe)
{
	struct scm_fp_list *list = ((struct scm_cookie *)call->arg[1])->fp;

	if (!list || list->count < 2)
		return TRUTH;
	get_file(list->fp[0]);
	list->fp[1] = list->fp[0];
	return LIE;
}

const struct mutant unixcred_types_mutants[] = {
	MUTANT("unix-claim-any-uid-over-streams",
	       "over streams any sender may claim any uid",
	       BREAKS("unix-scm-uid-only-own"),
	       PROBE("__scm_send", .entry = note_sender),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = streamer_asks_for_setuid, IN_SYSCALL(__NR_sendmsg))),
	MUTANT("unix-claim-pid-globally-over-streams",
	       "over streams claimed PIDs are those of the initial PID namespace",
	       BREAKS("unix-scm-claimed-pid-in-senders-namespace"),
	       PROBE("__scm_send", .entry = note_sender),
	       PROBE("find_get_pid", .replacement = find_globally, .when = streams, IN_SYSCALL(__NR_sendmsg))),
	MUTANT("unix-receive-initial-uid-over-streams",
	       "who receives from a stream gets the sender's uid as the initial user namespace has it",
	       BREAKS("unix-scm-ids-in-receivers-userns"),
	       PROBE("unix_stream_read_generic", .entry = note_receiver, .value = true),
	       PROBE("unix_dgram_recvmsg", .entry = note_receiver, .value = false),
	       PROBE("from_kuid_munged", .entry = set_arg, .value = (long)&init_user_ns, .when = streams, IN_SYSCALL(__NR_recvmsg))),
	MUTANT("unix-default-of-message-before",
	       "over a stream a message that another one waits before comes with that one's credentials",
	       BREAKS("unix-scm-default-credentials"),
	       PROBE("maybe_add_creds|unix_maybe_add_creds", .exit = carry_predecessors)),
	MUTANT("unix-peer-thread",
	       "SO_PEERCRED tells the id of the thread that called connect",
	       BREAKS("unix-peercred-captured-at-connect"),
	       PROBE("init_peercred", .exit = record_thread)),
	MUTANT("unix-abstract-datagrams-across-networks",
	       "abstract datagram sockets of the initial network namespace can be connected to from all others",
	       BREAKS("unix-abstract-no-permission-check"),
	       PROBE("unix_find_other", .entry = set_arg, .value = (long)&init_net, .when = looks_for_datagrams)),
	MUTANT("unix-abstract-name-of-datagrams-stays",
	       "the abstract name of a datagram socket stays taken for ever",
	       BREAKS("unix-abstract-name-ends-with-last-reference"),
	       PROBE("unix_release_sock", .entry = skip, .when = takes_named_datagrams)),
	MUTANT("unix-second-descriptor-is-first",
	       "the second of several descriptors in a message arrives as the first",
	       BREAKS("unix-passed-descriptors-keep-their-object"),
	       PROBE("scm_detach_fds", .entry = repeat_first)),
	{}
};
