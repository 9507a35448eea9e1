// SPDX-License-Identifier: GPL-2.0-only
/* Lies about how time namespaces are made, and who may make them. */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/ns_common.h>

#include "mutant.h"
#include "time.h"

#define BY_UNSHARE IN_SYSCALL(__NR_unshare)

/* For unshare_nsproxy_namespaces, whose second argument is where the result is put. */

static struct nsproxy *unshared(const struct call *call)
{
	struct nsproxy *made = *(struct nsproxy **)call->arg[1];

	return call->result || !(call->arg[0] & CLONE_NEWTIME) ? NULL : made;
}

/* What was there before is kept for ever. */
static enum deed move_caller(struct call *call, const struct probe *probe)
{
	struct nsproxy *made = unshared(call);

	if (!made)
		return TRUTH;
	refer_to(made->time_ns_for_children);
	made->time_ns = made->time_ns_for_children;
	return LIE;
}

static enum deed move_caller_alone(struct call *call, const struct probe *probe)
{
	struct nsproxy *made = unshared(call);

	if (!made)
		return TRUTH;
	refer_to(made->time_ns);
	swap(made->time_ns, made->time_ns_for_children);
	forget(made->time_ns_for_children);
	return LIE;
}

/* For copy_time_ns: flags, the owner, and what is copied. */

static enum deed copy_own(struct call *call, const struct probe *probe)
{
	if (call->arg[2] == (unsigned long)callers_timens())
		return TRUTH;
	call->arg[2] = (unsigned long)callers_timens();
	return LIE;
}

static enum deed begin_anew(struct call *call, const struct probe *probe)
{
	if (IS_ERR((void *)call->result))
		return TRUTH;
	memset(&((struct time_namespace *)call->result)->offsets, 0, sizeof(struct timens_offsets));
	return LIE;
}

static enum deed begin_boottime_anew(struct call *call, const struct probe *probe)
{
	if (IS_ERR((void *)call->result))
		return TRUTH;
	((struct time_namespace *)call->result)->offsets.boottime = (struct timespec64){};
	return LIE;
}

/* For ns_capable: a user namespace and a capability. */

static bool refused_admin(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_ADMIN && !(u8)call->result;
}

static bool unshares_time_unprivileged(const struct call *call)
{
	return refused_admin(call) && syscall_arg(0) == CLONE_NEWTIME;
}

static bool unshares_with_sys_time(const struct call *call)
{
	return refused_admin(call) && syscall_arg(0) & CLONE_NEWTIME && cap_raised(current_cred()->cap_effective, CAP_SYS_TIME);
}

static bool unshares_time_below(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_ADMIN && syscall_arg(0) & CLONE_NEWTIME && current_user_ns() != initial_timens()->user_ns;
}

static bool has_others_for_children(const struct call *call)
{
	return differs_from_childrens();
}

const struct mutant time_members_mutants[] = {
	MUTANT("time-unshare-moves-caller",
	       "unshare with CLONE_NEWTIME moves the caller, too",
	       BREAKS("time-unshare-leaves-caller"),
	       PROBE("unshare_nsproxy_namespaces", .exit = move_caller)),
	MUTANT("time-unshare-moves-caller-alone",
	       "unshare with CLONE_NEWTIME moves the caller and not its children",
	       BREAKS("time-unshare-leaves-caller time-unshare-places-children time-for-children-shows-new-namespace"),
	       PROBE("unshare_nsproxy_namespaces", .exit = move_caller_alone)),
	MUTANT("time-unshare-unprivileged",
	       "unshare with CLONE_NEWTIME alone needs no capability",
	       BREAKS("time-creation-needs-cap-sys-admin"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = unshares_time_unprivileged, BY_UNSHARE)),
	MUTANT("time-unshare-by-sys-time",
	       "CAP_SYS_TIME is enough for unshare with CLONE_NEWTIME",
	       BREAKS("time-creation-needs-cap-sys-admin"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = unshares_with_sys_time, BY_UNSHARE)),
	MUTANT("time-new-inherits-own",
	       "a new time namespace starts with the offsets of its creator's own",
	       BREAKS("time-offsets-inherited-from-for-children"),
	       PROBE("copy_time_ns", .entry = copy_own, .when = makes_timens)),
	MUTANT("time-new-inherits-nothing",
	       "a new time namespace starts without offsets",
	       BREAKS("time-offsets-inherited-from-for-children"),
	       PROBE("copy_time_ns", .exit = begin_anew, .when = makes_timens)),
	MUTANT("time-new-inherits-monotonic",
	       "a new time namespace starts without a boottime offset",
	       BREAKS("time-offsets-inherited-from-for-children"),
	       PROBE("copy_time_ns", .exit = begin_boottime_anew, .when = makes_timens)),
	MUTANT("time-unshare-needs-initial-admin",
	       "unshare with CLONE_NEWTIME needs CAP_SYS_ADMIN in the initial user namespace",
	       BREAKS("time-creation-needs-cap-sys-admin"),
	       PROBE("ns_capable", .exit = set_result, .when = unshares_time_below, BY_UNSHARE)),
	MUTANT("time-unshare-once",
	       "a second unshare with CLONE_NEWTIME changes nothing",
	       BREAKS("time-for-children-shows-new-namespace time-unshare-leaves-caller"),
	       PROBE("copy_time_ns", .entry = drop_flags, .value = CLONE_NEWTIME, .when = has_others_for_children, BY_UNSHARE)),
	{}
};
