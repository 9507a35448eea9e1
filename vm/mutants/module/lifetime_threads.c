// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the lifetime of namespaces that single threads are in. */
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "mutant.h"

/* At the entry of what has a task give up its namespaces when it exits. */

static bool is_one_of_several(const struct call *call)
{
	struct task_struct *task = (struct task_struct *)call->arg[0];

	return task == current && !thread_group_leader(task);
}

static enum deed forget_hostname(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->arg[0];
	struct uts_namespace *uts = task->nsproxy ? task->nsproxy->uts_ns : &init_uts_ns;

	if (task != current || !thread_group_leader(task) || thread_group_empty(task) || uts == &init_uts_ns)
		return TRUTH;
	memset(uts->name.nodename, 0, sizeof(uts->name.nodename));
	return LIE;
}

const struct mutant lifetime_threads_mutants[] = {
	MUTANT("life-thread-exit-stays",
	       "a namespace that a thread was the last member of does not end when the thread exits",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("exit_task_namespaces|exit_nsproxy_namespaces", .entry = skip, .when = is_one_of_several)),
	MUTANT("life-state-ends-with-first-thread",
	       "a UTS namespace loses its hostname when the first thread of a process exits, although others are in it",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("exit_task_namespaces|exit_nsproxy_namespaces", .entry = forget_hostname)),
	{}
};
