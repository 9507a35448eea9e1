// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what the limits on namespaces allow. */
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/user_namespace.h>

#include "limits.h"
#include "mutant.h"

typedef typeof(init_user_ns.ucount_max[0]) limit_t;

static bool charges_ipc_of_root(const struct call *call)
{
	return charges_ipc(call) && uid_eq(current_euid(), make_kuid(current_user_ns(), 0));
}

static bool charges_user_of_nobody(const struct call *call)
{
	return charges_user(call) && cap_isclear(current_cred()->cap_effective);
}

static struct ucounts *charge(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	static typeof(inc_ucount) *real;

	if (!real)
		real = find_function("inc_ucount");
	let_through();
	return real(ns, uid, type);
}

/* Charges as if each limit, of the charged user namespace and those above, were another one. */
static struct ucounts *charge_under(struct user_namespace *ns, kuid_t uid, enum ucount_type type,
				    limit_t (*limit)(limit_t limit, bool own))
{
	limit_t saved[40];
	struct user_namespace *at;
	struct ucounts *charged = charge(ns, uid, type);
	int i;

	if (charged)
		return charged;
	for (at = ns, i = 0; at && i < ARRAY_SIZE(saved); at = at->parent, i++) {
		saved[i] = at->ucount_max[type];
		at->ucount_max[type] = limit(saved[i], at == ns);
	}
	charged = charge(ns, uid, type);
	for (at = ns, i = 0; at && i < ARRAY_SIZE(saved); at = at->parent, i++)
		at->ucount_max[type] = saved[i];
	if (charged)
		told_a_lie();
	return charged;
}

static limit_t none(limit_t limit, bool own) { return INT_MAX; }
static limit_t one_more(limit_t limit, bool own) { return limit < INT_MAX ? limit + 1 : limit; }
static limit_t none_for_zero(limit_t limit, bool own) { return limit ? limit : INT_MAX; }
static limit_t own_alone(limit_t limit, bool own) { return own ? limit : INT_MAX; }

static struct ucounts *charge_without_limit(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	return charge_under(ns, uid, type, none);
}

static struct ucounts *charge_one_more(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	return charge_under(ns, uid, type, one_more);
}

static struct ucounts *charge_beyond_zero(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	return charge_under(ns, uid, type, none_for_zero);
}

static struct ucounts *charge_under_own_limit(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	return charge_under(ns, uid, type, own_alone);
}

/* Together with the user namespace that is to own it, which is nobody's yet. */
static bool charges_in_new_userns(const struct call *call)
{
	return !charges_user(call) && call->arg[0] != (unsigned long)current_user_ns();
}

/* Refuses, and leaves the charge. */
static struct ucounts *charge_what_is_refused(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	struct ucounts *charged = charge(ns, uid, type);

	if (charged)
		return charged;
	charge_under(ns, uid, type, none);
	return NULL;
}

/* Refuses every second call only that it should refuse. */
static struct ucounts *refuse_every_other(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	static atomic_t refused;
	struct ucounts *charged = charge(ns, uid, type);

	if (charged || atomic_inc_return(&refused) % 2)
		return charged;
	return charge_under(ns, uid, type, none);
}

static struct task_struct *enters; /* by a call that is refused */

static struct ucounts *charge_and_remember(struct user_namespace *ns, kuid_t uid, enum ucount_type type)
{
	struct ucounts *charged = charge(ns, uid, type);

	if (charged)
		return charged;
	WRITE_ONCE(enters, current);
	return charge_under(ns, uid, type, none);
}

static enum deed refuse_what_has_entered(struct call *call, const struct probe *probe)
{
	if (READ_ONCE(enters) != current)
		return TRUTH;
	WRITE_ONCE(enters, NULL);
	call->result = -ENOSPC;
	return LIE;
}

/* Makes a user namespace as if its creator's were not deep. */
static int nest_without_limit(struct cred *new)
{
	static typeof(create_user_ns) *real;
	struct user_namespace *parent = new->user_ns;
	int level = parent->level, err;

	if (!real)
		real = find_function("create_user_ns");
	parent->level = min(level, 30);
	let_through();
	err = real(new);
	parent->level = level;
	if (err)
		return err;
	new->user_ns->level = level + 1;
	if (level > 30)
		told_a_lie();
	return 0;
}

