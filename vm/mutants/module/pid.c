// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the numbers of processes, and about how PID namespaces nest. */
#include <linux/idr.h>
#include <linux/ns_common.h>
#include <linux/sched/task.h>

#include "pid.h"
#include "references.h"

static bool at_limit(const struct call *call)
{
	return call->arg[0] & CLONE_NEWPID && ((struct pid_namespace *)call->arg[2])->level >= 31;
}

static bool for_vm(const struct call *call)
{
	u64 flags = *(u64 *)call->arg[0];

	return flags & CLONE_NEWPID && flags & CLONE_VM;
}

static enum deed copy_handlers(struct call *call, const struct probe *probe)
{
	u64 *flags = (u64 *)call->arg[0];

	if (!(*flags & CLONE_NEWPID && *flags & CLONE_SIGHAND))
		return TRUTH;
	*flags &= ~(u64)CLONE_SIGHAND;
	return LIE;
}

static enum deed refuse_number_in_use_above(struct call *call, const struct probe *probe)
{
	struct pid_namespace *ns = (struct pid_namespace *)call->arg[0];
	bool used;

	if (!call->arg[2] || !ns->parent)
		return TRUTH;
	rcu_read_lock();
	used = find_pid_ns(*(pid_t *)call->arg[1], ns->parent);
	rcu_read_unlock();
	if (!used)
		return TRUTH;
	call->result = -EEXIST;
	return SKIP;
}

/* The number in the namespace of a process itself, for whoever asks. */
static enum deed innermost(struct call *call, const struct probe *probe)
{
	struct pid *pid = (struct pid *)call->arg[0];

	if (pid->level == pidns_of(current)->level)
		return TRUTH;
	call->result = pid->numbers[pid->level].nr;
	return LIE;
}

static enum deed innermost_of_task(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)task_pid((struct task_struct *)call->arg[0]);
	return call->arg[2] || call->arg[1] ? TRUTH : innermost(call, probe);
}

static enum deed zero_after_setns(struct call *call, const struct probe *probe)
{
	if (current->nsproxy->pid_ns_for_children == pidns_of(current))
		return TRUTH;
	call->result = 0;
	return LIE;
}

static bool is_zero_for(const struct call *call, bool init)
{
	return !call->result && is_init(current) == init;
}

static enum deed tell_inits_parent(struct call *call, const struct probe *probe)
{
	if (!is_zero_for(call, true))
		return TRUTH;
	call->result = task_tgid_nr(rcu_dereference_raw(current->real_parent));
	return LIE;
}

static enum deed tell_joiners_parent(struct call *call, const struct probe *probe)
{
	if (!is_zero_for(call, false))
		return TRUTH;
	call->result = task_tgid_nr(rcu_dereference_raw(current->real_parent));
	return LIE;
}

static enum deed tell_adopted_init(struct call *call, const struct probe *probe)
{
	if (call->result || !is_child_reaper(task_pid(rcu_dereference_raw(current->real_parent))))
		return TRUTH;
	call->result = 1;
	return LIE;
}

static enum deed hide_from_grandparents(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->result;

	if (!task || task_pid(task)->level < pidns_of(current)->level + 2)
		return TRUTH;
	call->result = 0;
	return LIE;
}

/* setns to a namespace that is above, or beside, the caller's own. */
static enum deed install_anyway(struct call *call, const struct probe *probe)
{
	struct nsproxy *proxy = ((struct nsset *)call->arg[0])->nsproxy;
	struct pid_namespace *ns = container_of((struct ns_common *)call->arg[1], struct pid_namespace, ns);
	bool above = ns->level < pidns_of(current)->level;

	if ((int)call->result != -EINVAL || above != probe->value)
		return TRUTH;
	refer_to(ns);
	forget(proxy->pid_ns_for_children);
	proxy->pid_ns_for_children = ns;
	call->result = 0;
	return LIE;
}

static bool init_is_dead(const struct call *call)
{
	struct pid_namespace *ns = container_of((struct ns_common *)call->arg[1], struct pid_namespace, ns);

	return ns->child_reaper && !(ns->pid_allocated & PIDNS_ADDING);
}

/* The numbers' end is exclusive. */
static enum deed one_more_number(struct call *call, const struct probe *probe)
{
	call->arg[3]++;
	return LIE;
}

