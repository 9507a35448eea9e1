// SPDX-License-Identifier: GPL-2.0-only
/* Lies about who may clone what. */
#include <linux/capability.h>
#include <linux/user_namespace.h>

#include "clone.h"
#include "pretence.h"

/* For ns_capable in clone. */

static bool asks_for_admin(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_ADMIN;
}

static enum deed unchecked(struct call *call, const struct probe *probe)
{
	if (!asks_for_admin(call) || (u8)call->result || !clones_with(probe->value))
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed root_may(struct call *call, const struct probe *probe)
{
	if (!uid_eq(current_euid(), GLOBAL_ROOT_UID) || current_user_ns() != &init_user_ns)
		return TRUTH;
	return unchecked(call, probe);
}

static enum deed inside_unchecked(struct call *call, const struct probe *probe)
{
	if (current_user_ns() == &init_user_ns)
		return TRUTH;
	return unchecked(call, probe);
}

static enum deed other_capability_will_do(struct call *call, const struct probe *probe)
{
	if (!cap_raised(current_cred()->cap_effective, CAP_SYS_PTRACE))
		return TRUTH;
	return unchecked(call, probe);
}

static enum deed only_initial_counts(struct call *call, const struct probe *probe)
{
	if (!asks_for_admin(call) || !(u8)call->result || !clones_with(probe->value) || call->arg[0] == (unsigned long)&init_user_ns)
		return TRUTH;
	call->result = false;
	return LIE;
}

static enum deed callers_counts(struct call *call, const struct probe *probe)
{
	if (!asks_for_admin(call) || !clones_with(probe->value | CLONE_NEWUSER))
		return TRUTH;
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static bool newcgroup(const struct call *call)
{
	return call->arg[0] & CLONE_NEWCGROUP;
}

static bool newns(const struct call *call)
{
	return call->arg[0] & CLONE_NEWNS;
}

static bool unprivileged(const struct call *call)
{
	return !uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

/* For user namespaces. */

static struct user_namespace *parent_userns(void)
{
	return current_user_ns();
}

static bool at_deepest_but_one(const struct call *call)
{
	return parent_userns()->level == 32;
}

static bool at_deepest(const struct call *call)
{
	return parent_userns()->level == 33;
}

static struct user_namespace *lifted;

static enum deed lift(struct call *call, const struct probe *probe)
{
	lifted = parent_userns();
	lifted->level--;
	return LIE;
}

static enum deed lower(struct call *call, const struct probe *probe)
{
	if (!lifted || lifted != parent_userns())
		return TRUTH;
	lifted->level++;
	lifted = NULL;
	return LIE;
}

const struct mutant clone_privilege_mutants[] = {
	MUTANT("clone3-newuts-unchecked",
	       "clone3 with CLONE_NEWUTS needs no capability",
	       BREAKS("clone-newuts-without-cap-eperm"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .exit = unchecked, .value = CLONE_NEWUTS, BY_CLONE3)),
	MUTANT("clone-newnet-root-needs-no-capability",
	       "root may clone with CLONE_NEWNET without any capability",
	       BREAKS("clone-newnet-without-cap-eperm"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .exit = root_may, .value = CLONE_NEWNET, BY_CLONE)),
	MUTANT("clone-newipc-unchecked-inside",
	       "clone with CLONE_NEWIPC needs no capability in user namespaces other than the initial one",
	       BREAKS("clone-newipc-without-cap-eperm"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .exit = inside_unchecked, .value = CLONE_NEWIPC, BY_CLONE_ALONE)),
	MUTANT("clone-newpid-by-another-capability",
	       "clone with CLONE_NEWPID takes CAP_SYS_PTRACE for CAP_SYS_ADMIN",
	       BREAKS("clone-newpid-without-cap-eperm"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .exit = other_capability_will_do, .value = CLONE_NEWPID, BY_CLONE)),
	MUTANT("clone-newcgroup-eacces",
	       "CLONE_NEWCGROUP without CAP_SYS_ADMIN fails with EACCES",
	       BREAKS("clone-newcgroup-without-cap-eperm"),
	       PROBE("copy_namespaces", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES, .when = newcgroup)),
	MUTANT("clone3-newns-einval",
	       "clone3 with CLONE_NEWNS and without CAP_SYS_ADMIN fails with EINVAL",
	       BREAKS("clone-newns-without-cap-eperm"),
	       PROBE("copy_namespaces", .exit = swap_result, .instead_of = -EPERM, .value = -EINVAL, .when = newns, BY_CLONE3)),
	MUTANT("clone-newns-only-from-initial",
	       "clone with CLONE_NEWNS needs CAP_SYS_ADMIN in the initial user namespace",
	       BREAKS("clone-newns-without-cap-eperm clone-newuser-unprivileged"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .exit = only_initial_counts, .value = CLONE_NEWNS, BY_CLONE)),
	MUTANT("clone-newuser-does-not-help",
	       "clone with CLONE_NEWUSER and CLONE_NEWUTS needs CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("clone-newuser-unprivileged"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .entry = callers_counts, .value = CLONE_NEWUTS, BY_CLONE)),
	MUTANT("clone-newuser-privileged",
	       "clone with CLONE_NEWUSER fails with EPERM for anybody but root",
	       BREAKS("clone-newuser-unprivileged"),
	       PROBE("create_user_ns", .entry = skip, .value = -EPERM, .when = unprivileged, BY_CLONE_ALONE)),

	MUTANT("clone3-userns-32-levels",
	       "clone3 makes user namespaces no more than 32 levels below the initial one",
	       BREAKS("clone-newuser-nesting-limit-enospc"),
	       PROBE("create_user_ns", .entry = skip, .value = -ENOSPC, .when = at_deepest_but_one, BY_CLONE3)),
	MUTANT("clone-userns-34-levels",
	       "clone makes user namespaces 34 levels below the initial one",
	       BREAKS("clone-newuser-nesting-limit-enospc"),
	       PROBE("create_user_ns", .entry = lift, .when = at_deepest, BY_CLONE_ALONE),
	       PROBE("create_user_ns", .exit = lower, BY_CLONE_ALONE)),
	MUTANT("unshare-userns-34-levels",
	       "unshare makes user namespaces 34 levels below the initial one",
	       BREAKS("clone-newuser-nesting-limit-enospc"),
	       PROBE("create_user_ns", .entry = lift, .when = at_deepest, IN_SYSCALL(__NR_unshare)),
	       PROBE("create_user_ns", .exit = lower, IN_SYSCALL(__NR_unshare))),
	MUTANT("clone-userns-too-deep-eusers",
	       "clone with CLONE_NEWUSER too many levels below the initial user namespace fails with EUSERS",
	       BREAKS("clone-newuser-nesting-limit-enospc"),
	       PROBE("create_user_ns", .exit = swap_result, .instead_of = -ENOSPC, .value = -EUSERS, .when = at_deepest, BY_CLONE_ALONE)),
	MUTANT("clone3-newuser-unmapped-uid-accepted",
	       "clone3 with CLONE_NEWUSER does not mind an unmapped uid",
	       BREAKS("clone-newuser-unmapped-ids-eperm"),
	       PROBE("create_user_ns", .entry = pretend_uid, BY_CLONE3),
	       PROBE("create_user_ns", .exit = stop_pretending, BY_CLONE3)),
	MUTANT("clone-newuser-unmapped-gid-accepted",
	       "clone with CLONE_NEWUSER does not mind an unmapped gid",
	       BREAKS("clone-newuser-unmapped-ids-eperm"),
	       PROBE("create_user_ns", .entry = pretend_gid, BY_CLONE_ALONE),
	       PROBE("create_user_ns", .exit = stop_pretending, BY_CLONE_ALONE)),
	MUTANT("clone3-newuser-in-chroot-accepted",
	       "clone3 with CLONE_NEWUSER does not mind a changed root",
	       BREAKS("clone-newuser-in-chroot-eperm"),
	       PROBE("current_chrooted", .exit = set_result, .value = false, BY_CLONE3)),
	MUTANT("unshare-newuser-in-chroot-accepted",
	       "unshare with CLONE_NEWUSER does not mind a changed root",
	       BREAKS("clone-newuser-in-chroot-eperm"),
	       PROBE("current_chrooted", .exit = set_result, .value = false, IN_SYSCALL(__NR_unshare))),
	{}
};
