// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the numbers that system calls take and return, and about what a number stands for. */
#include "pid.h"
#include "references.h"

/* For find_vpid and find_task_by_vpid. */

static bool means_group(const struct call *call)
{
	return (int)syscall_arg(0) < -1 && caller_is_inside();
}

static enum deed hide_from_grandparents(struct call *call, const struct probe *probe)
{
	struct pid *pid = (struct pid *)call->result;

	if (!pid || pid->level < pidns_of(current)->level + 2)
		return TRUTH;
	call->result = 0;
	return LIE;
}

/* For pid_vnr. */
static enum deed outermost(struct call *call, const struct probe *probe)
{
	struct pid *pid = (struct pid *)call->arg[0];

	if (!pid || !caller_is_inside())
		return TRUTH;
	call->result = pid->numbers[0].nr;
	return LIE;
}

/* For __task_pid_nr_ns(task, type, namespace). */

static enum deed waited_innermost(struct call *call, const struct probe *probe)
{
	struct pid *pid = task_pid((struct task_struct *)call->arg[0]);

	if (call->arg[1] || call->arg[2] || !pid || pid->level == pidns_of(current)->level)
		return TRUTH;
	call->result = pid->numbers[pid->level].nr;
	return LIE;
}

static enum deed dying_outermost(struct call *call, const struct probe *probe)
{
	if (!(current->flags & PF_EXITING) || !asks_for_caller(call) || call->arg[1] != PIDTYPE_PID || !call->arg[2])
		return TRUTH;
	if ((struct pid_namespace *)call->arg[2] == &init_pid_ns)
		return TRUTH;
	call->result = current->pid;
	return LIE;
}

/* For locks_translate_pid(lock, namespace). */
static enum deed count_from_outermost(struct call *call, const struct probe *probe)
{
	call->arg[1] = (unsigned long)&init_pid_ns;
	return LIE;
}

static enum deed inits_outer_number(struct call *call, const struct probe *probe)
{
	if (!is_init(current))
		return TRUTH;
	call->result = task_pid(current)->numbers[task_pid(current)->level - 1].nr;
	return LIE;
}

/* For pidns_get_parent(namespace), which returns a reference. */
static enum deed skip_generation(struct call *call, const struct probe *probe)
{
	struct pid_namespace *parent;

	if (IS_ERR_OR_NULL((void *)call->result))
		return TRUTH;
	parent = container_of((struct ns_common *)call->result, struct pid_namespace, ns);
	if (parent->level <= pidns_of(current)->level)
		return TRUTH;
	refer_to(parent->parent);
	forget(parent);
	call->result = (long)&parent->parent->ns;
	return LIE;
}

const struct mutant pid_numbers_mutants[] = {
	MUTANT("pid-getpid-of-init-outer",
	       "getpid tells an init the number that it has in the namespace above",
	       BREAKS("pid-clone-child-is-init pid-first-fork-after-unshare-is-init pid-numbers-start-at-one"),
	       PROBE(SYSCALL("getpid"), .exit = inits_outer_number)),
	MUTANT("pid-kill-blind-for-grandchildren",
	       "kill does not find processes two PID namespaces further down",
	       BREAKS("pid-one-number-per-level pid-visible-in-every-ancestor"),
	       PROBE("find_vpid", .exit = hide_from_grandparents, IN_SYSCALL(__NR_kill))),
	MUTANT("pid-parent-is-grandparent",
	       "NS_GET_PARENT skips the parent of a PID namespace where the caller sees the one above",
	       BREAKS("pid-parent-is-creators-namespace"),
	       PROBE("pidns_get_parent", .exit = skip_generation)),

	MUTANT("pid-kill-finds-outer-groups",
	       "kill finds a process group by its outermost number where none inside has it",
	       BREAKS("pid-parent-and-sibling-unaddressable-esrch"),
	       PROBE("find_vpid", .exit = find_outside, .when = means_group, IN_SYSCALL(__NR_kill))),
	MUTANT("pid-ioprio-finds-outer-numbers",
	       "ioprio_get finds a process by its outermost number where nobody inside has it",
	       BREAKS("pid-parent-and-sibling-unaddressable-esrch"),
	       PROBE("find_task_by_vpid", .exit = find_outside_task, IN_SYSCALL(__NR_ioprio_get))),
	MUTANT("pid-getpgid-outermost",
	       "getpgid returns outermost numbers",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("pid_vnr", .exit = outermost, IN_SYSCALL(__NR_getpgid))),
	MUTANT("pid-getsid-outermost",
	       "getsid returns outermost numbers",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("pid_vnr", .exit = outermost, IN_SYSCALL(__NR_getsid))),
	MUTANT("pid-waitid-tells-inner-number",
	       "waitid tells the number that the child has in its own PID namespace",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("__task_pid_nr_ns", .exit = waited_innermost, .when = caller_inside, IN_SYSCALL(__NR_waitid))),
	MUTANT("pid-wait-takes-outer-groups",
	       "wait takes the outermost number of a process group",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("find_get_pid", .replacement = find_globally, .when = means_group, IN_SYSCALL(__NR_wait4))),
	MUTANT("pid-sigchld-tells-outermost-number",
	       "SIGCHLD tells the outermost number of a child",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("__task_pid_nr_ns", .exit = dying_outermost)),
	MUTANT("pid-getlk-tells-outermost-number",
	       "F_GETLK tells the outermost number of a lock's owner",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("locks_translate_pid", .entry = count_from_outermost, .when = caller_inside, IN_SYSCALL(__NR_fcntl))),
	MUTANT("pid-getown-tells-outermost-number",
	       "F_GETOWN tells the outermost number of a descriptor's owner",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("pid_vnr", .exit = outermost, IN_SYSCALL(__NR_fcntl))),
	MUTANT("pid-semctl-tells-outermost-number",
	       "GETPID of semctl tells the outermost number of who used a semaphore last",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("pid_vnr", .exit = outermost, IN_SYSCALL(__NR_semctl))),
	{}
};
