// SPDX-License-Identifier: GPL-2.0-only
/* Lies about PID namespaces: who adopts orphans, and what reboot does. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "pid.h"

/* Orphans. */

static enum deed inherit_subreaper(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->result;

	if (IS_ERR(task) || task->signal == current->signal || !current->signal->is_child_subreaper || !caller_is_inside())
		return TRUTH;
	task->signal->is_child_subreaper = 1;
	return LIE;
}

static enum deed lose_subreaper(struct call *call, const struct probe *probe)
{
	if (!current->signal->is_child_subreaper || !caller_is_inside())
		return TRUTH;
	current->signal->is_child_subreaper = 0;
	return LIE;
}

static enum deed forget_subreapers(struct call *call, const struct probe *probe)
{
	if (!current->signal->has_child_subreaper || !caller_is_inside())
		return TRUTH;
	current->signal->has_child_subreaper = 0;
	return LIE;
}

static enum deed die_in_parents_namespace(struct call *call, const struct probe *probe)
{
	struct pid_namespace *ns = (struct pid_namespace *)call->result;

	if (call->arg[0] != (unsigned long)current || !(current->flags & PF_EXITING) || is_init(current) || !ns || !ns->parent)
		return TRUTH;
	call->result = (long)ns->parent;
	return LIE;
}

/* reboot_pid_ns(namespace, operation): 0 stands for the initial namespace. */

static enum deed reboot_as(struct call *call, const struct probe *probe)
{
	if ((unsigned int)call->arg[1] != (unsigned int)probe->instead_of)
		return TRUTH;
	call->arg[1] = probe->value;
	return LIE;
}

static bool sets_ctrl_alt_del(const struct call *call)
{
	return call->arg[1] == LINUX_REBOOT_CMD_CAD_ON || call->arg[1] == LINUX_REBOOT_CMD_CAD_OFF;
}

static bool restarts_with_argument(const struct call *call)
{
	return (unsigned int)call->arg[1] == LINUX_REBOOT_CMD_RESTART2;
}

static bool is_no_init(const struct call *call)
{
	return !is_init(current);
}

static bool wants_boot(const struct call *call)
{
	return call->arg[1] == CAP_SYS_BOOT;
}

static enum deed ask_own_userns(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static enum deed ask_initial_userns(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)&init_user_ns;
	return LIE;
}

const struct mutant pid_reboot_mutants[] = {
	MUTANT("pid-subreaper-inherited",
	       "children of a subreaper are subreapers",
	       BREAKS("pid-subreaper-not-inherited"),
	       PROBE("copy_process", .exit = inherit_subreaper)),
	MUTANT("pid-subreaper-ends-with-execve",
	       "a subreaper that executes a program is one no more",
	       BREAKS("pid-subreaper-survives-execve"),
	       PROBE("begin_new_exec", .exit = lose_subreaper)),
	MUTANT("pid-subreapers-ignored",
	       "orphans in PID namespaces go to the init, whoever is a subreaper",
	       BREAKS("pid-orphan-goes-to-nearer-subreaper pid-subreaper-survives-execve"),
	       PROBE("do_exit", .entry = forget_subreapers)),
	MUTANT("pid-orphan-goes-to-outer-init",
	       "an orphan goes to the init of the PID namespace above its parent's",
	       BREAKS("pid-init-adopts-and-reaps-orphans pid-orphan-goes-to-parents-init pid-orphan-not-to-outer-subreaper"),
	       PROBE("task_active_pid_ns", .exit = die_in_parents_namespace)),

	MUTANT("pid-reboot-restart-sigint",
	       "RESTART ends an init by SIGINT",
	       BREAKS("pid-reboot-restart-sighup"),
	       PROBE("reboot_pid_ns", .entry = reboot_as, .index = 1, .value = LINUX_REBOOT_CMD_HALT, .instead_of = LINUX_REBOOT_CMD_RESTART)),
	MUTANT("pid-reboot-power-off-sighup",
	       "POWER_OFF ends an init by SIGHUP",
	       BREAKS("pid-reboot-halt-and-power-off-sigint"),
	       PROBE("reboot_pid_ns", .entry = reboot_as, .index = 1, .value = LINUX_REBOOT_CMD_RESTART, .instead_of = LINUX_REBOOT_CMD_POWER_OFF)),
	MUTANT("pid-reboot-restart2-unknown",
	       "RESTART2 is no operation in a PID namespace",
	       BREAKS("pid-reboot-restart-sighup pid-reboot-ends-init-not-machine"),
	       PROBE("reboot_pid_ns", .entry = skip, .value = -EINVAL, .when = restarts_with_argument)),
	MUTANT("pid-reboot-sets-ctrl-alt-del",
	       "CAD_ON and CAD_OFF in a PID namespace work for the machine",
	       BREAKS("pid-reboot-other-operation-einval"),
	       PROBE("reboot_pid_ns", .entry = skip, .when = sets_ctrl_alt_del)),
	MUTANT("pid-reboot-other-operation-eperm",
	       "other operations in a PID namespace are refused with EPERM",
	       BREAKS("pid-reboot-other-operation-einval"),
	       PROBE("reboot_pid_ns", .exit = swap_result, .value = -EPERM, .instead_of = -EINVAL)),
	MUTANT("pid-reboot-by-init-only",
	       "only the init may reboot its PID namespace",
	       BREAKS("pid-reboot-by-any-member"),
	       PROBE("reboot_pid_ns", .entry = skip, .value = -EPERM, .when = is_no_init)),
	MUTANT("pid-reboot-by-anybody",
	       "reboot in a PID namespace needs no capability",
	       BREAKS("pid-reboot-needs-cap-sys-boot"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = wants_boot, IN_SYSCALL(__NR_reboot))),
	MUTANT("pid-reboot-cap-in-callers-userns",
	       "reboot in a PID namespace needs CAP_SYS_BOOT in the caller's user namespace",
	       BREAKS("pid-reboot-needs-cap-sys-boot"),
	       PROBE("ns_capable", .entry = ask_own_userns, .when = wants_boot, IN_SYSCALL(__NR_reboot))),
	MUTANT("pid-reboot-cap-in-initial-userns",
	       "reboot in a PID namespace needs CAP_SYS_BOOT in the initial user namespace",
	       BREAKS("pid-reboot-needs-cap-sys-boot pid-reboot-ends-init-not-machine"),
	       PROBE("ns_capable", .entry = ask_initial_userns, .when = wants_boot, IN_SYSCALL(__NR_reboot))),
	{}
};
