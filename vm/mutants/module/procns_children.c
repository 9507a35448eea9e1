// SPDX-License-Identifier: GPL-2.0-only
/* Lies about /proc/PID/ns: where pid, time and what is for children lead. */
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/time_namespace.h>

#include "nsfs.h"

/* What follows replaces the functions that get a task's namespace for a link. */

static struct ns_common *own_pidns(struct task_struct *task)
{
	struct pid_namespace *ns;

	told_a_lie();
	rcu_read_lock();
	ns = task_active_pid_ns(task);
	if (ns)
		get_pid_ns(ns);
	rcu_read_unlock();
	return ns ? &ns->ns : NULL;
}

static struct ns_common *childrens_pidns(struct task_struct *task)
{
	struct pid_namespace *ns = NULL;

	told_a_lie();
	task_lock(task);
	if (task->nsproxy)
		ns = get_pid_ns(task->nsproxy->pid_ns_for_children);
	task_unlock(task);
	return ns ? &ns->ns : NULL;
}

static struct ns_common *timens_of(struct task_struct *task, bool childrens)
{
	struct time_namespace *ns = NULL;

	told_a_lie();
	task_lock(task);
	if (task->nsproxy)
		ns = get_time_ns(childrens ? task->nsproxy->time_ns_for_children : task->nsproxy->time_ns);
	task_unlock(task);
	return ns ? &ns->ns : NULL;
}

static struct ns_common *own_timens(struct task_struct *task)
{
	return timens_of(task, false);
}

static struct ns_common *childrens_timens(struct task_struct *task)
{
	return timens_of(task, true);
}

/* Of the PID namespace for a task's children; it may be gone with the task. */
static bool childrens_pidns_is(const struct call *call, bool (*so)(const struct pid_namespace *ns))
{
	struct task_struct *task = (struct task_struct *)call->arg[0];
	struct nsproxy *proxy = READ_ONCE(task->nsproxy);

	return proxy && so(proxy->pid_ns_for_children);
}

static bool has_no_member_yet(const struct pid_namespace *ns)
{
	return !ns->child_reaper;
}

static bool has_lost_its_init(const struct pid_namespace *ns)
{
	return ns->child_reaper && !(ns->pid_allocated & PIDNS_ADDING);
}

static bool childrens_pidns_is_fresh(const struct call *call)
{
	return childrens_pidns_is(call, has_no_member_yet);
}

static bool childrens_pidns_is_dead(const struct call *call)
{
	return childrens_pidns_is(call, has_lost_its_init);
}

const struct mutant procns_children_mutants[] = {
	MUTANT("procns-pid-for-children-is-own",
	       "pid_for_children leads where ns/pid does",
	       BREAKS("procns-pid-for-children-follows-unshare-and-setns procns-pid-for-children-before-first-child procns-pid-for-children-after-first-child"),
	       PROBE("pidns_for_children_get", .replacement = own_pidns)),
	MUTANT("procns-pid-for-children-old-until-first-child",
	       "before a new PID namespace has its first member, pid_for_children leads to the caller's own",
	       BREAKS("procns-pid-for-children-before-first-child"),
	       PROBE("pidns_for_children_get", .replacement = own_pidns, .when = childrens_pidns_is_fresh)),
	MUTANT("procns-pid-for-children-ends-with-init",
	       "pid_for_children has no target any more when the init of the namespace has ended",
	       BREAKS("procns-pid-for-children-after-first-child"),
	       PROBE("pidns_for_children_get", .entry = skip, .when = childrens_pidns_is_dead)),
	MUTANT("procns-pid-is-for-children",
	       "ns/pid leads where pid_for_children does",
	       BREAKS("procns-pid-never-changes procns-pid-for-children-follows-unshare-and-setns"),
	       PROBE("pidns_get", .replacement = childrens_pidns)),
	MUTANT("procns-time-for-children-is-own",
	       "time_for_children leads where ns/time does",
	       BREAKS("procns-time-for-children-follows-unshare-and-setns"),
	       PROBE("timens_for_children_get", .replacement = own_timens)),
	MUTANT("procns-time-is-for-children",
	       "ns/time leads where time_for_children does",
	       BREAKS("procns-time-for-children-follows-unshare-and-setns"),
	       PROBE("timens_get", .replacement = childrens_timens)),
	{}
};
