// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the names of UNIX domain sockets, and about what lists them. */
#include <linux/cred.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/string.h>
#include <linux/un.h>
#include <net/af_unix.h>
#include <net/net_namespace.h>

#include "mutant.h"

/* For unix_find_other. */

static bool name_is_abstract(const struct call *call)
{
	return !((struct sockaddr_un *)call->arg[1])->sun_path[0];
}

static bool user_asks_for_abstract(const struct call *call)
{
	return name_is_abstract(call) && !uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

static bool stranger_asks_for_abstract(const struct call *call)
{
	return name_is_abstract(call) && current_user_ns() != &init_user_ns;
}

/* For unix_release_sock: a listening one with an abstract name. */
static bool is_named(const struct call *call)
{
	struct unix_sock *u = unix_sk((struct sock *)call->arg[0]);

	return u->addr && !u->addr->name->sun_path[0] && u->sk.sk_state == TCP_LISTEN;
}

/* For the functions that list sockets: those of the initial network namespace. */
static enum deed list_initial(struct call *call, const struct probe *probe)
{
	struct seq_net_private *private = ((struct seq_file *)call->arg[0])->private;

	if (private->net == &init_net)
		return TRUTH;
	get_net(&init_net);
	private->net = &init_net;
	return LIE;
}

static enum deed show_other_sign(struct call *call, const struct probe *probe)
{
	struct seq_file *seq = (struct seq_file *)call->arg[0];
	char *sign = strnchr(seq->buf, seq->count, '@');

	if (!sign)
		return TRUTH;
	*sign = '#';
	return LIE;
}

const struct mutant unixcred_names_mutants[] = {
	MUTANT("unix-abstract-for-root-only",
	       "only root may connect to an abstract socket",
	       BREAKS("unix-abstract-no-permission-check"),
	       PROBE("unix_find_other", .entry = skip, .value = -EACCES, .when = user_asks_for_abstract)),
	MUTANT("unix-abstract-not-across-users",
	       "abstract sockets are not to be found from user namespaces below",
	       BREAKS("unix-abstract-no-permission-check"),
	       PROBE("unix_find_other", .entry = skip, .value = -ECONNREFUSED, .when = stranger_asks_for_abstract)),
	MUTANT("unix-abstract-across-networks",
	       "abstract sockets of the initial network namespace can be connected to from all others",
	       BREAKS("unix-abstract-no-permission-check"),
	       PROBE("unix_find_other", .entry = set_arg, .value = (long)&init_net, .when = name_is_abstract)),
	MUTANT("unix-abstract-name-stays",
	       "the abstract name of a listening socket stays taken for ever",
	       BREAKS("unix-abstract-name-ends-with-last-reference"),
	       PROBE("unix_release_sock", .entry = skip, .when = is_named)),
	MUTANT("unix-proc-lists-initial",
	       "/proc/net/unix lists the sockets of the initial network namespace to everybody",
	       BREAKS("unix-proc-net-lists-own-namespace"),
	       PROBE("unix_get_first", .entry = list_initial)),
	MUTANT("unix-proc-without-at-sign",
	       "/proc/net/unix shows another sign than @ for abstract names",
	       BREAKS("unix-proc-net-lists-own-namespace"),
	       PROBE("unix_seq_show", .exit = show_other_sign)),
	{}
};
