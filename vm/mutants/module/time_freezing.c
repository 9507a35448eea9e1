// SPDX-License-Identifier: GPL-2.0-only
/* Lies about when the offsets of time namespaces are frozen. */
#include <linux/err.h>

#include "time_offsets.h"

static bool has_only_maker(const struct call *call)
{
	return is_not_initial(call) && has_references(changed(call), 1);
}

static enum deed thaw(struct call *call, const struct probe *probe)
{
	if (!changed(call)->frozen_offsets)
		return TRUTH;
	changed(call)->frozen_offsets = false;
	return LIE;
}

static enum deed change_frozen(struct call *call, const struct probe *probe)
{
	if ((int)call->result != -EACCES)
		return TRUTH;
	put_offsets(changed(call), call, count(call));
	return LIE;
}

static enum deed thaw_boottime(struct call *call, const struct probe *probe)
{
	unsigned int i;

	for (i = 0; i < count(call); i++)
		if (new_offset(call, i)->clockid != CLOCK_BOOTTIME)
			return TRUTH;
	return thaw(call, probe);
}

static enum deed take_the_same(struct call *call, const struct probe *probe)
{
	unsigned int i;

	for (i = 0; i < count(call); i++)
		if (memcmp(offset_for(changed(call), new_offset(call, i)), &new_offset(call, i)->val, sizeof(struct timespec64)))
			return TRUTH;
	call->result = 0;
	return LIE;
}

static bool is_frozen(const struct call *call)
{
	return (int)call->result == -EACCES && is_not_initial(call);
}

static bool is_anothers(const struct call *call)
{
	return call->arg[1] != (unsigned long)current;
}

static enum deed freeze(struct time_namespace *ns)
{
	if (ns->frozen_offsets)
		return TRUTH;
	ns->frozen_offsets = true;
	return LIE;
}

/* For timens_for_children_get, which returns a namespace. */
static enum deed freeze_found(struct call *call, const struct probe *probe)
{
	return call->result ? freeze(container_of((struct ns_common *)call->result, struct time_namespace, ns)) : TRUTH;
}

/* For timens_install, whose second argument is a namespace. */
static enum deed freeze_refused(struct call *call, const struct probe *probe)
{
	return call->result ? freeze(container_of((struct ns_common *)call->arg[1], struct time_namespace, ns)) : TRUTH;
}

const struct mutant time_freezing_mutants[] = {
	MUTANT("time-offsets-frozen-eperm",
	       "writing frozen offsets fails with EPERM",
	       BREAKS("time-offsets-frozen-eacces time-offsets-of-initial-eacces"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -EACCES, .value = -EPERM)),
	MUTANT("time-offsets-never-frozen",
	       "offsets can be written at any time",
	       BREAKS("time-offsets-frozen-eacces"),
	       PROBE("proc_timens_set_offset", .entry = thaw, .when = is_not_initial)),
	MUTANT("time-offsets-thaw-after-exit",
	       "offsets can be written again when the namespace has no members any more",
	       BREAKS("time-offsets-frozen-eacces"),
	       PROBE("proc_timens_set_offset", .entry = thaw, .when = has_only_maker)),
	MUTANT("time-offsets-frozen-change",
	       "a write to frozen offsets fails with EACCES and changes them",
	       BREAKS("time-offsets-rejected-write-changes-nothing"),
	       PROBE("proc_timens_set_offset", .exit = change_frozen, .when = is_not_initial)),
	MUTANT("time-offsets-of-initial-ignored",
	       "a write to the initial time namespace's offsets succeeds and does nothing",
	       BREAKS("time-offsets-of-initial-eacces"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -EACCES, .when = is_initial)),
	MUTANT("time-offsets-of-initial-einval",
	       "a write to the initial time namespace's offsets fails with EINVAL",
	       BREAKS("time-offsets-of-initial-eacces"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -EACCES, .value = -EINVAL, .when = is_initial)),
	MUTANT("time-offsets-boottime-never-frozen",
	       "the boottime offset can be written at any time",
	       BREAKS("time-offsets-frozen-eacces"),
	       PROBE("proc_timens_set_offset", .entry = thaw_boottime, .when = is_not_initial)),
	MUTANT("time-offsets-frozen-take-the-same",
	       "frozen offsets can be written if that does not change them",
	       BREAKS("time-offsets-frozen-eacces"),
	       PROBE("proc_timens_set_offset", .exit = take_the_same, .when = is_frozen)),
	MUTANT("time-offsets-frozen-by-open",
	       "who opens ns/time_for_children freezes the offsets",
	       BREAKS("time-offsets-writable-before-first-member"),
	       PROBE("timens_for_children_get", .exit = freeze_found, IN_SYSCALL(__NR_openat))),
	MUTANT("time-offsets-frozen-by-refused-setns",
	       "who may not join a time namespace by setns freezes its offsets",
	       BREAKS("time-offsets-writable-before-first-member"),
	       PROBE("timens_install", .exit = freeze_refused)),
	MUTANT("time-offsets-of-others-eperm",
	       "only the process itself may write to its timens_offsets",
	       BREAKS("time-offsets-writable-before-first-member"),
	       PROBE("proc_timens_set_offset", .entry = skip, .value = -EPERM, .when = is_anothers)),
	{}
};
