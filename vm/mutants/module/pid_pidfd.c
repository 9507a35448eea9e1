// SPDX-License-Identifier: GPL-2.0-only
/* Lies about ns_last_pid, and about pidfds across PID namespaces. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/poll.h>
#include <linux/user_namespace.h>

#include "pid.h"

/* ns_last_pid */

static bool wants(const struct call *call, int capability)
{
	return caller_is_inside() && (int)call->arg[1] == capability;
}

static bool wants_restore(const struct call *call)
{
	return wants(call, CAP_CHECKPOINT_RESTORE);
}

static bool wants_admin(const struct call *call)
{
	return wants(call, CAP_SYS_ADMIN);
}

static enum deed ask_callers_userns(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static bool writes(const struct call *call)
{
	return call->arg[1];
}

static enum deed one_further(struct call *call, const struct probe *probe)
{
	struct idr *idr = &pidns_of(current)->idr;

	if (!writes(call) || call->result)
		return TRUTH;
	idr_set_cursor(idr, idr_get_cursor(idr) + 1);
	return LIE;
}

static enum deed above_too(struct call *call, const struct probe *probe)
{
	struct pid_namespace *ns = pidns_of(current);

	if (!writes(call) || call->result || ns->level < 2)
		return TRUTH;
	idr_set_cursor(&ns->parent->idr, idr_get_cursor(&ns->idr));
	return LIE;
}

/* pidfds */

static bool sends_usr1(const struct call *call)
{
	return syscall_arg(1) == SIGUSR1;
}

static bool sends_usr1_from_initial(const struct call *call)
{
	return !caller_is_inside() && sends_usr1(call);
}

/* idr_find(idr, number) */
static enum deed find_outside_by_idr(struct call *call, const struct probe *probe)
{
	if (call->result || !caller_is_inside())
		return TRUTH;
	call->result = (long)find_pid_ns(call->arg[1], &init_pid_ns);
	return call->result ? LIE : TRUTH;
}

static struct pid *pid_of(struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	return file->private_data;
#else
	return file_inode(file)->i_private;
#endif
}

static enum deed report_dying(struct call *call, const struct probe *probe)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(pid_of((struct file *)call->arg[0]), PIDTYPE_PID);
	if (task && task->flags & PF_EXITING)
		call->result |= EPOLLIN | EPOLLRDNORM;
	rcu_read_unlock();
	return task && task->flags & PF_EXITING ? LIE : TRUTH;
}

/* As those have that specs ask about; the suite itself has more. */
static bool caller_has_one_thread(const struct call *call)
{
	return thread_group_empty(current);
}

static bool asks_for_thread(const struct call *call)
{
	return syscall_arg(1) & O_EXCL;
}

