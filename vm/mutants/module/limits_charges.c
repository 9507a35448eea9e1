// SPDX-License-Identifier: GPL-2.0-only
/* Lies about who is charged for namespaces, and when that is given back. */
#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "limits.h"
#include "mutant.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
#define charge_of(ucounts, type) atomic_read(&(ucounts)->ucount[type])
#define add_charge(ucounts, type, n) atomic_add(n, &(ucounts)->ucount[type])
#else
#define charge_of(ucounts, type) atomic_long_read(&(ucounts)->ucount[type])
#define add_charge(ucounts, type, n) atomic_long_add(n, &(ucounts)->ucount[type])
#endif

static struct ucounts *above(struct ucounts *ucounts)
{
	return ucounts ? ucounts->ns->ucounts : NULL;
}

static void charge_from(struct ucounts *ucounts, int type, int n)
{
	for (; ucounts; ucounts = above(ucounts))
		add_charge(ucounts, type, n);
}

static struct ucounts *far_above(struct ucounts *ucounts, int levels)
{
	while (levels--)
		ucounts = above(ucounts);
	return ucounts;
}

/* Those at least value levels above. */
static enum deed uncharge_ancestors(struct call *call, const struct probe *probe)
{
	struct ucounts *first = far_above((struct ucounts *)call->result, probe->value);

	if (!first)
		return TRUTH;
	charge_from(first, call->arg[2], -1);
	return LIE;
}

/* Likewise; 1 is all ancestors. */
static enum deed charge_ancestors(struct call *call, const struct probe *probe)
{
	charge_from(far_above((struct ucounts *)call->arg[0], probe->value), call->arg[1], 1);
	return LIE;
}

static enum deed return_once_more(struct call *call, const struct probe *probe)
{
	struct ucounts *at = (struct ucounts *)call->arg[0];
	enum deed deed = TRUTH;

	for (; at; at = above(at)) {
		if (charge_of(at, call->arg[1]) < 2)
			continue;
		add_charge(at, call->arg[1], -1);
		deed = LIE;
	}
	return deed;
}

static enum deed to_real_uid(struct call *call, const struct probe *probe)
{
	call->arg[1] = __kuid_val(current_uid());
	return uid_eq(current_uid(), current_euid()) ? TRUTH : LIE;
}

static enum deed to_fsuid(struct call *call, const struct probe *probe)
{
	if (uid_eq(current_fsuid(), current_euid()))
		return TRUTH;
	call->arg[1] = __kuid_val(current_fsuid());
	return LIE;
}

static struct task_struct *refused;

static enum deed note_refusal(struct call *call, const struct probe *probe)
{
	if (!call->result)
		WRITE_ONCE(refused, current);
	return TRUTH;
}

static enum deed forget_refusal(struct call *call, const struct probe *probe)
{
	WRITE_ONCE(refused, NULL);
	return TRUTH;
}

static bool returns_after_refusal(const struct call *call)
{
	return READ_ONCE(refused) == current;
}

/* Is called for the caller, who exits, or for a child that could not be made. */
static bool clone_fails(const struct call *call)
{
	return (struct task_struct *)call->arg[0] != current;
}

const struct mutant limits_charges_mutants[] = {
	MUTANT("limit-grandparent-not-charged",
	       "UTS namespaces are charged in their user namespace and the one above, and no further",
	       BREAKS("limit-charged-in-every-ancestor"),
	       PROBE("inc_ucount", .exit = uncharge_ancestors, .value = 2, .when = charges_uts),
	       PROBE("dec_ucount", .entry = charge_ancestors, .value = 2, .when = returns_uts)),
	MUTANT("limit-far-ancestors-not-charged",
	       "IPC namespaces are not charged more than four user namespaces above their own",
	       BREAKS("limit-charged-in-every-ancestor"),
	       PROBE("inc_ucount", .exit = uncharge_ancestors, .value = 5, .when = charges_ipc),
	       PROBE("dec_ucount", .entry = charge_ancestors, .value = 5, .when = returns_ipc)),
	MUTANT("limit-ancestors-charge-root",
	       "user namespaces, and what is in them, are charged above to uid 0, whoever has made them",
	       BREAKS("limit-charged-in-every-ancestor limit-counted-per-uid"),
	       PROBE("inc_ucount", .entry = set_arg, .index = 1, .value = 0, .when = charges_user)),
	MUTANT("limit-one-for-all-uids",
	       "all uids together may have as many network namespaces as one",
	       BREAKS("limit-counted-per-uid"),
	       PROBE("inc_ucount", .entry = set_arg, .index = 1, .value = 0, .when = charges_net)),
	MUTANT("limit-counts-real-uid",
	       "namespaces are charged to the creator's real uid",
	       BREAKS("limit-counted-per-uid"),
	       PROBE("inc_ucount", .entry = to_real_uid)),
	MUTANT("limit-counts-fsuid",
	       "namespaces are charged to the creator's filesystem uid",
	       BREAKS("limit-counted-per-uid"),
	       PROBE("inc_ucount", .entry = to_fsuid)),

	MUTANT("limit-charge-kept-for-ever",
	       "the charge for a cgroup namespace is never given back",
	       BREAKS("limit-charge-returned-on-destroy"),
	       PROBE("dec_ucount", .entry = skip, .when = returns_cgroup)),
	MUTANT("limit-charge-kept-above",
	       "the charge for a mount namespace is given back in its user namespace only",
	       BREAKS("limit-charge-returned-on-destroy"),
	       PROBE("dec_ucount", .entry = charge_ancestors, .value = 1, .when = returns_mnt)),
	MUTANT("limit-charge-returned-twice",
	       "the end of one IPC namespace makes room for two",
	       BREAKS("limit-charge-returned-on-destroy"),
	       PROBE("dec_ucount", .entry = return_once_more, .when = returns_ipc)),
	MUTANT("limit-failed-unshare-keeps-charge",
	       "an unshare that a limit refuses keeps the charge for what it had made before",
	       BREAKS("limit-charge-returned-on-destroy"),
	       PROBE("inc_ucount", .exit = note_refusal),
	       PROBE("dec_ucount", .entry = skip, .when = returns_after_refusal),
	       PROBE(SYSCALL("unshare"), .exit = forget_refusal)),
	MUTANT("limit-failed-clone-keeps-namespaces",
	       "a clone that fails for some other reason leaves the namespaces that it made, and their charge",
	       BREAKS("limit-charge-returned-on-destroy"),
	       PROBE("exit_task_namespaces|exit_nsproxy_namespaces", .entry = skip, .when = clone_fails)),
	{}
};
