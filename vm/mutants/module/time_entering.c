// SPDX-License-Identifier: GPL-2.0-only
/* Lies about who gets into time namespaces, and what that freezes. */
#include <linux/atomic.h>
#include <linux/ns_common.h>

#include "mutant.h"
#include "time.h"

#define BY_CLONE IN_SYSCALL(__NR_clone)
#define BY_CLONE3 IN_SYSCALL(__NR_clone3)

/* For timens_on_fork, whose first argument is what the child gets. */

static struct nsproxy *childs(const struct call *call)
{
	return (struct nsproxy *)call->arg[0];
}

static bool is_to_move(const struct call *call)
{
	return childs(call)->time_ns != childs(call)->time_ns_for_children;
}

static bool isolated_child(const struct call *call)
{
	return is_to_move(call) && syscall_arg(0) & CLONE_NEWUTS;
}

static bool sibling(const struct call *call)
{
	return is_to_move(call) && syscall_arg(0) & CLONE_PARENT;
}

static bool later_child(const struct call *call)
{
	return is_to_move(call) && childs(call)->time_ns_for_children->frozen_offsets;
}

/* For copy_namespaces: flags and a task. */

static bool shares_memory(const struct call *call)
{
	return differs_from_childrens() && call->arg[0] & CLONE_VM && !(call->arg[0] & CLONE_THREAD);
}

static bool vforks(const struct call *call)
{
	return shares_memory(call) && call->arg[0] & CLONE_VFORK;
}

static bool makes_thread(const struct call *call)
{
	return differs_from_childrens() && call->arg[0] & CLONE_THREAD;
}

static enum deed freeze_childrens(struct call *call, const struct probe *probe)
{
	current->nsproxy->time_ns_for_children->frozen_offsets = true;
	return LIE;
}

/* For vdso_join_timens, at its end. */
static enum deed thaw(struct call *call, const struct probe *probe)
{
	struct time_namespace *ns = (struct time_namespace *)call->arg[1];

	if (ns == initial_timens())
		return TRUTH;
	ns->frozen_offsets = false;
	return LIE;
}

static bool untyped(const struct call *call)
{
	return !syscall_arg(1);
}

static enum deed thaw_own(struct call *call, const struct probe *probe)
{
	if (callers_timens() == initial_timens())
		return TRUTH;
	callers_timens()->frozen_offsets = false;
	return LIE;
}

/* For timens_install. */
static bool is_own_childrens(const struct call *call)
{
	return (struct ns_common *)call->arg[1] == &current->nsproxy->time_ns_for_children->ns && differs_from_childrens();
}

const struct mutant time_entering_mutants[] = {
	MUTANT("time-fork-stays",
	       "children made by clone or fork stay in their parent's time namespace",
	       BREAKS("time-unshare-places-children"),
	       PROBE("timens_on_fork", .entry = skip, .when = is_to_move, BY_CLONE)),
	MUTANT("time-fork-isolated-stays",
	       "children that get a UTS namespace of their own stay in their parent's time namespace",
	       BREAKS("time-unshare-places-children"),
	       PROBE("timens_on_fork", .entry = skip, .when = isolated_child, BY_CLONE)),
	MUTANT("time-fork-sibling-stays",
	       "children made with CLONE_PARENT stay in their maker's time namespace",
	       BREAKS("time-unshare-places-children"),
	       PROBE("timens_on_fork", .entry = skip, .when = sibling, BY_CLONE)),
	MUTANT("time-fork-later-stay",
	       "only the first child after unshare gets into the new time namespace",
	       BREAKS("time-unshare-places-children"),
	       PROBE("timens_on_fork", .entry = skip, .when = later_child, IN_SYSCALL(__NR_clone, __NR_clone3))),
	MUTANT("time-clone3-stays",
	       "children made by clone3 stay in their parent's time namespace",
	       BREAKS("time-clone3-places-child time-unshare-places-children"),
	       PROBE("timens_on_fork", .entry = skip, .when = is_to_move, BY_CLONE3)),
	MUTANT("time-clone3-einval",
	       "clone3 does not take CLONE_NEWTIME",
	       BREAKS("time-clone3-places-child"),
	       PROBE("copy_time_ns", .entry = skip, .value = -EINVAL, .when = makes_timens, BY_CLONE3)),
	MUTANT("time-clone3-does-not-freeze",
	       "a child made by clone3 does not freeze the offsets of its time namespace",
	       BREAKS("time-clone3-places-child time-offsets-frozen-eacces"),
	       PROBE("vdso_join_timens", .exit = thaw, BY_CLONE3)),
	MUTANT("time-setns-does-not-freeze",
	       "who joins a time namespace by setns does not freeze its offsets",
	       BREAKS("time-offsets-frozen-eacces"),
	       PROBE("vdso_join_timens", .exit = thaw, IN_SYSCALL(__NR_setns))),
	MUTANT("time-setns-untyped-does-not-freeze",
	       "who joins a time namespace by setns with nstype 0 does not freeze its offsets",
	       BREAKS("time-offsets-frozen-eacces"),
	       PROBE("vdso_join_timens", .exit = thaw, .when = untyped, IN_SYSCALL(__NR_setns))),
	MUTANT("time-setns-own-does-nothing",
	       "setns to what the caller has for its children succeeds and leaves the caller where it is",
	       BREAKS("time-setns-own-for-children"),
	       PROBE("timens_install", .entry = skip, .when = is_own_childrens)),

	MUTANT("time-execve-stays",
	       "execve leaves the caller in its time namespace",
	       BREAKS("time-execve-enters-for-children time-vfork-child-stays-until-execve"),
	       PROBE("exec_task_namespaces", .entry = skip)),
	MUTANT("time-execve-does-not-freeze",
	       "who gets into a time namespace by execve does not freeze its offsets",
	       BREAKS("time-offsets-frozen-eacces"),
	       PROBE("exec_task_namespaces", .exit = thaw_own)),
	MUTANT("time-vfork-enters",
	       "a child that shares its parent's memory gets into the parent's time_for_children at once",
	       BREAKS("time-vfork-child-stays-until-execve"),
	       PROBE("copy_namespaces", .entry = drop_flags, .value = CLONE_VM, .when = shares_memory)),
	MUTANT("time-vfork-refused",
	       "vfork fails after unshare with CLONE_NEWTIME, a plain clone with CLONE_VM does not",
	       BREAKS("time-vfork-child-stays-until-execve"),
	       PROBE("copy_namespaces", .entry = skip, .value = -EINVAL, .when = vforks)),
	MUTANT("time-vfork-freezes",
	       "a child that shares its parent's memory freezes the offsets of the parent's time_for_children",
	       BREAKS("time-vfork-child-stays-until-execve"),
	       PROBE("copy_namespaces", .entry = freeze_childrens, .when = shares_memory)),
	MUTANT("time-thread-refused",
	       "threads cannot be made after unshare with CLONE_NEWTIME",
	       BREAKS("time-threads-after-unshare"),
	       PROBE("copy_namespaces", .entry = skip, .value = -EINVAL, .when = makes_thread)),
	{}
};
