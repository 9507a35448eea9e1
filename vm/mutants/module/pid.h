/* SPDX-License-Identifier: GPL-2.0-only */
/* What several tables of lies about PID namespaces need. */
#ifndef NSCONFORM_PID_H
#define NSCONFORM_PID_H

#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/reboot.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>

#include "mutant.h"

/* Whether the caller is in a PID namespace below the initial one. */
static inline bool caller_is_inside(void)
{
	return ns_of_pid(task_pid(current)) != &init_pid_ns;
}

static inline bool is_init(struct task_struct *task)
{
	return is_child_reaper(task_pid(task)) && ns_of_pid(task_pid(task)) != &init_pid_ns;
}

/* Whether the caller is in the task's PID namespace, or in one below. */
static inline bool caller_is_inside_of(struct task_struct *task)
{
	return pid_nr_ns(task_pid(current), ns_of_pid(task_pid(task)));
}

/* Calls of the exported task_active_pid_ns would be probed themselves. */
static inline struct pid_namespace *pidns_of(struct task_struct *task)
{
	return ns_of_pid(task_pid(task));
}

/* What follows is for probes of several tables. */

static inline bool caller_inside(const struct call *call)
{
	return caller_is_inside();
}

static inline bool asks_for_caller(const struct call *call)
{
	return call->arg[0] == (unsigned long)current;
}

/* For find_vpid and find_task_by_vpid: the outermost number is known inside, too. */
static inline enum deed find_outside(struct call *call, const struct probe *probe)
{
	if (call->result || !caller_is_inside())
		return TRUTH;
	call->result = (long)find_pid_ns(call->arg[0], &init_pid_ns);
	return call->result ? LIE : TRUTH;
}

static inline enum deed find_outside_task(struct call *call, const struct probe *probe)
{
	if (call->result || !caller_is_inside())
		return TRUTH;
	call->result = (long)pid_task(find_pid_ns(call->arg[0], &init_pid_ns), PIDTYPE_PID);
	return call->result ? LIE : TRUTH;
}

/* For find_get_pid. */
static inline struct pid *find_globally(int nr)
{
	struct pid *pid;

	told_a_lie();
	rcu_read_lock();
	pid = get_pid(find_pid_ns(nr, &init_pid_ns));
	rcu_read_unlock();
	return pid;
}

/* For task_active_pid_ns(task). */
static inline enum deed initial_pidns(struct call *call, const struct probe *probe)
{
	if (!asks_for_caller(call) || call->result == (long)&init_pid_ns)
		return TRUTH;
	call->result = (long)&init_pid_ns;
	return LIE;
}

static inline enum deed childrens_pidns(struct call *call, const struct probe *probe)
{
	if (!asks_for_caller(call) || call->result == (long)current->nsproxy->pid_ns_for_children)
		return TRUTH;
	call->result = (long)current->nsproxy->pid_ns_for_children;
	return LIE;
}

#endif
