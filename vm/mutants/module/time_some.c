// SPDX-License-Identifier: GPL-2.0-only
/* Lies that time namespaces tell to some of their members. */
#include <linux/seq_file.h>

#include "time_disguise.h"

#define BY_NANOSLEEP IN_SYSCALL(__NR_clock_nanosleep)
#define BY_TIMER IN_SYSCALL(__NR_timer_settime)
#define BY_TIMERFD IN_SYSCALL(__NR_timerfd_settime)

static bool members_child(const struct call *call)
{
	struct nsproxy *parents = current->real_parent->nsproxy;

	return in_timens(call) && parents && parents->time_ns == callers_timens();
}

static bool further_thread(const struct call *call)
{
	return in_timens(call) && !thread_group_leader(current);
}

static bool user(const struct call *call)
{
	return in_timens(call) && !uid_eq(current_uid(), GLOBAL_ROOT_UID);
}

/* Whose parent, too, is in a time namespace, and another. */
static bool nested(const struct call *call)
{
	struct nsproxy *parents = current->real_parent->nsproxy;

	return in_timens(call) && parents && parents->time_ns != callers_timens() && parents->time_ns != initial_timens();
}

/* For do_timens_ktime_to_host: a clock, an absolute time, and the offsets. */
static enum deed untranslated(struct call *call, const struct probe *probe)
{
	call->result = call->arg[1];
	return SKIP;
}

static int uptime_untranslated(struct seq_file *m, void *v)
{
	return disguised("uptime_proc_show", untranslate, (long)m, (long)v, 0, 0, 0);
}

static int stat_untranslated(struct seq_file *m, void *v)
{
	return disguised("show_stat", untranslate, (long)m, (long)v, 0, 0, 0);
}

static int start_untranslated(struct seq_file *m, void *ns, void *pid, struct task_struct *task, int whole)
{
	return disguised("do_task_stat", untranslate, (long)m, (long)ns, (long)pid, (long)task, whole);
}

static long sysinfo_untranslated(unsigned long regs)
{
	return disguised(SYSCALL("sysinfo"), untranslate, regs, 0, 0, 0, 0);
}

const struct mutant time_some_mutants[] = {
	MUTANT("time-nanosleep-of-members-children-untranslated",
	       "clock_nanosleep takes absolute times for the host's, but from the first members of a time namespace",
	       BREAKS("time-clock-nanosleep-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = members_child, BY_NANOSLEEP)),
	MUTANT("time-nanosleep-nested-untranslated",
	       "clock_nanosleep takes absolute times for the host's in time namespaces made by members of others",
	       BREAKS("time-clock-nanosleep-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = nested, BY_NANOSLEEP)),
	MUTANT("time-timerfd-of-threads-untranslated",
	       "timerfd_settime takes absolute times for the host's from all threads but the first",
	       BREAKS("time-timerfd-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = further_thread, BY_TIMERFD)),
	MUTANT("time-timer-of-users-untranslated",
	       "timer_settime takes absolute times for the host's from all but root",
	       BREAKS("time-timer-settime-absolute-in-namespace-time"),
	       PROBE("do_timens_ktime_to_host", .entry = untranslated, .when = user, BY_TIMER)),
	MUTANT("time-uptime-nested-untranslated",
	       "/proc/uptime shows the host's in time namespaces made by members of others",
	       BREAKS("time-proc-uptime-shifted"),
	       PROBE("uptime_proc_show", .replacement = uptime_untranslated, .when = nested)),
	MUTANT("time-sysinfo-of-members-children-untranslated",
	       "sysinfo tells the host's uptime, but to the first members of a time namespace",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE(SYSCALL("sysinfo"), .replacement = sysinfo_untranslated, .when = members_child)),
	MUTANT("time-btime-of-users-untranslated",
	       "btime in /proc/stat is the host's to all but root",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE("show_stat", .replacement = stat_untranslated, .when = user)),
	MUTANT("time-starttime-nested-untranslated",
	       "starttime in /proc/PID/stat is the host's in time namespaces made by members of others",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE("do_task_stat", .replacement = start_untranslated, .when = nested)),
	{}
};
