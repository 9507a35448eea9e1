// SPDX-License-Identifier: GPL-2.0-only
/* Lies about clone3's set_tid. */
#include <linux/capability.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/user_namespace.h>

#include "clone.h"

/* For alloc_pid(ns, set_tid, set_tid_size): the array is clone3's own, of MAX_PID_NS_LEVEL elements. */

static pid_t *tids(const struct call *call)
{
	return (pid_t *)call->arg[1];
}

static size_t size(const struct call *call)
{
	return call->arg[2];
}

static struct pid_namespace *innermost(const struct call *call)
{
	return (struct pid_namespace *)call->arg[0];
}

static bool one(const struct call *call) { return size(call) == 1; }
static bool several(const struct call *call) { return size(call) > 1; }
static bool any(const struct call *call) { return size(call); }
static bool too_many(const struct call *call) { return size(call) > innermost(call)->level + 1; }
static bool one_too_many(const struct call *call) { return size(call) == innermost(call)->level + 2; }

static bool from_outside(const struct call *call)
{
	return size(call) && ns_of_pid(task_pid(current)) != innermost(call);
}

static bool lacks_init(const struct call *call)
{
	return size(call) && !innermost(call)->child_reaper;
}

static bool not_first(const struct call *call)
{
	return lacks_init(call) && tids(call)[0] != 1;
}

static bool not_first_after_unshare(const struct call *call)
{
	return not_first(call) && current->nsproxy->pid_ns_for_children == innermost(call);
}

static bool greater_from_outside(const struct call *call)
{
	return from_outside(call) && innermost(call)->child_reaper && tids(call)[0] > 1;
}

static enum deed one_more(struct call *call, const struct probe *probe)
{
	tids(call)[0]++;
	return LIE;
}

static enum deed swap_ends(struct call *call, const struct probe *probe)
{
	swap(tids(call)[0], tids(call)[size(call) - 1]);
	return LIE;
}

static enum deed next_level_too(struct call *call, const struct probe *probe)
{
	if (size(call) > innermost(call)->level || size(call) >= MAX_PID_NS_LEVEL)
		return TRUTH;
	tids(call)[size(call)] = tids(call)[size(call) - 1];
	call->arg[2]++;
	return LIE;
}

static enum deed for_parent_first(struct call *call, const struct probe *probe)
{
	tids(call)[1] = tids(call)[0];
	tids(call)[0] = 1;
	call->arg[2] = 2;
	return LIE;
}

static enum deed begin_with_init(struct call *call, const struct probe *probe)
{
	tids(call)[0] = 1;
	return LIE;
}

static enum deed as_many_as_there_are(struct call *call, const struct probe *probe)
{
	call->arg[2] = innermost(call)->level + 1;
	return LIE;
}

static enum deed none_for_zero(struct call *call, const struct probe *probe)
{
	if (tids(call)[0])
		return TRUTH;
	call->arg[2] = 0;
	return LIE;
}

static enum deed no_sign(struct call *call, const struct probe *probe)
{
	if (tids(call)[0] != -1)
		return TRUTH;
	tids(call)[0] = 1000;
	return LIE;
}

static enum deed up_to_max(struct call *call, const struct probe *probe)
{
	unsigned int last = size(call) - 1;

	if (tids(call)[last] != 32768 && tids(call)[last] != 4194304)
		return TRUTH;
	tids(call)[last]--;
	return LIE;
}

static bool beyond_any(const struct call *call)
{
	return size(call) && tids(call)[0] > PID_MAX_LIMIT;
}

/* Replaces alloc_pid. */
static struct pid *another_if_taken(struct pid_namespace *ns, pid_t *set_tid, size_t set_tid_size)
{
	struct pid *(*alloc)(struct pid_namespace *ns, pid_t *set_tid, size_t set_tid_size) = find_function("alloc_pid");
	struct pid *pid;

	let_through();
	pid = alloc(ns, set_tid, set_tid_size);
	if (pid != ERR_PTR(-EEXIST))
		return pid;
	told_a_lie();
	let_through();
	return alloc(ns, set_tid, 0);
}

