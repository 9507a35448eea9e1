// SPDX-License-Identifier: GPL-2.0-only
/* Lies about time namespaces in what surrounds single readings and expirations. */
#include "setns.h"
#include "time.h"

/* For do_timerfd_settime and common_timer_set: a timer, flags, the new setting, and room for the old. */

static enum deed longer_intervals(struct call *call, const struct probe *probe)
{
	struct itimerspec64 *setting = (struct itimerspec64 *)call->arg[2];

	if (!setting->it_interval.tv_sec && !setting->it_interval.tv_nsec)
		return TRUTH;
	add_time(&setting->it_interval, callers_offsets()->boottime);
	return LIE;
}

static enum deed more_was_left(struct call *call, const struct probe *probe)
{
	struct itimerspec64 *old = (struct itimerspec64 *)call->arg[3];

	if (call->result || !old || (!old->it_value.tv_sec && !old->it_value.tv_nsec))
		return TRUTH;
	add_time(&old->it_value, callers_offsets()->boottime);
	return LIE;
}

static bool intervals_lengthen(const struct call *call)
{
	return callers_offsets()->boottime.tv_sec > 0;
}

/* For do_getitimer: which, and where to put the setting. */
static enum deed itimer_shifted(struct call *call, const struct probe *probe)
{
	if (call->result || call->arg[0] != ITIMER_REAL)
		return TRUTH;
	add_time(&((struct itimerspec64 *)call->arg[1])->it_value, callers_offsets()->boottime);
	return LIE;
}

static enum deed day_shifted(struct call *call, const struct probe *probe)
{
	add_time((struct timespec64 *)call->arg[0], callers_offsets()->boottime);
	return LIE;
}

static bool realtime_alarm(const struct call *call)
{
	return (int)call->arg[0] == CLOCK_REALTIME_ALARM && in_timens(call);
}

static enum deed with_boottime(struct call *call, const struct probe *probe)
{
	add_time((struct timespec64 *)call->arg[1], callers_offsets()->boottime);
	return LIE;
}

static bool joins_by_pidfd(const struct call *call)
{
	return by_pidfd();
}

/* At the exit of create_new_namespaces in setns: what the caller has for its children is lost. */
static enum deed forget_childrens(struct call *call, const struct probe *probe)
{
	struct nsproxy *made = (struct nsproxy *)call->result;

	if (IS_ERR(made) || nstype() != CLONE_NEWUTS || made->time_ns == made->time_ns_for_children)
		return TRUTH;
	refer_to(made->time_ns);
	forget(made->time_ns_for_children);
	made->time_ns_for_children = made->time_ns;
	return LIE;
}

/* For timens_on_fork. */
static bool child_with_userns(const struct call *call)
{
	struct nsproxy *childs = (struct nsproxy *)call->arg[0];

	return childs->time_ns != childs->time_ns_for_children && syscall_arg(0) & CLONE_NEWUSER;
}

/* At the exit of unshare_nsproxy_namespaces: what was there before is kept for ever. */
static enum deed move_with_others(struct call *call, const struct probe *probe)
{
	struct nsproxy *made = *(struct nsproxy **)call->arg[1];

	if (call->result || !made || !(call->arg[0] & CLONE_NEWTIME) || !(call->arg[0] & (CLONE_NEWUSER | CLONE_NEWUTS)))
		return TRUTH;
	refer_to(made->time_ns_for_children);
	made->time_ns = made->time_ns_for_children;
	return LIE;
}

/* Replaces execve. */
static long enter_though_refused(struct pt_regs *regs)
{
	long (*execve)(struct pt_regs *regs) = find_function(SYSCALL("execve"));
	void (*enter)(void) = find_function("exec_task_namespaces");
	long result;

	let_through();
	result = execve(regs);
	if (result && enter && differs_from_childrens()) {
		told_a_lie();
		enter();
	}
	return result;
}

const struct mutant time_further_mutants[] = {
	MUTANT("time-timerfd-intervals-shifted",
	       "timerfd_settime adds the boottime offset to intervals",
	       BREAKS("time-relative-sleep-unaffected"),
	       PROBE("do_timerfd_settime", .entry = longer_intervals, .when = intervals_lengthen)),
	MUTANT("time-timer-intervals-shifted",
	       "timer_settime adds the boottime offset to intervals",
	       BREAKS("time-relative-sleep-unaffected"),
	       PROBE("common_timer_set", .entry = longer_intervals, .when = intervals_lengthen)),
	MUTANT("time-timerfd-old-rest-shifted",
	       "timerfd_settime adds the boottime offset to what was left before",
	       BREAKS("time-timerfd-absolute-in-namespace-time"),
	       PROBE("do_timerfd_settime", .exit = more_was_left, .when = in_timens)),
	MUTANT("time-timer-old-rest-shifted",
	       "timer_settime adds the boottime offset to what was left before",
	       BREAKS("time-timer-settime-absolute-in-namespace-time"),
	       PROBE("common_timer_set", .exit = more_was_left, .when = in_timens)),
	MUTANT("time-itimer-rest-shifted",
	       "getitimer adds the boottime offset to what is left",
	       BREAKS("time-relative-sleep-unaffected"),
	       PROBE("do_getitimer", .exit = itimer_shifted, .when = in_timens, IN_SYSCALL(__NR_getitimer))),
	MUTANT("time-gettimeofday-shifted",
	       "gettimeofday adds the boottime offset",
	       BREAKS("time-realtime-not-virtual"),
	       PROBE("ktime_get_real_ts64", .exit = day_shifted, .when = in_timens, IN_SYSCALL(__NR_gettimeofday))),
	MUTANT("time-realtime-alarm-shifted",
	       "CLOCK_REALTIME_ALARM is shifted by the boottime offset",
	       BREAKS("time-realtime-not-virtual"),
	       PROBE("alarm_clock_get_timespec", .exit = with_boottime, .when = realtime_alarm)),
	MUTANT("time-vdso-stays-after-setns-by-pidfd",
	       "who has used the vDSO goes on with the old clocks there after setns with a pidfd",
	       BREAKS("time-members-share-offsets time-vdso-agrees-with-syscall"),
	       PROBE("vdso_join_timens", .entry = skip, .when = joins_by_pidfd, BY_SETNS)),
	MUTANT("time-for-children-lost-by-setns",
	       "setns to a UTS namespace forgets the time namespace that the caller has made for its children",
	       BREAKS("time-unshare-places-children time-for-children-shows-new-namespace"),
	       PROBE("create_new_namespaces", .exit = forget_childrens, BY_SETNS)),
	MUTANT("time-fork-with-userns-stays",
	       "children that get a user namespace of their own stay in their parent's time namespace",
	       BREAKS("time-unshare-places-children"),
	       PROBE("timens_on_fork", .entry = skip, .when = child_with_userns, IN_SYSCALL(__NR_clone))),
	MUTANT("time-unshare-with-others-moves-caller",
	       "unshare with CLONE_NEWTIME moves the caller, too, when it makes a user or UTS namespace as well",
	       BREAKS("time-unshare-leaves-caller"),
	       PROBE("unshare_nsproxy_namespaces", .exit = move_with_others)),
	MUTANT("time-refused-execve-enters",
	       "execve that fails moves the caller into its time_for_children namespace",
	       BREAKS("time-execve-enters-for-children"),
	       PROBE(SYSCALL("execve"), .replacement = enter_though_refused)),
	{}
};