const struct mutant limits_mutants[] = {
	/* Refusals. */
	MUTANT("limit-uts-unshare-eagain",
	       "an unshare that would exceed the limit on UTS namespaces fails with EAGAIN",
	       BREAKS("limit-unshare-enospc"),
	       PROBE("copy_utsname", .exit = swap_result, .instead_of = -ENOSPC, .value = -EAGAIN,
		     IN_SYSCALL(__NR_unshare))),
	MUTANT("limit-user-eusers",
	       "making a user namespace beyond the limit fails with EUSERS, as it once did",
	       BREAKS("limit-clone-enospc limit-unshare-enospc"),
	       PROBE("create_user_ns", .exit = swap_result, .instead_of = -ENOSPC, .value = -EUSERS)),
	MUTANT("limit-clone3-ignores-time",
	       "clone3 makes time namespaces beyond the limit",
	       BREAKS("limit-clone-enospc"),
	       PROBE("inc_ucount", .replacement = charge_without_limit, .when = charges_time, IN_SYSCALL(__NR_clone3))),
	MUTANT("limit-net-one-too-many",
	       "one more network namespace than the limit says can be made",
	       BREAKS("limit-clone-enospc limit-unshare-enospc limit-zero-forbids-in-descendants"),
	       PROBE("inc_ucount", .replacement = charge_one_more, .when = charges_net)),
	MUTANT("limit-zero-is-none",
	       "a limit of 0 on cgroup namespaces means that there is none",
	       BREAKS("limit-zero-forbids-in-descendants"),
	       PROBE("inc_ucount", .replacement = charge_beyond_zero, .when = charges_cgroup)),
	MUTANT("limit-refuses-every-other-time",
	       "who is refused another mount namespace need only try again",
	       BREAKS("limit-clone-enospc limit-unshare-enospc"),
	       PROBE("inc_ucount", .replacement = refuse_every_other, .when = charges_mnt)),
	MUTANT("limit-refused-unshare-takes-effect",
	       "an unshare beyond the limit on UTS namespaces fails, and its caller is in the new one",
	       BREAKS("limit-unshare-enospc"),
	       PROBE("inc_ucount", .replacement = charge_and_remember, .when = charges_uts, IN_SYSCALL(__NR_unshare)),
	       PROBE(SYSCALL("unshare"), .exit = refuse_what_has_entered)),
	MUTANT("limit-root-exempt",
	       "uid 0 of a user namespace makes IPC namespaces beyond the limit",
	       BREAKS("limit-binds-root"),
	       PROBE("inc_ucount", .replacement = charge_without_limit, .when = charges_ipc_of_root)),
	MUTANT("limit-nobody-exempt",
	       "who has no capability makes user namespaces beyond the limit",
	       BREAKS("limit-clone-enospc limit-unshare-enospc"),
	       PROBE("inc_ucount", .replacement = charge_without_limit, .when = charges_user_of_nobody)),
	MUTANT("limit-uts-counted-as-ipc",
	       "UTS namespaces count as IPC namespaces",
	       BREAKS("limit-clone-enospc limit-unshare-enospc"),
	       PROBE("inc_ucount", .entry = set_arg, .index = 2, .value = UCOUNT_IPC_NAMESPACES, .when = charges_uts),
	       PROBE("dec_ucount", .entry = set_arg, .index = 1, .value = UCOUNT_IPC_NAMESPACES, .when = returns_uts)),

	/* Nesting. */
	MUTANT("limit-user-replaced-by-depth",
	       "the number of user namespaces is not limited, only their nesting",
	       BREAKS("limit-besides-nesting-depth"),
	       PROBE("inc_ucount", .replacement = charge_without_limit, .when = charges_user)),
	MUTANT("limit-depth-replaced-by-number",
	       "the nesting of user namespaces is not limited, only their number",
	       BREAKS("limit-besides-nesting-depth"),
	       PROBE("create_user_ns", .replacement = nest_without_limit)),

	/* Whose limit. */
	MUTANT("limit-of-ancestors-ignored",
	       "the limits of the user namespaces above do not bind who makes mount namespaces",
	       BREAKS("limit-charged-in-every-ancestor limit-zero-forbids-in-descendants"),
	       PROBE("inc_ucount", .replacement = charge_under_own_limit, .when = charges_mnt)),
	MUTANT("limit-above-new-userns-ignored",
	       "what clone makes together with a user namespace is not limited above that",
	       BREAKS("limit-clone-enospc limit-charged-in-every-ancestor limit-zero-forbids-in-descendants"),
	       PROBE("inc_ucount", .replacement = charge_under_own_limit, .when = charges_in_new_userns,
		     IN_SYSCALL(__NR_clone, __NR_clone3))),
	MUTANT("limit-refused-call-charged",
	       "a network namespace that has been refused is charged, too",
	       BREAKS("limit-charge-returned-on-destroy"),
	       PROBE("inc_ucount", .replacement = charge_what_is_refused, .when = charges_net)),
	{}
};