const struct mutant clone_settid_mutants[] = {
	MUTANT("set-tid-off-by-one",
	       "set_tid of one element gives the next higher pid",
	       BREAKS("clone-set-tid-picks-innermost-pid"),
	       PROBE("alloc_pid", .entry = one_more, .when = one)),
	MUTANT("set-tid-ignored-from-outside",
	       "set_tid is ignored when the caller is not in the PID namespace that its children are in",
	       BREAKS("clone-set-tid-picks-innermost-pid"),
	       PROBE("alloc_pid", .entry = set_arg, .index = 2, .value = 0, .when = from_outside)),
	MUTANT("set-tid-outermost-first",
	       "set_tid begins with the pid in the outermost PID namespace that it has one for",
	       BREAKS("clone-set-tid-innermost-first"),
	       PROBE("alloc_pid", .entry = swap_ends, .when = several)),
	MUTANT("set-tid-innermost-only",
	       "only the first element of set_tid counts",
	       BREAKS("clone-set-tid-innermost-first"),
	       PROBE("alloc_pid", .entry = set_arg, .index = 2, .value = 1, .when = several)),
	MUTANT("set-tid-counts-further-out",
	       "the last element of set_tid is for the PID namespace further out as well",
	       BREAKS("clone-set-tid-outer-levels-ordinary"),
	       PROBE("alloc_pid", .entry = next_level_too, .when = any)),
	MUTANT("set-tid-new-namespace-is-extra",
	       "the first element of set_tid is for the parent of a new PID namespace, whose init is 1 anyway",
	       BREAKS("clone-set-tid-first-is-new-namespace"),
	       PROBE("alloc_pid", .entry = for_parent_first, .when = lacks_init)),
	MUTANT("set-tid-first-corrected",
	       "whatever set_tid says, the first process of a PID namespace gets the pid 1",
	       BREAKS("clone-set-tid-first-must-be-init-einval"),
	       PROBE("alloc_pid", .entry = begin_with_init, .when = not_first)),
	MUTANT("set-tid-first-corrected-after-unshare",
	       "whatever set_tid says, the first child after unshare gets the pid 1",
	       BREAKS("clone-set-tid-first-must-be-init-einval clone-set-tid-needs-living-init"),
	       PROBE("alloc_pid", .entry = begin_with_init, .when = not_first_after_unshare)),
	MUTANT("set-tid-first-esrch",
	       "set_tid with anything but 1 for the first process of a PID namespace fails with ESRCH",
	       BREAKS("clone-set-tid-first-must-be-init-einval"),
	       PROBE("alloc_pid", .entry = skip, .value = -ESRCH, .when = not_first)),
	MUTANT("set-tid-greater-not-from-outside",
	       "a pid greater than 1 cannot be chosen from outside of the PID namespace, though that has an init",
	       BREAKS("clone-set-tid-needs-living-init"),
	       PROBE("alloc_pid", .entry = skip, .value = -EINVAL, .when = greater_from_outside)),
	MUTANT("set-tid-too-many-ignored",
	       "elements of set_tid beyond the outermost PID namespace are ignored",
	       BREAKS("clone-set-tid-too-many-levels-einval"),
	       PROBE("alloc_pid", .entry = as_many_as_there_are, .when = too_many)),
	MUTANT("set-tid-one-too-many-ignored",
	       "one element of set_tid too many is ignored",
	       BREAKS("clone-set-tid-too-many-levels-einval"),
	       PROBE("alloc_pid", .entry = as_many_as_there_are, .when = one_too_many)),
	MUTANT("set-tid-too-many-e2big",
	       "set_tid with too many elements fails with E2BIG",
	       BREAKS("clone-set-tid-too-many-levels-einval"),
	       PROBE("alloc_pid", .entry = skip, .value = -E2BIG, .when = too_many)),
	MUTANT("set-tid-zero-is-any",
	       "0 in set_tid stands for any pid",
	       BREAKS("clone-set-tid-out-of-range-einval"),
	       PROBE("alloc_pid", .entry = none_for_zero, .when = one)),
	MUTANT("set-tid-negative-accepted",
	       "set_tid takes -1 for some pid",
	       BREAKS("clone-set-tid-out-of-range-einval"),
	       PROBE("alloc_pid", .entry = no_sign, .when = any)),
	MUTANT("set-tid-takes-pid-max",
	       "set_tid takes pid_max for the pid below it",
	       BREAKS("clone-set-tid-out-of-range-einval"),
	       PROBE("alloc_pid", .entry = up_to_max, .when = any)),
	MUTANT("set-tid-beyond-any-erange",
	       "set_tid with a pid that no kernel has fails with ERANGE",
	       BREAKS("clone-set-tid-out-of-range-einval"),
	       PROBE("alloc_pid", .entry = skip, .value = -ERANGE, .when = beyond_any)),
	MUTANT("set-tid-in-use-gives-another",
	       "when the pid in set_tid is in use, the child gets another",
	       BREAKS("clone-set-tid-in-use-eexist"),
	       PROBE("alloc_pid", .replacement = another_if_taken, .when = any)),
	MUTANT("set-tid-in-use-further-out-eagain",
	       "a pid that is in use fails with EAGAIN when set_tid has several",
	       BREAKS("clone-set-tid-in-use-eexist"),
	       PROBE("alloc_pid", .exit = swap_result, .instead_of = -EEXIST, .value = -EAGAIN, .when = several)),
	{}
};
