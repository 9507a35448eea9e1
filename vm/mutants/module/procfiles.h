/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tables of lies about /proc/PID need. */
#ifndef NSCONFORM_PROCFILES_H
#define NSCONFORM_PROCFILES_H

#include <linux/dcache.h>
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>

/* The process whose /proc/PID the entry is in. Under RCU. */
static inline struct task_struct *whose(const struct dentry *entry)
{
	int pid;

	if (kstrtoint(entry->d_parent->d_name.name, 10, &pid))
		return NULL;
	return pid_task(find_pid_ns(pid, proc_sb_info(entry->d_sb)->pid_ns), PIDTYPE_PID);
}

#endif
