// SPDX-License-Identifier: GPL-2.0-only
/* Lies about unshare's semaphore adjustments, and about the capabilities that a new user namespace gives. */
#include <linux/capability.h>

#include "unshare.h"

/* For exit_sem. */

static bool ipc_alone(const struct call *call)
{
	return asked_for(CLONE_NEWIPC) && !asked_for(CLONE_SYSVSEM);
}

static bool sysvsem_alone(const struct call *call)
{
	return asked_for(CLONE_SYSVSEM) && !asked_for(CLONE_NEWIPC);
}

/* The list is lost. */
static enum deed forget_adjustments(struct call *call, const struct probe *probe)
{
	if (!current->sysvsem.undo_list)
		return TRUTH;
	current->sysvsem.undo_list = NULL;
	return SKIP;
}

/* At the exit of create_user_ns: the caller's new credentials. */

static struct cred *new_cred(const struct call *call)
{
	return (struct cred *)call->arg[0];
}

static enum deed all_but_last_capability(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	cap_lower(new_cred(call)->cap_effective, CAP_LAST_CAP);
	cap_lower(new_cred(call)->cap_permitted, CAP_LAST_CAP);
	return LIE;
}

static enum deed nothing_unless_root(struct call *call, const struct probe *probe)
{
	if (call->result || uid_eq(current_euid(), GLOBAL_ROOT_UID))
		return TRUTH;
	cap_clear(new_cred(call)->cap_effective);
	return LIE;
}

static enum deed inheritable_as_well(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	new_cred(call)->cap_inheritable = new_cred(call)->cap_permitted;
	return LIE;
}

const struct mutant unshare_gains_mutants[] = {
	MUTANT("unshare-newipc-keeps-adjustments",
	       "unshare with CLONE_NEWIPC keeps the list of semaphore adjustments",
	       BREAKS("unshare-newipc-implies-sysvsem"),
	       PROBE("exit_sem", .entry = skip, .when = ipc_alone, BY_UNSHARE)),
	MUTANT("unshare-newipc-loses-adjustments",
	       "unshare with CLONE_NEWIPC forgets the semaphore adjustments",
	       BREAKS("unshare-newipc-implies-sysvsem"),
	       PROBE("exit_sem", .entry = forget_adjustments, .when = ipc_alone, BY_UNSHARE)),
	MUTANT("unshare-sysvsem-does-nothing",
	       "unshare with CLONE_SYSVSEM keeps the list of semaphore adjustments",
	       BREAKS("unshare-sysvsem-empty-list unshare-sysvsem-last-user-applies"),
	       PROBE("exit_sem", .entry = skip, .when = sysvsem_alone, BY_UNSHARE)),
	MUTANT("unshare-sysvsem-loses-adjustments",
	       "unshare with CLONE_SYSVSEM forgets the semaphore adjustments",
	       BREAKS("unshare-sysvsem-last-user-applies"),
	       PROBE("exit_sem", .entry = forget_adjustments, .when = sysvsem_alone, BY_UNSHARE)),

	MUTANT("unshare-newuser-lacks-last-capability",
	       "unshare with CLONE_NEWUSER gives all capabilities but the last",
	       BREAKS("unshare-newuser-moves-caller-with-all-caps"),
	       PROBE("create_user_ns", .exit = all_but_last_capability, BY_UNSHARE)),
	MUTANT("unshare-newuser-none-for-others",
	       "unshare with CLONE_NEWUSER gives capabilities to root alone",
	       BREAKS("unshare-newuser-moves-caller-with-all-caps"),
	       PROBE("create_user_ns", .exit = nothing_unless_root, BY_UNSHARE)),
	MUTANT("unshare-newuser-gives-inheritable",
	       "unshare with CLONE_NEWUSER makes all capabilities inheritable, too",
	       BREAKS("unshare-newuser-moves-caller-with-all-caps"),
	       PROBE("create_user_ns", .exit = inheritable_as_well, BY_UNSHARE)),
	{}
};
