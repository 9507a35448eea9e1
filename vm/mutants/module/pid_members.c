// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the init of a PID namespace, and about what its members may do to it and through it. */
#include <linux/cred.h>
#include <linux/sysctl.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>

#include "pid.h"

/* For prepare_signal(signal, task, force). */

static bool kills_from_inside(const struct call *call)
{
	struct task_struct *task = (struct task_struct *)call->arg[1];

	return (int)call->arg[0] == SIGKILL && is_init(task->group_leader) && caller_is_inside_of(task);
}

static bool kills_thread(const struct call *call)
{
	return !thread_group_leader((struct task_struct *)call->arg[1]) && kills_from_inside(call);
}

static bool kills_group(const struct call *call)
{
	return syscall_arg(0) == 0 && kills_from_inside(call);
}

/* At the entry of get_signal: an init that has had signals blocked gets them as any process does. */
static enum deed make_killable(struct call *call, const struct probe *probe)
{
	struct signal_struct *signal = current->signal;
	sigset_t pending;
	int sig;

	if (!is_init(current) || !(signal->flags & SIGNAL_UNKILLABLE))
		return TRUTH;
	sigorsets(&pending, &current->pending.signal, &signal->shared_pending.signal);
	for (sig = 1; sig < SIGRTMIN; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || !sigismember(&pending, sig) || sigismember(&current->blocked, sig))
			continue;
		if (current->sighand->action[sig - 1].sa.sa_handler != SIG_DFL)
			continue;
		signal->flags &= ~SIGNAL_UNKILLABLE;
		return LIE;
	}
	return TRUTH;
}

/* At the entry of do_exit. */
static enum deed end_with_first_thread(struct call *call, const struct probe *probe)
{
	if (!is_init(current) || thread_group_empty(current))
		return TRUTH;
	send_sig(SIGKILL, current, 1);
	return LIE;
}

/* For check_kill_permission(signal, info, task). */
static bool caller_can_in_own_userns(const struct call *call)
{
	return cap_raised(current_cred()->cap_effective, CAP_KILL) && !is_init((struct task_struct *)call->arg[2]);
}

/* For reboot_pid_ns(namespace, operation). */
static bool init_handles_it(const struct call *call)
{
	struct task_struct *init = ((struct pid_namespace *)call->arg[0])->child_reaper;
	unsigned int op = call->arg[1];
	int sig = op == LINUX_REBOOT_CMD_HALT || op == LINUX_REBOOT_CMD_POWER_OFF ? SIGINT : SIGHUP;

	return init->sighand->action[sig - 1].sa.sa_handler != SIG_DFL;
}

/* For task_active_pid_ns(task). */
static enum deed childrens_if_there(struct call *call, const struct probe *probe)
{
	if (!current->nsproxy || !current->nsproxy->pid_ns_for_children->child_reaper)
		return TRUTH;
	return childrens_pidns(call, probe);
}

static bool wakes_for_caller(const struct call *call)
{
	return current->flags & PF_EXITING && call->arg[0] == (unsigned long)&task_pid(current)->wait_pidfd;
}

/* For proc_dointvec_minmax(table, write, ...). Older kernels have one pid_max for the machine. */
static enum deed above_too(struct call *call, const struct probe *probe)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
	const struct ctl_table *table = (const struct ctl_table *)call->arg[0];
	struct pid_namespace *ns;

	if (call->result || !call->arg[1] || !table->procname || strcmp(table->procname, "pid_max"))
		return TRUTH;
	ns = container_of((typeof(&ns->pid_max))table->data, struct pid_namespace, pid_max);
	if (!ns->parent || !ns->parent->parent)
		return TRUTH;
	ns->parent->pid_max = ns->pid_max;
	return LIE;
#else
	return TRUTH;
#endif
}

const struct mutant pid_members_mutants[] = {
	MUTANT("pid-init-killed-by-tgkill-of-a-thread",
	       "SIGKILL from inside to another thread of the init kills it",
	       BREAKS("pid-init-kill-and-stop-from-inside-no-effect"),
	       PROBE("prepare_signal", .entry = set_arg, .index = 2, .value = true, .when = kills_thread)),
	MUTANT("pid-init-killed-with-its-group",
	       "SIGKILL from inside to the init's process group kills it",
	       BREAKS("pid-init-kill-and-stop-from-inside-no-effect"),
	       PROBE("prepare_signal", .entry = set_arg, .index = 2, .value = true, .when = kills_group, IN_SYSCALL(__NR_kill))),
	MUTANT("pid-init-ended-by-what-it-had-blocked",
	       "an init ends when it unblocks a signal without handler that a process inside has sent",
	       BREAKS("pid-init-unhandled-signal-from-inside-dropped"),
	       PROBE("get_signal", .entry = make_killable)),
	MUTANT("pid-init-ends-with-its-first-thread",
	       "a PID namespace ends when the init's first thread ends, although another goes on",
	       BREAKS("pid-init-exit-kills-all"),
	       PROBE("do_exit", .entry = end_with_first_thread, IN_SYSCALL(__NR_exit))),
	MUTANT("pid-cap-kill-in-senders-userns-by-queue",
	       "CAP_KILL in the sender's own user namespace suffices for rt_sigqueueinfo to any process but an init",
	       BREAKS("pid-kill-cap-in-targets-userns"),
	       PROBE("check_kill_permission", .exit = succeed, .when = caller_can_in_own_userns, IN_SYSCALL(__NR_rt_sigqueueinfo))),

	MUTANT("pid-reboot-as-init-handles-it",
	       "reboot does not end an init that handles or ignores the signal which its parent would see",
	       BREAKS("pid-reboot-by-any-member"),
	       PROBE("reboot_pid_ns", .entry = skip, .value = -EBUSY, .when = init_handles_it)),
	MUTANT("pid-reboot-of-childrens-namespace",
	       "reboot ends the PID namespace for the caller's children",
	       BREAKS("pid-reboot-by-any-member"),
	       PROBE("task_active_pid_ns", .exit = childrens_if_there, IN_SYSCALL(__NR_reboot))),
	MUTANT("pid-ns-last-pid-write-to-childrens-namespace",
	       "writing to ns_last_pid sets that of the PID namespace for the writer's children",
	       BREAKS("pid-ns-last-pid-per-namespace"),
	       PROBE("task_active_pid_ns", .exit = childrens_pidns, IN_SYSCALL(__NR_write))),
	MUTANT("pid-pidfd-wakes-nobody",
	       "who waits for a pidfd to become readable is not woken",
	       BREAKS("pid-pidfd-of-init-polls-on-end"),
	       PROBE("__wake_up", .entry = skip, .when = wakes_for_caller)),
	MUTANT("pid-max-write-reaches-parent",
	       "writing to pid_max sets that of the parent namespace as well",
	       BREAKS("pid-max-per-namespace"),
	       PROBE("proc_dointvec_minmax", .exit = above_too, IN_SYSCALL(__NR_write))),
	{}
};
