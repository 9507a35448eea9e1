// SPDX-License-Identifier: GPL-2.0-only
/* Lies about sleeps and timers in time namespaces. */
#include <linux/hrtimer.h>
#include <linux/ktime.h>

#include "mutant.h"
#include "time.h"

#define BY_NANOSLEEP IN_SYSCALL(__NR_clock_nanosleep)
#define BY_TIMER IN_SYSCALL(__NR_timer_settime)
#define BY_TIMERFD IN_SYSCALL(__NR_timerfd_settime)

/* For do_timens_ktime_to_host: a clock, an absolute time, and the offsets. */

static int clock(const struct call *call)
{
	return (int)call->arg[0];
}

static ktime_t namespace_time(const struct call *call)
{
	return (ktime_t)call->arg[1];
}

static bool is_monotonic(const struct call *call)
{
	return clock(call) == CLOCK_MONOTONIC;
}

static bool is_boottime(const struct call *call)
{
	return clock(call) == CLOCK_BOOTTIME;
}

static bool is_alarm(const struct call *call)
{
	return clock(call) == CLOCK_BOOTTIME_ALARM;
}

static struct timespec64 offset_of(const struct call *call)
{
	const struct timens_offsets *offsets = (const struct timens_offsets *)call->arg[2];

	return is_monotonic(call) ? offsets->monotonic : offsets->boottime;
}

static bool is_set_back(const struct call *call)
{
	return offset_of(call).tv_sec < 0;
}

static enum deed untranslated(struct call *call, const struct probe *probe)
{
	call->result = namespace_time(call);
	return SKIP;
}

static enum deed wrong_sign(struct call *call, const struct probe *probe)
{
	call->result = namespace_time(call) + timespec64_to_ktime(offset_of(call));
	return SKIP;
}

static enum deed full_seconds(struct call *call, const struct probe *probe)
{
	call->result += offset_of(call).tv_nsec;
	return LIE;
}

/* What is before the beginning of the namespace's clock on the host. */
static enum deed never_comes(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	call->result = KTIME_MAX;
	return LIE;
}

static enum deed for_monotonic(struct call *call, const struct probe *probe)
{
	call->arg[0] = CLOCK_MONOTONIC;
	return LIE;
}

/* For hrtimer_nanosleep: a time, whether it is relative, and a clock. */

static bool sleeps_in_timens(const struct call *call)
{
	return call->arg[1] & HRTIMER_MODE_REL && callers_offsets()->monotonic.tv_sec > 0;
}

static enum deed shorter_by_offset(struct call *call, const struct probe *probe)
{
	ktime_t offset = timespec64_to_ktime(callers_offsets()->monotonic);

	call->arg[0] = max_t(ktime_t, (ktime_t)call->arg[0] - offset, 0);
	return LIE;
}

static bool sleeps_by_boottime(const struct call *call)
{
	return call->arg[1] & HRTIMER_MODE_REL && (int)call->arg[2] == CLOCK_BOOTTIME && in_timens(call);
}

static enum deed until(struct call *call, const struct probe *probe)
{
	call->arg[1] = HRTIMER_MODE_ABS;
	return LIE;
}

/* For nanosleep_copyout: what is left. */
static enum deed less_by_offset(struct call *call, const struct probe *probe)
{
	take_time((struct timespec64 *)call->arg[1], callers_offsets()->monotonic);
	return LIE;
}

/* For functions whose second argument are flags. */
static bool relative_in_timens(const struct call *call)
{
	return !call->arg[1] && in_timens(call);
}

/* For functions whose second argument is a struct itimerspec64 to fill. */
static enum deed more_by_offset(struct call *call, const struct probe *probe)
{
	struct itimerspec64 *setting = (struct itimerspec64 *)call->arg[1];

	if (call->result < 0 || (!setting->it_value.tv_sec && !setting->it_value.tv_nsec))
		return TRUTH;
	add_time(&setting->it_value, callers_offsets()->boottime);
	return LIE;
}

static enum deed nothing_left(struct call *call, const struct probe *probe)
{
	struct itimerspec64 *setting = (struct itimerspec64 *)call->arg[1];

	setting->it_value.tv_sec = 0;
	return LIE;
}