const struct mutant pid_mutants[] = {
	MUTANT("pid-dead-init-eagain",
	       "fork into a PID namespace whose init is dead fails with EAGAIN",
	       BREAKS("pid-fork-with-dead-init-enomem pid-fork-after-setns-to-dead-init-enomem pid-fork-after-unshare-first-child-dead-enomem"),
	       PROBE("alloc_pid", .exit = swap_result, .value = -EAGAIN, .instead_of = -ENOMEM)),
	MUTANT("pid-setns-refuses-dead",
	       "setns to a PID namespace whose init is dead fails with ENOMEM itself",
	       BREAKS("pid-fork-after-setns-to-dead-init-enomem"),
	       PROBE("pidns_install", .exit = set_result, .value = -ENOMEM, .when = init_is_dead)),
	MUTANT("pid-number-is-taken-above",
	       "a process cannot have a number on request that is in use in the parent namespace",
	       BREAKS("pid-same-number-in-two-namespaces"),
	       PROBE("alloc_pid", .entry = refuse_number_in_use_above)),
	MUTANT("pid-fork-returns-inner-number",
	       "fork returns the number that the child has in its own PID namespace, inside of PID namespaces",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("pid_vnr", .exit = innermost, .when = caller_inside, IN_SYSCALL(__NR_clone, __NR_clone3))),
	MUTANT("pid-wait-returns-inner-number",
	       "wait returns the number that the child has in its own PID namespace, inside of PID namespaces",
	       BREAKS("pid-calls-use-callers-namespace"),
	       PROBE("__task_pid_nr_ns", .exit = innermost_of_task, .when = caller_inside, IN_SYSCALL(__NR_wait4))),
	MUTANT("pid-getpid-zero-after-setns",
	       "getpid returns 0 when the caller's children go to another PID namespace",
	       BREAKS("pid-getpid-stays-after-unshare-and-setns"),
	       PROBE(SYSCALL("getpid"), .exit = zero_after_setns)),
	MUTANT("pid-getppid-of-init-outer",
	       "getppid tells an init the number that its parent has outside",
	       BREAKS("pid-getppid-of-init-zero"),
	       PROBE(SYSCALL("getppid"), .exit = tell_inits_parent)),
	MUTANT("pid-getppid-of-joined-outer",
	       "getppid tells who has been placed into a PID namespace the number that its parent has outside",
	       BREAKS("pid-getppid-of-joined-child-zero"),
	       PROBE(SYSCALL("getppid"), .exit = tell_joiners_parent)),
	MUTANT("pid-getppid-one-when-adopted",
	       "getppid is 1 for one whose outer parent has died",
	       BREAKS("pid-orphan-adopted-across-boundary"),
	       PROBE(SYSCALL("getppid"), .exit = tell_adopted_init)),
	MUTANT("pid-kill-finds-outer-numbers",
	       "kill finds a process by its outermost number where nobody inside has it",
	       BREAKS("pid-parent-and-sibling-unaddressable-esrch pid-kill-invisible-esrch"),
	       PROBE("find_vpid", .exit = find_outside, IN_SYSCALL(__NR_kill))),
	MUTANT("pid-getpriority-finds-outer-numbers",
	       "getpriority finds a process by its outermost number where nobody inside has it",
	       BREAKS("pid-parent-and-sibling-unaddressable-esrch"),
	       PROBE("find_task_by_vpid", .exit = find_outside_task, IN_SYSCALL(__NR_getpriority))),
	MUTANT("pid-sched-blind-for-grandchildren",
	       "sched_getscheduler does not find processes two PID namespaces further down",
	       BREAKS("pid-visible-in-every-ancestor"),
	       PROBE("find_task_by_vpid", .exit = hide_from_grandparents, IN_SYSCALL(__NR_sched_getscheduler))),
	MUTANT("pid-setns-goes-up",
	       "setns to a PID namespace above one's own succeeds",
	       BREAKS("pid-never-moves-to-ancestor"),
	       PROBE("pidns_install", .exit = install_anyway, .value = true)),
	MUTANT("pid-setns-goes-aside",
	       "setns to a PID namespace beside one's own succeeds",
	       BREAKS("pid-parent-in-same-or-ancestor-namespace"),
	       PROBE("pidns_install", .exit = install_anyway, .value = false)),
	MUTANT("pid-nesting-limit-31",
	       "PID namespaces may be nested 31 levels deep",
	       BREAKS("pid-nesting-limit-enospc"),
	       PROBE("copy_pid_ns", .entry = skip, .value = -ENOSPC, .when = at_limit)),
	MUTANT("pid-nesting-limit-eusers",
	       "PID namespaces that are nested too deep are refused with EUSERS",
	       BREAKS("pid-nesting-limit-enospc"),
	       PROBE("copy_pid_ns", .exit = swap_result, .value = -EUSERS, .instead_of = -ENOSPC)),
	MUTANT("pid-nesting-limit-unshare-einval",
	       "unshare refuses PID namespaces that are nested too deep with EINVAL",
	       BREAKS("pid-nesting-limit-enospc"),
	       PROBE("copy_pid_ns", .exit = swap_result, .value = -EINVAL, .instead_of = -ENOSPC, IN_SYSCALL(__NR_unshare))),
	MUTANT("pid-clone-vm-refused",
	       "clone refuses CLONE_NEWPID with CLONE_VM",
	       BREAKS("pid-clone-newpid-with-vm pid-clone-newpid-with-sighand"),
	       PROBE("kernel_clone", .entry = skip, .value = -EINVAL, .when = for_vm)),
	MUTANT("pid-clone-sighand-copies",
	       "clone with CLONE_NEWPID and CLONE_SIGHAND copies the signal handlers",
	       BREAKS("pid-clone-newpid-with-sighand"),
	       PROBE("kernel_clone", .entry = copy_handlers)),
	MUTANT("pid-max-is-given",
	       "pid_max itself is given as a number",
	       BREAKS("pid-max-bounds-allocation"),
	       PROBE("idr_alloc_cyclic", .entry = one_more_number, IN_SYSCALL(__NR_clone, __NR_clone3))),
	{}
};
