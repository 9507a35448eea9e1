// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the translation of process ids, and about pidns= of procfs. */
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/string.h>

#include "newer.h"
#include "pid.h"

static bool asks_from(const struct call *call)
{
	return asks(PID_FROM) || asks(TGID_FROM);
}

static bool asks_in(const struct call *call)
{
	return asks(PID_IN) || asks(TGID_IN);
}

static bool asks_in_from_inside(const struct call *call)
{
	return asks_in(call) && caller_is_inside();
}

static bool asks_tgid_in(const struct call *call)
{
	return asks(TGID_IN);
}

static bool asks_tgid_from(const struct call *call)
{
	return asks(TGID_FROM);
}

static enum deed tell_outermost(struct call *call, const struct probe *probe)
{
	if (call->arg[2] || !caller_is_inside())
		return TRUTH;
	call->result = call->arg[1] == PIDTYPE_TGID ? task_tgid_nr((struct task_struct *)call->arg[0]) :
						      task_pid_nr((struct task_struct *)call->arg[0]);
	return LIE;
}

static enum deed tell_childrens(struct call *call, const struct probe *probe)
{
	struct pid_namespace *childrens = current->nsproxy->pid_ns_for_children;

	if (call->arg[2] || childrens == pidns_of(current))
		return TRUTH;
	call->result = pid_nr_ns(task_pid((struct task_struct *)call->arg[0]), childrens);
	return LIE;
}

static enum deed find_by_outermost(struct call *call, const struct probe *probe)
{
	call->result = (long)pid_task(find_pid_ns(call->arg[0], &init_pid_ns), PIDTYPE_PID);
	return LIE;
}

static enum deed take_thread(struct call *call, const struct probe *probe)
{
	if (call->arg[1] != PIDTYPE_TGID)
		return TRUTH;
	call->arg[1] = PIDTYPE_PID;
	return LIE;
}

static enum deed tell_what_was_asked(struct call *call, const struct probe *probe)
{
	if (call->result != -EINVAL)
		return TRUTH;
	call->result = call->arg[2];
	return LIE;
}

/* pidns= */

static bool is_pidns_option(const struct call *call)
{
	return !strcmp(((struct fs_parameter *)call->arg[1])->key, "pidns");
}

static bool is_remount(const struct call *call)
{
	return is_pidns_option(call) && ((struct fs_context *)call->arg[0])->purpose == FS_CONTEXT_FOR_RECONFIGURE;
}

static bool wants_admin(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_ADMIN;
}

static enum deed ask_callers_userns(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

const struct mutant newer_pidns_mutants[] = {
	MUTANT("newer-pid-from-tells-outermost",
	       "NS_GET_PID_FROM_PIDNS returns ids of the initial PID namespace, to whoever asks",
	       BREAKS("nsfs-pid-from-pidns"),
	       PROBE("__task_pid_nr_ns", .exit = tell_outermost, .when = asks_from)),
	MUTANT("newer-pid-from-tells-childrens",
	       "NS_GET_PID_FROM_PIDNS returns ids of the PID namespace of the caller's children",
	       BREAKS("nsfs-pid-from-pidns"),
	       PROBE("__task_pid_nr_ns", .exit = tell_childrens, .when = asks_from)),
	MUTANT("newer-pid-from-invisible-zero",
	       "NS_GET_PID_FROM_PIDNS returns 0 for who is not visible",
	       BREAKS("nsfs-pid-from-pidns"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -ESRCH, .value = 0, .when = asks_from)),
	MUTANT("newer-tgid-from-any-kind",
	       "NS_GET_TGID_FROM_PIDNS returns the id itself on a namespace of another type",
	       BREAKS("nsfs-pid-from-pidns"),
	       PROBE("ns_ioctl", .exit = tell_what_was_asked, .when = asks_tgid_from)),
	MUTANT("newer-pid-in-takes-outermost",
	       "NS_GET_PID_IN_PIDNS takes ids of the initial PID namespace, from whoever asks",
	       BREAKS("nsfs-pid-in-pidns"),
	       PROBE("find_task_by_vpid", .exit = find_by_outermost, .when = asks_in_from_inside)),
	MUTANT("newer-pid-in-gone-einval",
	       "NS_GET_PID_IN_PIDNS gives EINVAL for who is not there",
	       BREAKS("nsfs-pid-in-pidns"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -ESRCH, .value = -EINVAL, .when = asks_in)),
	MUTANT("newer-tgid-in-is-pid",
	       "NS_GET_TGID_IN_PIDNS returns the thread's id",
	       BREAKS("nsfs-pid-in-pidns"),
	       PROBE("__task_pid_nr_ns", .entry = take_thread, .when = asks_tgid_in)),
	MUTANT("newer-pidns-option-ignored",
	       "procfs takes the option pidns= and shows the caller's PID namespace",
	       BREAKS("procfs-pidns-option"),
	       PROBE("proc_parse_param", .entry = skip, .value = 0, .when = is_pidns_option)),
	MUTANT("newer-pidns-option-remounts",
	       "procfs takes the option pidns= with a remount",
	       BREAKS("procfs-pidns-option"),
	       PROBE("proc_parse_param", .exit = swap_result, .instead_of = -EBUSY, .value = 0, .when = is_remount)),
	MUTANT("newer-pidns-option-without-capability",
	       "procfs takes the option pidns= without CAP_SYS_ADMIN over the owner",
	       BREAKS("procfs-pidns-option-needs-setns-privilege"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = wants_admin, IN_SYSCALL(__NR_fsconfig))),
	MUTANT("newer-pidns-option-in-wrong-userns",
	       "procfs takes the option pidns= with CAP_SYS_ADMIN in the caller's own user namespace",
	       BREAKS("procfs-pidns-option-needs-setns-privilege"),
	       PROBE("ns_capable", .entry = ask_callers_userns, .when = wants_admin, IN_SYSCALL(__NR_fsconfig))),
	MUTANT("newer-pidns-option-of-any-pidns",
	       "procfs takes the option pidns= for PID namespaces above or beside the caller's",
	       BREAKS("procfs-pidns-option-needs-setns-privilege"),
	       PROBE("pidns_is_ancestor", .exit = set_result, .value = true, IN_SYSCALL(__NR_fsconfig))),
	{}
};
