// SPDX-License-Identifier: GPL-2.0-only
/* Lies about who may use clone3's set_tid. */
#include <linux/capability.h>
#include <linux/user_namespace.h>

#include "clone.h"

#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

/* While alloc_pid looks at a set_tid, as begin_to_choose notes. */

static struct task_struct *choosing;

static enum deed begin_to_choose(struct call *call, const struct probe *probe)
{
	WRITE_ONCE(choosing, call->arg[2] ? current : NULL);
	return TRUTH;
}

static bool chooses(const struct call *call)
{
	return READ_ONCE(choosing) == current;
}

static struct user_namespace *owner(const struct call *call)
{
	return (struct user_namespace *)call->arg[0];
}

static bool refused(const struct call *call)
{
	return chooses(call) && !(u8)call->result;
}

static bool refused_further_out(const struct call *call)
{
	return refused(call) && owner(call) == current_user_ns()->parent;
}

static bool refused_outside(const struct call *call)
{
	return refused(call) && owner(call) == &init_user_ns && current_user_ns() != &init_user_ns;
}

static bool refused_ptracer(const struct call *call)
{
	return refused(call) && cap_raised(current_cred()->cap_effective, CAP_SYS_PTRACE);
}

static bool refused_root(const struct call *call)
{
	return refused(call) && uid_eq(current_euid(), GLOBAL_ROOT_UID) && current_user_ns() == &init_user_ns;
}

static bool allowed_checkpoint(const struct call *call)
{
	return chooses(call) && (int)call->arg[1] == CAP_CHECKPOINT_RESTORE && (u8)call->result;
}

static bool allowed_checkpoint_inside(const struct call *call)
{
	return allowed_checkpoint(call) && owner(call) != &init_user_ns;
}

static bool allowed_admin(const struct call *call)
{
	return chooses(call) && (int)call->arg[1] == CAP_SYS_ADMIN && (u8)call->result;
}

static enum deed ask_initial(struct call *call, const struct probe *probe)
{
	if (!chooses(call) || owner(call) == &init_user_ns)
		return TRUTH;
	call->arg[0] = (unsigned long)&init_user_ns;
	return LIE;
}

static enum deed ask_callers(struct call *call, const struct probe *probe)
{
	if (!chooses(call) || owner(call) == current_user_ns())
		return TRUTH;
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static bool with_set_tid(const struct call *call)
{
	return call->arg[2];
}

const struct mutant clone_settid_permission_mutants[] = {
	MUTANT("set-tid-parent-owner-unchecked",
	       "set_tid needs no capability in the user namespace above the caller's",
	       BREAKS("clone-set-tid-needs-cap-in-every-owner clone-set-tid-without-cap-eperm"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = refused_further_out, BY_CLONE3)),
	MUTANT("set-tid-outermost-owner-unchecked",
	       "set_tid needs no capability in the initial user namespace from who is in another",
	       BREAKS("clone-set-tid-needs-cap-in-every-owner"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = refused_outside, BY_CLONE3)),
	MUTANT("set-tid-checks-initial",
	       "set_tid needs the capability in the initial user namespace",
	       BREAKS("clone-set-tid-needs-cap-in-every-owner"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .entry = ask_initial, BY_CLONE3)),
	MUTANT("set-tid-checks-callers-own",
	       "set_tid needs the capability in the caller's user namespace, whoever owns the PID namespaces",
	       BREAKS("clone-set-tid-needs-cap-in-every-owner clone-set-tid-without-cap-eperm"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .entry = ask_callers, BY_CLONE3)),
	MUTANT("set-tid-not-by-checkpoint-restore",
	       "set_tid needs CAP_SYS_ADMIN, CAP_CHECKPOINT_RESTORE is not enough",
	       BREAKS("clone-set-tid-cap-checkpoint-restore"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .exit = set_result, .value = false, .when = allowed_checkpoint, BY_CLONE3)),
	MUTANT("set-tid-not-by-checkpoint-restore-inside",
	       "set_tid takes CAP_CHECKPOINT_RESTORE only in the initial user namespace",
	       BREAKS("clone-set-tid-cap-checkpoint-restore"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .exit = set_result, .value = false, .when = allowed_checkpoint_inside, BY_CLONE3)),
	MUTANT("set-tid-not-by-admin",
	       "set_tid needs CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN is not enough",
	       BREAKS("clone-set-tid-cap-checkpoint-restore"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .exit = set_result, .value = false, .when = allowed_admin, BY_CLONE3)),
	MUTANT("set-tid-by-another-capability",
	       "set_tid takes CAP_SYS_PTRACE, too",
	       BREAKS("clone-set-tid-cap-checkpoint-restore clone-set-tid-without-cap-eperm"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = refused_ptracer, BY_CLONE3)),
	MUTANT("set-tid-root-needs-no-capability",
	       "root may use set_tid without any capability",
	       BREAKS("clone-set-tid-without-cap-eperm"),
	       PROBE("alloc_pid", .entry = begin_to_choose),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = refused_root, BY_CLONE3)),
	MUTANT("set-tid-without-capability-eacces",
	       "set_tid without the capability fails with EACCES",
	       BREAKS("clone-set-tid-without-cap-eperm"),
	       PROBE("alloc_pid", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES, .when = with_set_tid)),
	{}
};
