// SPDX-License-Identifier: GPL-2.0-only
/* Lies about setting the offsets of time namespaces. */
#include <linux/string.h>

#include "time_offsets.h"

static bool has_offsets(const struct call *call)
{
	const struct timens_offsets *offsets = &changed(call)->offsets, none = {};

	return memcmp(offsets, &none, sizeof(none));
}

/* One of the new offsets is out of range, and this one alone is looked at. */
static bool any(const struct call *call, bool (*is)(const struct proc_timens_offset *))
{
	unsigned int i;

	for (i = 0; i < count(call); i++)
		if (is(new_offset(call, i)))
			return true;
	return false;
}

static bool far_back(const struct proc_timens_offset *offset)
{
	return offset->val.tv_sec < 0;
}

static bool sets_back(const struct call *call)
{
	return any(call, far_back);
}

static bool boottime_back(const struct proc_timens_offset *offset)
{
	return far_back(offset) && offset->clockid == CLOCK_BOOTTIME;
}

static bool sets_boottime_back(const struct call *call)
{
	return any(call, boottime_back);
}

static bool fits(const struct proc_timens_offset *offset)
{
	return offset->val.tv_sec > KTIME_SEC_MAX / 4 && offset->val.tv_sec < KTIME_SEC_MAX;
}

static bool sets_beyond_half(const struct call *call)
{
	return any(call, fits);
}

static bool too_far(const struct proc_timens_offset *offset)
{
	return offset->val.tv_sec > KTIME_SEC_MAX / 4;
}

static bool sets_too_far(const struct call *call)
{
	return any(call, too_far);
}

static enum deed keep_what_was_right(struct call *call, const struct probe *probe)
{
	if ((int)call->result != -ERANGE || count(call) < 2 || changed(call)->frozen_offsets)
		return TRUTH;
	put_offsets(changed(call), call, 1);
	return LIE;
}

static enum deed add_up(struct call *call, const struct probe *probe)
{
	unsigned int i;

	for (i = 0; i < count(call); i++)
		add_time(&new_offset(call, i)->val, *offset_for(changed(call), new_offset(call, i)));
	return LIE;
}

static enum deed change_own_as_well(struct call *call, const struct probe *probe)
{
	if (call->result || callers_timens() == initial_timens() || callers_timens() == changed(call))
		return TRUTH;
	put_offsets(callers_timens(), call, count(call));
	return LIE;
}

static enum deed set_both(struct call *call, const struct probe *probe)
{
	if (call->result || count(call) != 1 || new_offset(call, 0)->clockid != CLOCK_BOOTTIME)
		return TRUTH;
	changed(call)->offsets.monotonic = new_offset(call, 0)->val;
	return LIE;
}

static enum deed cut_seconds(struct call *call, const struct probe *probe)
{
	enum deed deed = TRUTH;
	unsigned int i;

	for (i = 0; i < count(call); i++) {
		struct timespec64 *value = &new_offset(call, i)->val;

		if (value->tv_sec != (s32)value->tv_sec)
			deed = LIE;
		value->tv_sec = (s32)value->tv_sec;
	}
	return deed;
}

static bool only_second_is_far(const struct call *call)
{
	return count(call) == 2 && abs(new_offset(call, 0)->val.tv_sec) < 1000;
}

const struct mutant time_offsets_mutants[] = {
	MUTANT("time-offsets-written-once",
	       "offsets that are not 0 cannot be written again",
	       BREAKS("time-offsets-rewritable-last-wins"),
	       PROBE("proc_timens_set_offset", .entry = skip, .value = -EACCES, .when = has_offsets)),
	MUTANT("time-offsets-add-up",
	       "offsets that are written are added to those from before",
	       BREAKS("time-offsets-rewritable-last-wins"),
	       PROBE("proc_timens_set_offset", .entry = add_up, .when = is_not_initial)),
	MUTANT("time-offsets-one-record-a-write",
	       "only the first record of a write to the offsets counts",
	       BREAKS("time-offsets-several-records-in-a-write"),
	       PROBE("proc_timens_set_offset", .entry = set_arg, .index = 3, .value = 1)),
	MUTANT("time-offsets-set-writers-own",
	       "who sets offsets sets those of its own time namespace, too",
	       BREAKS("time-offsets-invisible-elsewhere"),
	       PROBE("proc_timens_set_offset", .exit = change_own_as_well)),
	MUTANT("time-offsets-out-of-range-einval",
	       "offsets that would make a clock negative give EINVAL",
	       BREAKS("time-offsets-negative-clock-erange"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -ERANGE, .value = -EINVAL, .when = sets_back)),
	MUTANT("time-offsets-boottime-negative-ignored",
	       "an offset that would make CLOCK_BOOTTIME negative is taken and does nothing",
	       BREAKS("time-offsets-negative-clock-erange"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -ERANGE, .when = sets_boottime_back)),
	MUTANT("time-offsets-up-to-the-last-second",
	       "offsets may put a clock beyond half of what fits",
	       BREAKS("time-offsets-too-far-erange"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -ERANGE, .when = sets_beyond_half)),
	MUTANT("time-offsets-too-far-eoverflow",
	       "offsets that would put a clock too far give EOVERFLOW",
	       BREAKS("time-offsets-too-far-erange"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -ERANGE, .value = -EOVERFLOW, .when = sets_too_far)),
	MUTANT("time-offsets-first-record-stays",
	       "the first record of a write whose second one is out of range counts",
	       BREAKS("time-offsets-rejected-write-changes-nothing"),
	       PROBE("proc_timens_set_offset", .exit = keep_what_was_right)),
	MUTANT("time-offsets-boottime-sets-both",
	       "a record for boottime sets the monotonic offset, too",
	       BREAKS("time-offsets-rewritable-last-wins"),
	       PROBE("proc_timens_set_offset", .exit = set_both, .when = is_not_initial)),
	MUTANT("time-offsets-seconds-in-32-bits",
	       "the seconds of offsets are cut to 32 bits",
	       BREAKS("time-offsets-too-far-erange time-offsets-negative-clock-erange"),
	       PROBE("proc_timens_set_offset", .entry = cut_seconds)),
	MUTANT("time-offsets-second-record-unchecked",
	       "a write whose second record is out of range succeeds and does nothing",
	       BREAKS("time-offsets-too-far-erange time-offsets-negative-clock-erange"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -ERANGE, .when = only_second_is_far)),
	{}
};
