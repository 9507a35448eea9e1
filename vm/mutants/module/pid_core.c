// SPDX-License-Identifier: GPL-2.0-only
/* Lies about core files and their handlers, and about /proc/PID/stat. */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/sched/task.h>

#include "pid.h"

static bool caller_dumps(const struct call *call)
{
	return current->flags & PF_DUMPCORE;
}

/* For filp_open. */
static struct file *open_as_the_first(const char *name, int flags, umode_t mode)
{
	struct file *file;
	struct path root;

	told_a_lie();
	get_fs_root(init_task.fs, &root);
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
	file = file_open_root(root.dentry, root.mnt, name, flags, mode);
#else
	file = file_open_root(&root, name, flags, mode);
#endif
	path_put(&root);
	return file;
}

static struct nsproxy *crashers;

static enum deed remember_namespaces(struct call *call, const struct probe *probe)
{
	get_nsproxy(current->nsproxy);
	crashers = current->nsproxy;
	return TRUTH;
}

/* In the process that is to become the handler. */
static enum deed enter_crashers(struct call *call, const struct probe *probe)
{
	if (!crashers)
		return TRUTH;
	task_lock(current);
	current->nsproxy = crashers;
	task_unlock(current);
	crashers = NULL;
	return LIE;
}

/* Who is in do_task_stat. */
static struct task_struct *reader;

static enum deed begin_reading(struct call *call, const struct probe *probe)
{
	reader = current;
	return TRUTH;
}

static enum deed end_reading(struct call *call, const struct probe *probe)
{
	reader = NULL;
	return TRUTH;
}

/* For __task_pid_nr_ns(task, type, namespace). */
static enum deed count_from_outermost(struct call *call, const struct probe *probe)
{
	if (reader != current || call->arg[1] != probe->value)
		return TRUTH;
	call->arg[2] = (unsigned long)&init_pid_ns;
	return LIE;
}

const struct mutant pid_core_mutants[] = {
	MUTANT("pid-core-file-below-first-root",
	       "the path of a core file begins at the root of the machine's first process",
	       BREAKS("pid-core-file-in-crashers-mount-namespace"),
	       PROBE("filp_open", .replacement = open_as_the_first, .when = caller_dumps)),
	MUTANT("pid-core-handler-in-crashers-namespaces",
	       "a program that takes cores runs in the namespaces of who crashed, but for those of PIDs and users",
	       BREAKS("pid-core-pipe-handler-in-initial-namespaces"),
	       PROBE("do_coredump|vfs_coredump", .entry = remember_namespaces),
	       PROBE("umh_coredump_setup", .entry = enter_crashers)),

	MUTANT("pid-stat-group-outermost",
	       "/proc/PID/stat shows the outermost number of a process group",
	       BREAKS("pid-procfs-numbers-by-own-namespace"),
	       PROBE("do_task_stat", .entry = begin_reading),
	       PROBE("__task_pid_nr_ns", .entry = count_from_outermost, .value = PIDTYPE_PGID),
	       PROBE("do_task_stat", .exit = end_reading)),
	MUTANT("pid-stat-parent-outermost",
	       "/proc/PID/stat shows the outermost number of a parent",
	       BREAKS("pid-procfs-numbers-by-own-namespace"),
	       PROBE("do_task_stat", .entry = begin_reading),
	       PROBE("__task_pid_nr_ns", .entry = count_from_outermost, .value = PIDTYPE_TGID),
	       PROBE("do_task_stat", .exit = end_reading)),
	{}
};
