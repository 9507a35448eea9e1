// SPDX-License-Identifier: GPL-2.0-only
/* Lies about reading the clocks of time namespaces. */
#include "mutant.h"
#include "time.h"

/* For functions that are given a clock and where to put what it shows. */

static struct timespec64 *shown(struct call *call)
{
	return (struct timespec64 *)call->arg[1];
}

static enum deed without_monotonic(struct call *call, const struct probe *probe)
{
	take_time(shown(call), callers_offsets()->monotonic);
	return LIE;
}

static enum deed without_boottime(struct call *call, const struct probe *probe)
{
	take_time(shown(call), callers_offsets()->boottime);
	return LIE;
}

static enum deed with_monotonic(struct call *call, const struct probe *probe)
{
	add_time(shown(call), callers_offsets()->monotonic);
	return LIE;
}

static enum deed monotonic_for_boottime(struct call *call, const struct probe *probe)
{
	take_time(shown(call), callers_offsets()->boottime);
	add_time(shown(call), callers_offsets()->monotonic);
	return LIE;
}

static enum deed without_nanoseconds(struct call *call, const struct probe *probe)
{
	struct timespec64 fraction = { .tv_nsec = callers_offsets()->boottime.tv_nsec };

	take_time(shown(call), fraction);
	return LIE;
}

static bool set_back(const struct call *call)
{
	return callers_offsets()->monotonic.tv_sec < 0;
}

static bool boottime_alarm(const struct call *call)
{
	return (int)call->arg[0] == CLOCK_BOOTTIME_ALARM && in_timens(call);
}

static bool not_root(const struct call *call)
{
	return in_timens(call) && !uid_eq(current_uid(), GLOBAL_ROOT_UID);
}

static bool not_first_thread(const struct call *call)
{
	return in_timens(call) && !thread_group_leader(current);
}

static bool has_moved_in(const struct call *call)
{
	return in_timens(call) && current->real_parent->nsproxy && current->real_parent->nsproxy->time_ns == initial_timens();
}

const struct mutant time_clocks_mutants[] = {
	MUTANT("time-monotonic-unshifted-by-syscall",
	       "the system call shows the host's CLOCK_MONOTONIC, the vDSO does not",
	       BREAKS("time-monotonic-shifted time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_monotonic_timespec", .exit = without_monotonic, .when = in_timens)),
	MUTANT("time-monotonic-set-back-unshifted",
	       "the system call shows the host's CLOCK_MONOTONIC where the offset is negative",
	       BREAKS("time-monotonic-shifted time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_monotonic_timespec", .exit = without_monotonic, .when = set_back)),
	MUTANT("time-raw-unshifted-by-syscall",
	       "the system call shows the host's CLOCK_MONOTONIC_RAW",
	       BREAKS("time-monotonic-coarse-and-raw-shifted time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_monotonic_raw", .exit = without_monotonic, .when = in_timens)),
	MUTANT("time-coarse-unshifted-by-syscall",
	       "the system call shows the host's CLOCK_MONOTONIC_COARSE",
	       BREAKS("time-monotonic-coarse-and-raw-shifted time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_monotonic_coarse", .exit = without_monotonic, .when = in_timens)),
	MUTANT("time-boottime-by-monotonic-offset",
	       "the system call shifts CLOCK_BOOTTIME by the monotonic offset",
	       BREAKS("time-boottime-shifted time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_boottime_timespec", .exit = monotonic_for_boottime, .when = in_timens)),
	MUTANT("time-boottime-by-full-seconds",
	       "the system call shifts CLOCK_BOOTTIME by the offset's seconds alone",
	       BREAKS("time-boottime-shifted time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_boottime_timespec", .exit = without_nanoseconds, .when = in_timens)),
	MUTANT("time-boottime-alarm-unshifted",
	       "CLOCK_BOOTTIME_ALARM shows the host's",
	       BREAKS("time-boottime-alarm-shifted"),
	       PROBE("alarm_clock_get_timespec", .exit = without_boottime, .when = boottime_alarm)),
	MUTANT("time-realtime-shifted-by-syscall",
	       "the system call shifts CLOCK_REALTIME by the monotonic offset",
	       BREAKS("time-realtime-not-virtual time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_realtime_timespec", .exit = with_monotonic, .when = in_timens)),
	MUTANT("time-tai-shifted-by-syscall",
	       "the system call shifts CLOCK_TAI by the monotonic offset",
	       BREAKS("time-realtime-not-virtual time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_tai_timespec", .exit = with_monotonic, .when = in_timens)),
	MUTANT("time-users-unshifted",
	       "members that are not root read the host's CLOCK_BOOTTIME by the system call",
	       BREAKS("time-members-share-offsets"),
	       PROBE("posix_get_boottime_timespec", .exit = without_boottime, .when = not_root)),
	MUTANT("time-threads-unshifted",
	       "threads but the first read the host's CLOCK_MONOTONIC by the system call",
	       BREAKS("time-members-share-offsets time-vdso-agrees-with-syscall"),
	       PROBE("posix_get_monotonic_timespec", .exit = without_monotonic, .when = not_first_thread)),
	MUTANT("time-movers-unshifted",
	       "who is in a time namespace and whose parent is in the initial one reads the host's CLOCK_BOOTTIME",
	       BREAKS("time-members-share-offsets time-setns-own-for-children"),
	       PROBE("posix_get_boottime_timespec", .exit = without_boottime, .when = has_moved_in)),
	{}
};
