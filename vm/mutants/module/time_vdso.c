// SPDX-License-Identifier: GPL-2.0-only
/* Lies of the vDSO about the clocks of time namespaces. */
#include <linux/mm.h>

#include "mutant.h"
#include "time.h"

#define BY_SETNS IN_SYSCALL(__NR_setns)

/*
 * The page that the vDSO finds a namespace's offsets in has a pair of seconds
 * and nanoseconds for each clock, all of it twice: for the clocks that
 * interrupts keep and for CLOCK_MONOTONIC_RAW. Where it begins is not the same
 * in all kernels.
 */
static struct timens_offset *pair(struct time_namespace *ns, struct timespec64 offset, unsigned int nth)
{
	struct timens_offset *at = page_address(ns->vvar_page), *end = (void *)at + PAGE_SIZE;
	s64 *word;

	if (!offset.tv_sec && !offset.tv_nsec)
		return NULL;
	for (word = (s64 *)at; word + 1 < (s64 *)end; word++)
		if (word[0] == offset.tv_sec && word[1] == offset.tv_nsec && !nth--)
			return (struct timens_offset *)word;
	return NULL;
}

static enum deed put_pair(struct time_namespace *ns, struct timespec64 of, unsigned int nth, struct timespec64 value)
{
	struct timens_offset *at;

	if (ns == initial_timens())
		return TRUTH;
	at = pair(ns, of, nth);
	if (!at)
		return TRUTH;
	at->sec = value.tv_sec;
	at->nsec = value.tv_nsec;
	return LIE;
}

/* For vdso_join_timens; value is how many such pairs come before that of the clock. */

static struct time_namespace *entered(const struct call *call)
{
	return (struct time_namespace *)call->arg[1];
}

static enum deed vdso_without_monotonic(struct call *call, const struct probe *probe)
{
	struct time_namespace *ns = entered(call);

	return put_pair(ns, ns->offsets.monotonic, probe->value, (struct timespec64){});
}

static enum deed vdso_boottime_for_monotonic(struct call *call, const struct probe *probe)
{
	struct time_namespace *ns = entered(call);

	return put_pair(ns, ns->offsets.monotonic, probe->value, ns->offsets.boottime);
}

static enum deed vdso_monotonic_for_boottime(struct call *call, const struct probe *probe)
{
	struct time_namespace *ns = entered(call);

	return put_pair(ns, ns->offsets.boottime, probe->value, ns->offsets.monotonic);
}

static enum deed vdso_without_nanoseconds(struct call *call, const struct probe *probe)
{
	struct time_namespace *ns = entered(call);
	struct timespec64 seconds = { .tv_sec = ns->offsets.monotonic.tv_sec };

	return put_pair(ns, ns->offsets.monotonic, probe->value, seconds);
}

static bool untyped(const struct call *call)
{
	return !syscall_arg(1);
}

const struct mutant time_vdso_mutants[] = {
	MUTANT("time-vdso-monotonic-unshifted",
	       "the vDSO shows the host's CLOCK_MONOTONIC",
	       BREAKS("time-monotonic-shifted time-vdso-agrees-with-syscall"),
	       PROBE("vdso_join_timens|timens_commit", .entry = vdso_without_monotonic)),
	MUTANT("time-vdso-coarse-by-boottime-offset",
	       "the vDSO shifts CLOCK_MONOTONIC_COARSE by the boottime offset",
	       BREAKS("time-monotonic-coarse-and-raw-shifted time-vdso-agrees-with-syscall"),
	       PROBE("vdso_join_timens|timens_commit", .entry = vdso_boottime_for_monotonic, .value = 2)),
	MUTANT("time-vdso-raw-unshifted",
	       "the vDSO shows the host's CLOCK_MONOTONIC_RAW",
	       BREAKS("time-monotonic-coarse-and-raw-shifted time-vdso-agrees-with-syscall"),
	       PROBE("vdso_join_timens|timens_commit", .entry = vdso_without_monotonic, .value = 4)),
	MUTANT("time-vdso-boottime-by-monotonic-offset",
	       "the vDSO shifts CLOCK_BOOTTIME by the monotonic offset",
	       BREAKS("time-boottime-shifted time-vdso-agrees-with-syscall"),
	       PROBE("vdso_join_timens|timens_commit", .entry = vdso_monotonic_for_boottime)),
	MUTANT("time-vdso-by-full-seconds",
	       "the vDSO shifts CLOCK_MONOTONIC by the offset's seconds alone",
	       BREAKS("time-monotonic-shifted time-vdso-agrees-with-syscall"),
	       PROBE("vdso_join_timens|timens_commit", .entry = vdso_without_nanoseconds)),
	MUTANT("time-vdso-stays-after-setns",
	       "who has used the vDSO goes on with the old clocks there after setns",
	       BREAKS("time-vdso-agrees-with-syscall time-setns-own-for-children"),
	       PROBE("vdso_join_timens", .entry = skip, BY_SETNS)),
	MUTANT("time-vdso-stays-after-untyped-setns",
	       "who has used the vDSO goes on with the old clocks there after setns with nstype 0",
	       BREAKS("time-setns-own-for-children"),
	       PROBE("vdso_join_timens", .entry = skip, .when = untyped, BY_SETNS)),
	MUTANT("time-vdso-stays-after-fork",
	       "a child of who has used the vDSO goes on with its parent's clocks there",
	       BREAKS("time-vdso-agrees-with-syscall time-unshare-places-children"),
	       PROBE("vdso_join_timens", .entry = skip, IN_SYSCALL(__NR_clone))),
	{}
};
