// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what tells the time since boot, in /proc and by sysinfo. */
#include <linux/seq_file.h>

#include "time_disguise.h"

static void by_monotonic(struct disguise *d)
{
	d->ns.offsets.boottime = d->ns.offsets.monotonic;
}

static void by_childrens(struct disguise *d)
{
	d->ns.offsets = d->own->time_ns_for_children->offsets;
}

static void by_negative(struct disguise *d)
{
	struct timespec64 zero = {};

	d->ns.offsets.boottime = timespec64_sub(zero, d->ns.offsets.boottime);
}

static int uptime_untranslated(struct seq_file *m, void *v)
{
	return disguised("uptime_proc_show", untranslate, (long)m, (long)v, 0, 0, 0);
}

static int uptime_by_monotonic(struct seq_file *m, void *v)
{
	return disguised("uptime_proc_show", by_monotonic, (long)m, (long)v, 0, 0, 0);
}

static int uptime_of_children(struct seq_file *m, void *v)
{
	return disguised("uptime_proc_show", by_childrens, (long)m, (long)v, 0, 0, 0);
}

static int stat_untranslated(struct seq_file *m, void *v)
{
	return disguised("show_stat", untranslate, (long)m, (long)v, 0, 0, 0);
}

static int stat_by_negative(struct seq_file *m, void *v)
{
	return disguised("show_stat", by_negative, (long)m, (long)v, 0, 0, 0);
}

static int start_untranslated(struct seq_file *m, void *ns, void *pid, struct task_struct *task, int whole)
{
	return disguised("do_task_stat", untranslate, (long)m, (long)ns, (long)pid, (long)task, whole);
}

static int start_by_monotonic(struct seq_file *m, void *ns, void *pid, struct task_struct *task, int whole)
{
	return disguised("do_task_stat", by_monotonic, (long)m, (long)ns, (long)pid, (long)task, whole);
}

static bool task_is_elsewhere(const struct call *call)
{
	struct nsproxy *proxy = ((struct task_struct *)call->arg[3])->nsproxy;

	return proxy && proxy->time_ns != callers_timens();
}

static long sysinfo_untranslated(unsigned long regs)
{
	return disguised(SYSCALL("sysinfo"), untranslate, regs, 0, 0, 0, 0);
}

static long sysinfo_by_monotonic(unsigned long regs)
{
	return disguised(SYSCALL("sysinfo"), by_monotonic, regs, 0, 0, 0, 0);
}

const struct mutant time_views_mutants[] = {
	MUTANT("time-uptime-untranslated",
	       "/proc/uptime shows the host's",
	       BREAKS("time-proc-uptime-shifted"),
	       PROBE("uptime_proc_show", .replacement = uptime_untranslated)),
	MUTANT("time-uptime-by-monotonic-offset",
	       "/proc/uptime is shifted by the monotonic offset",
	       BREAKS("time-proc-uptime-shifted"),
	       PROBE("uptime_proc_show", .replacement = uptime_by_monotonic)),
	MUTANT("time-uptime-of-children",
	       "/proc/uptime is shifted as the reader's children will see it",
	       BREAKS("time-proc-uptime-shifted time-unshare-leaves-caller"),
	       PROBE("uptime_proc_show", .replacement = uptime_of_children)),
	MUTANT("time-btime-untranslated",
	       "btime in /proc/stat is the host's",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE("show_stat", .replacement = stat_untranslated)),
	MUTANT("time-btime-wrong-sign",
	       "btime in /proc/stat is later by the boottime offset where it should be earlier",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE("show_stat", .replacement = stat_by_negative)),
	MUTANT("time-starttime-untranslated",
	       "starttime in /proc/PID/stat is the host's",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE("do_task_stat", .replacement = start_untranslated)),
	MUTANT("time-starttime-of-others-untranslated",
	       "starttime in /proc/PID/stat is the host's for processes of other time namespaces",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE("do_task_stat", .replacement = start_untranslated, .when = task_is_elsewhere)),
	MUTANT("time-starttime-by-monotonic-offset",
	       "starttime in /proc/PID/stat is shifted by the monotonic offset",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE("do_task_stat", .replacement = start_by_monotonic)),
	MUTANT("time-sysinfo-untranslated",
	       "sysinfo tells the host's uptime",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE(SYSCALL("sysinfo"), .replacement = sysinfo_untranslated)),
	MUTANT("time-sysinfo-by-monotonic-offset",
	       "the uptime that sysinfo tells is shifted by the monotonic offset",
	       BREAKS("time-stat-starttime-and-sysinfo-shifted"),
	       PROBE(SYSCALL("sysinfo"), .replacement = sysinfo_by_monotonic)),
	{}
};
