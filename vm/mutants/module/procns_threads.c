// SPDX-License-Identifier: GPL-2.0-only
/* Lies about threads in /proc/PID/ns and their children, and about processes that have called execve in a user namespace. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/mm_types.h>
#include <linux/nsproxy.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#if __has_include(<linux/sched/exec_state.h>)
#include <linux/sched/exec_state.h>
#endif

#include "procns.h"

/* Who is on its way along a ns link of a thread's; one at a time, as the specs have it. */
static struct task_struct *follower;

static enum deed set_out(struct call *call, const struct probe *probe)
{
	const struct dentry *entry = (const struct dentry *)call->arg[0];

	follower = entry && !strcmp(entry->d_parent->d_parent->d_parent->d_name.name, "task") ? current : NULL;
	return TRUTH;
}

static enum deed arrive(struct call *call, const struct probe *probe)
{
	follower = NULL;
	return TRUTH;
}

/* At the exit of ptrace_may_access(task, mode). */

static bool refused(const struct call *call)
{
	return !(u8)call->result;
}

static bool follower_is_refused(const struct call *call)
{
	return follower == current && refused(call);
}

static bool is_fellow_thread(const struct call *call)
{
	struct task_struct *task = (struct task_struct *)call->arg[0];

	return task != current && same_thread_group(task, current);
}

static bool tracer_in_userns_is_refused(const struct call *call)
{
	bool ok;

	rcu_read_lock();
	ok = in_or_below(__task_cred((struct task_struct *)call->arg[0])->user_ns, current_user_ns());
	rcu_read_unlock();
	return ok && refused(call) && cap_raised(current_cred()->cap_effective, CAP_SYS_PTRACE);
}

/* The user namespace that a task called execve in. Under RCU. */
static struct user_namespace *execve_userns(struct task_struct *task)
{
#if __has_include(<linux/sched/exec_state.h>)
	return rcu_dereference(task->exec_state)->user_ns;
#else
	const struct mm_struct *mm = READ_ONCE(task->mm);

	return mm ? mm->user_ns : NULL;
#endif
}

static bool called_execve_here(const struct call *call)
{
	struct task_struct *task = (struct task_struct *)call->arg[0];
	struct user_namespace *ns;

	rcu_read_lock();
	ns = execve_userns(task);
	rcu_read_unlock();
	return ns != &init_user_ns && ns == current_user_ns() && !same_thread_group(task, current);
}

/* Takes the first thread of its process for the task in arg[index]. */
static enum deed take_leader(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->arg[probe->index];

	if (thread_group_leader(task))
		return TRUTH;
	call->arg[probe->index] = (unsigned long)task->group_leader;
	return LIE;
}

/* At the entry of copy_namespaces(flags, task), which has got those of its maker. */
static enum deed take_leaders_namespaces(struct call *call, const struct probe *probe)
{
	struct task_struct *child = (struct task_struct *)call->arg[1];
	struct nsproxy *leaders = READ_ONCE(current->group_leader->nsproxy);

	if (!leaders || child->nsproxy == leaders)
		return TRUTH;
	child->nsproxy = leaders;
	return LIE;
}

const struct mutant procns_threads_mutants[] = {
	MUTANT("procns-of-threads-by-anybody",
	       "anybody may read and follow the ns links in /proc/PID/task/TID",
	       BREAKS("procns-deref-needs-ptrace-read procns-deref-non-dumpable-eacces"),
	       PROBE("proc_ns_get_link", .entry = set_out),
	       PROBE("proc_ns_get_link", .exit = arrive),
	       PROBE("proc_ns_readlink", .entry = set_out),
	       PROBE("proc_ns_readlink", .exit = arrive),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = follower_is_refused)),
	MUTANT("procns-of-threads-are-leaders",
	       "the ns links of a thread lead to the namespaces of the first thread of its process",
	       BREAKS("procns-same-inode-iff-same-namespace"),
	       PROBE("ns_get_path", .entry = take_leader, .index = 1),
	       PROBE("ns_get_name", .entry = take_leader, .index = 2)),
	MUTANT("procns-own-refused-to-threads",
	       "a process's own ns links are refused to all but its first thread",
	       BREAKS("procns-deref-own-always"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = false, .when = is_fellow_thread)),
	MUTANT("procns-of-hidden-by-current-userns",
	       "CAP_SYS_PTRACE in a non-dumpable process's user namespace suffices for its ns links, wherever it called execve",
	       BREAKS("procns-deref-non-dumpable-eacces"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = tracer_in_userns_is_refused)),
	MUTANT("procns-of-executed-inside-refused",
	       "the ns links of a process that has called execve in a user namespace are refused to others there",
	       BREAKS("procns-deref-non-dumpable-eacces"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = false, .when = called_execve_here)),
	MUTANT("ns-fork-shares-first-threads",
	       "the child of a thread shares the namespaces of the first thread of its parent",
	       BREAKS("ns-fork-shares-all"),
	       PROBE("copy_namespaces", .entry = take_leaders_namespaces)),
	{}
};