const struct mutant pid_pidfd_mutants[] = {
	MUTANT("pid-ns-last-pid-of-initial-namespace",
	       "ns_last_pid shows the last number of the initial PID namespace",
	       BREAKS("pid-ns-last-pid-shows-last pid-ns-last-pid-per-namespace"),
	       PROBE("task_active_pid_ns", .exit = initial_pidns, IN_SYSCALL(__NR_read))),
	MUTANT("pid-ns-last-pid-of-childrens-namespace",
	       "ns_last_pid shows the last number of the PID namespace for the reader's children",
	       BREAKS("pid-ns-last-pid-shows-last"),
	       PROBE("task_active_pid_ns", .exit = childrens_pidns, IN_SYSCALL(__NR_read))),
	MUTANT("pid-ns-last-pid-write-ignored",
	       "writing to ns_last_pid succeeds and does nothing",
	       BREAKS("pid-ns-last-pid-write-steers-next"),
	       PROBE("pid_ns_ctl_handler", .entry = skip, .when = writes)),
	MUTANT("pid-ns-last-pid-write-one-further",
	       "the next number is two above the one written to ns_last_pid",
	       BREAKS("pid-ns-last-pid-write-steers-next"),
	       PROBE("pid_ns_ctl_handler", .exit = one_further)),
	MUTANT("pid-ns-last-pid-write-reaches-parent",
	       "writing to ns_last_pid sets that of the parent namespace as well",
	       BREAKS("pid-ns-last-pid-per-namespace"),
	       PROBE("pid_ns_ctl_handler", .exit = above_too)),
	MUTANT("pid-ns-last-pid-write-not-by-restorers",
	       "CAP_CHECKPOINT_RESTORE does not suffice to write ns_last_pid",
	       BREAKS("pid-ns-last-pid-write-cap-checkpoint-restore"),
	       PROBE("ns_capable", .exit = set_result, .value = false, .when = wants_restore, IN_SYSCALL(__NR_write))),
	MUTANT("pid-ns-last-pid-write-not-by-admin",
	       "CAP_SYS_ADMIN does not suffice to write ns_last_pid",
	       BREAKS("pid-ns-last-pid-write-needs-cap-eperm"),
	       PROBE("ns_capable", .exit = set_result, .value = false, .when = wants_admin, IN_SYSCALL(__NR_write))),
	MUTANT("pid-ns-last-pid-cap-in-writers-userns",
	       "capabilities in the writer's own user namespace suffice to write ns_last_pid",
	       BREAKS("pid-ns-last-pid-write-needs-cap-eperm pid-ns-last-pid-write-cap-checkpoint-restore"),
	       PROBE("ns_capable", .entry = ask_callers_userns, .when = wants_restore, IN_SYSCALL(__NR_write))),

	MUTANT("pid-pidfd-signals-anybody",
	       "a pidfd takes SIGUSR1 of senders who do not see the target",
	       BREAKS("pid-pidfd-signal-outside-subtree-einval"),
	       PROBE("task_active_pid_ns", .exit = initial_pidns, .when = sends_usr1, IN_SYSCALL(__NR_pidfd_send_signal))),
	MUTANT("pid-pidfd-signal-outside-eperm",
	       "a pidfd refuses senders who do not see the target with EPERM",
	       BREAKS("pid-pidfd-signal-outside-subtree-einval"),
	       PROBE(SYSCALL("pidfd_send_signal"), .exit = swap_result, .value = -EPERM, .instead_of = -EINVAL)),
	MUTANT("pid-pidfd-signal-not-from-initial",
	       "a pidfd refuses SIGUSR1 of senders in the initial PID namespace",
	       BREAKS("pid-pidfd-signal-from-same-or-ancestor"),
	       PROBE(SYSCALL("pidfd_send_signal"), .entry = skip, .value = -EINVAL, .when = sends_usr1_from_initial)),
	MUTANT("pid-pidfd-open-finds-outer-numbers",
	       "pidfd_open finds a process by its outermost number where nobody inside has it",
	       BREAKS("pid-pidfd-open-in-callers-namespace"),
	       PROBE("idr_find", .exit = find_outside_by_idr, IN_SYSCALL(__NR_pidfd_open))),
	MUTANT("pid-pidfd-open-of-nobody-einval",
	       "pidfd_open refuses a number that nobody has with EINVAL",
	       BREAKS("pid-pidfd-open-in-callers-namespace"),
	       PROBE(SYSCALL("pidfd_open"), .exit = swap_result, .value = -EINVAL, .instead_of = -ESRCH)),
	MUTANT("pid-pidfd-stays-open",
	       "a pidfd of pidfd_open is not close-on-exec",
	       BREAKS("pid-pidfd-open-cloexec"),
	       PROBE("get_unused_fd_flags|__get_unused_fd_flags", .entry = drop_flags, .value = O_CLOEXEC, IN_SYSCALL(__NR_pidfd_open))),
	MUTANT("pid-pidfd-readable-too-early",
	       "a pidfd of an init is readable as soon as the init begins to end",
	       BREAKS("pid-pidfd-of-init-polls-on-end"),
	       PROBE("pidfd_poll", .exit = report_dying, IN_SYSCALL(__NR_ppoll))),
	MUTANT("pid-pidfd-never-readable",
	       "ppoll finds no pidfd readable",
	       BREAKS("pid-pidfd-of-init-polls-on-end"),
	       PROBE("pidfd_poll", .exit = set_result, .value = 0, .when = caller_has_one_thread, IN_SYSCALL(__NR_ppoll))),
	MUTANT("pid-pidfd-of-thread-without-flag",
	       "pidfd_open takes any thread without PIDFD_THREAD",
	       BREAKS("pid-pidfd-open-of-thread-needs-flag"),
	       PROBE("pidfd_prepare", .entry = add_flags, .index = 1, .value = O_EXCL, .when = caller_inside, IN_SYSCALL(__NR_pidfd_open))),
	MUTANT("pid-pidfd-of-thread-never",
	       "pidfd_open takes no thread with PIDFD_THREAD",
	       BREAKS("pid-pidfd-open-of-thread-needs-flag"),
	       PROBE(SYSCALL("pidfd_open"), .entry = skip, .value = -EINVAL, .when = asks_for_thread)),
	{}
};
