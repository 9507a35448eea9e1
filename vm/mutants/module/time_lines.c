// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what /proc/PID/timens_offsets shows. */
#include <linux/seq_file.h>

#include "mutant.h"
#include "time.h"

/* Replace proc_timens_show_offsets. */

static void show(struct seq_file *m, const char *clock, struct timespec64 offset)
{
	seq_printf(m, "%-10s %10lld %9ld\n", clock, (long long)offset.tv_sec, offset.tv_nsec);
}

static struct timens_offsets childrens(struct task_struct *task)
{
	return task->nsproxy->time_ns_for_children->offsets;
}

static void show_own(struct task_struct *task, struct seq_file *m)
{
	told_a_lie();
	show(m, "monotonic", task->nsproxy->time_ns->offsets.monotonic);
	show(m, "boottime", task->nsproxy->time_ns->offsets.boottime);
}

static void show_difference(struct task_struct *task, struct seq_file *m)
{
	struct timens_offsets all = childrens(task);

	told_a_lie();
	show(m, "monotonic", timespec64_sub(all.monotonic, callers_offsets()->monotonic));
	show(m, "boottime", timespec64_sub(all.boottime, callers_offsets()->boottime));
}

static void show_boottime_first(struct task_struct *task, struct seq_file *m)
{
	told_a_lie();
	show(m, "boottime", childrens(task).boottime);
	show(m, "monotonic", childrens(task).monotonic);
}

static void show_numbers(struct task_struct *task, struct seq_file *m)
{
	told_a_lie();
	show(m, "1", childrens(task).monotonic);
	show(m, "7", childrens(task).boottime);
}

/* As a fraction of either sign. */
static void show_truncated(struct task_struct *task, struct seq_file *m)
{
	struct timens_offsets all = childrens(task);

	told_a_lie();
	if (all.monotonic.tv_sec < 0 && all.monotonic.tv_nsec) {
		all.monotonic.tv_sec++;
		all.monotonic.tv_nsec -= NSEC_PER_SEC;
	}
	show(m, "monotonic", all.monotonic);
	show(m, "boottime", all.boottime);
}

static void show_initial_later(struct task_struct *task, struct seq_file *m)
{
	struct timens_offsets all = childrens(task);

	told_a_lie();
	all.boottime.tv_nsec += task->nsproxy->time_ns_for_children == initial_timens();
	show(m, "monotonic", all.monotonic);
	show(m, "boottime", all.boottime);
}

const struct mutant time_lines_mutants[] = {
	MUTANT("time-offsets-show-own",
	       "timens_offsets shows the offsets of the process's own time namespace",
	       BREAKS("time-offsets-of-for-children"),
	       PROBE("proc_timens_show_offsets", .replacement = show_own)),
	MUTANT("time-offsets-show-difference",
	       "timens_offsets shows offsets relative to the reader's time namespace",
	       BREAKS("time-offsets-of-for-children"),
	       PROBE("proc_timens_show_offsets", .replacement = show_difference)),
	MUTANT("time-offsets-boottime-first",
	       "timens_offsets shows boottime in its first line",
	       BREAKS("time-offsets-file-format"),
	       PROBE("proc_timens_show_offsets", .replacement = show_boottime_first)),
	MUTANT("time-offsets-show-numbers",
	       "timens_offsets shows the clocks' numbers",
	       BREAKS("time-offsets-file-format time-offsets-read-symbolic-names"),
	       PROBE("proc_timens_show_offsets", .replacement = show_numbers)),
	MUTANT("time-offsets-show-negative-nanoseconds",
	       "timens_offsets shows negative nanoseconds where the seconds are negative",
	       BREAKS("time-offsets-file-format time-offsets-negative-seconds"),
	       PROBE("proc_timens_show_offsets", .replacement = show_truncated)),
	MUTANT("time-offsets-initial-not-zero",
	       "timens_offsets shows a nanosecond for the initial time namespace",
	       BREAKS("time-offsets-zero-initially"),
	       PROBE("proc_timens_show_offsets", .replacement = show_initial_later)),
	{}
};