const struct mutant time_timers_mutants[] = {
	MUTANT("time-nanosleep-untranslated",
	       "clock_nanosleep takes absolute times for the host's",
	       BREAKS("time-clock-nanosleep-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, BY_NANOSLEEP)),
	MUTANT("time-nanosleep-boottime-untranslated",
	       "clock_nanosleep takes absolute times of CLOCK_BOOTTIME for the host's",
	       BREAKS("time-clock-nanosleep-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = is_boottime, BY_NANOSLEEP)),
	MUTANT("time-nanosleep-set-back-untranslated",
	       "clock_nanosleep takes absolute times for the host's where the clock is set back",
	       BREAKS("time-clock-nanosleep-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = is_set_back, BY_NANOSLEEP)),
	MUTANT("time-nanosleep-before-beginning-for-ever",
	       "clock_nanosleep does not return when the time is one from before the host was booted",
	       BREAKS("time-clock-nanosleep-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .exit = never_comes, BY_NANOSLEEP)),
	MUTANT("time-nanosleep-relative-shorter",
	       "relative sleeps are shorter by the monotonic offset",
	       BREAKS("time-relative-sleep-unaffected"),
	       PROBE("hrtimer_nanosleep", .entry = shorter_by_offset, .when = sleeps_in_timens)),
	MUTANT("time-nanosleep-boottime-always-absolute",
	       "clock_nanosleep takes every time of CLOCK_BOOTTIME for an absolute one",
	       BREAKS("time-relative-sleep-unaffected"),
	       PROBE("hrtimer_nanosleep", .entry = until, .when = sleeps_by_boottime)),
	MUTANT("time-nanosleep-rest-shifted",
	       "what an interrupted sleep leaves is less by the monotonic offset",
	       BREAKS("time-relative-sleep-unaffected"),
	       PROBE("nanosleep_copyout", .entry = less_by_offset, .when = in_timens)),

	MUTANT("time-timerfd-boottime-untranslated",
	       "timerfd_settime takes absolute times of CLOCK_BOOTTIME for the host's",
	       BREAKS("time-timerfd-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = is_boottime, BY_TIMERFD)),
	MUTANT("time-timerfd-boottime-by-monotonic-offset",
	       "timerfd_settime translates absolute times of CLOCK_BOOTTIME by the monotonic offset",
	       BREAKS("time-timerfd-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = for_monotonic, .when = is_boottime, BY_TIMERFD)),
	MUTANT("time-timerfd-by-full-seconds",
	       "timerfd_settime translates absolute times by the offset's seconds alone",
	       BREAKS("time-timerfd-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .exit = full_seconds, BY_TIMERFD)),
	MUTANT("time-timerfd-relative-as-absolute",
	       "timerfd_settime takes every time for an absolute one",
	       BREAKS("time-relative-sleep-unaffected"),
	       PROBE("do_timerfd_settime", .entry = add_flags, .index = 1, .value = 1, .when = relative_in_timens)),
	MUTANT("time-timerfd-rest-shifted",
	       "timerfd_gettime adds the boottime offset to what is left",
	       BREAKS("time-timerfd-absolute-in-namespace-time time-relative-sleep-unaffected"),
	       PROBE("do_timerfd_gettime", .exit = more_by_offset, .when = in_timens)),
	MUTANT("time-timer-monotonic-untranslated",
	       "timer_settime takes absolute times of CLOCK_MONOTONIC for the host's",
	       BREAKS("time-timer-settime-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = is_monotonic, BY_TIMER)),
	MUTANT("time-timer-wrong-sign",
	       "timer_settime adds the offset to absolute times where it should take it away",
	       BREAKS("time-timer-settime-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = wrong_sign, BY_TIMER)),
	MUTANT("time-timer-relative-as-absolute",
	       "timer_settime takes every time for an absolute one",
	       BREAKS("time-relative-sleep-unaffected"),
	       PROBE("common_timer_set", .entry = add_flags, .index = 1, .value = 1, .when = relative_in_timens)),
	MUTANT("time-timer-rest-without-seconds",
	       "timer_gettime tells less than a second is left of any timer",
	       BREAKS("time-timer-settime-absolute-in-namespace-time time-relative-sleep-unaffected"),
	       PROBE("common_timer_get", .exit = nothing_left, .when = in_timens)),
	MUTANT("time-alarm-timer-untranslated",
	       "timers take absolute times of CLOCK_BOOTTIME_ALARM for the host's",
	       BREAKS("time-boottime-alarm-shifted"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = is_alarm, IN_SYSCALL(__NR_timer_settime, __NR_timerfd_settime))),
	{}
};
