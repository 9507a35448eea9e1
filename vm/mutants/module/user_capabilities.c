// SPDX-License-Identifier: GPL-2.0-only
/* Lies about user namespaces: who has which capabilities, and what they are good for. */
#include <linux/binfmts.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/nsproxy.h>
#include <linux/securebits.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>

#include "mutant.h"

/* At the exit of cap_capable: whose capability is asked for, which, and in which user namespace. */

static const struct cred *whose(const struct call *call)
{
	return (const struct cred *)call->arg[0];
}

static struct user_namespace *where(const struct call *call)
{
	return (struct user_namespace *)call->arg[1];
}

static bool asks_for(const struct call *call, int capability)
{
	return (int)call->arg[2] == capability;
}

static bool is_below(const struct user_namespace *ns, const struct user_namespace *above)
{
	for (ns = ns->parent; ns; ns = ns->parent)
		if (ns == above)
			return true;
	return false;
}

static enum deed answer(struct call *call, int result)
{
	if ((int)call->result == result)
		return TRUTH;
	call->result = result;
	return LIE;
}

static enum deed owner_from_far_above(struct call *call, const struct probe *probe)
{
	const struct user_namespace *ns;

	for (ns = where(call); ns->parent; ns = ns->parent)
		if (uid_eq(ns->owner, whose(call)->euid) && is_below(ns->parent, whose(call)->user_ns))
			return answer(call, 0);
	return TRUTH;
}

static enum deed owner_beside(struct call *call, const struct probe *probe)
{
	if (!where(call)->parent || where(call) == whose(call)->user_ns || where(call)->parent != whose(call)->user_ns->parent ||
	    !uid_eq(where(call)->owner, whose(call)->euid))
		return TRUTH;
	return answer(call, 0);
}

static enum deed owner_lacks(struct call *call, const struct probe *probe)
{
	if (!asks_for(call, probe->value) || where(call)->parent != whose(call)->user_ns || cap_raised(whose(call)->cap_effective, probe->value))
		return TRUTH;
	return answer(call, -EPERM);
}

static enum deed permitted_suffices(struct call *call, const struct probe *probe)
{
	if (!asks_for(call, probe->value) || where(call) == &init_user_ns || !cap_raised(whose(call)->cap_permitted, probe->value) ||
	    (where(call) != whose(call)->user_ns && !is_below(where(call), whose(call)->user_ns)))
		return TRUTH;
	return answer(call, 0);
}

static enum deed good_for_parent(struct call *call, const struct probe *probe)
{
	if (!asks_for(call, probe->value) || whose(call)->user_ns->parent != where(call) || !cap_raised(whose(call)->cap_effective, probe->value))
		return TRUTH;
	return answer(call, 0);
}

/* At the exit of create_user_ns, and at the entry of commit_creds: new credentials. */

static struct cred *new_cred(const struct call *call)
{
	return (struct cred *)call->arg[0];
}

static enum deed keep_locked_fixup(struct call *call, const struct probe *probe)
{
	if (call->result || !(current_cred()->securebits & SECBIT_NO_SETUID_FIXUP_LOCKED))
		return TRUTH;
	new_cred(call)->securebits |= SECBIT_NO_SETUID_FIXUP_LOCKED;
	return LIE;
}

static enum deed keep_keep_caps(struct call *call, const struct probe *probe)
{
	if (new_cred(call)->user_ns == current_user_ns() || !(current_cred()->securebits & SECBIT_KEEP_CAPS))
		return TRUTH;
	new_cred(call)->securebits |= SECBIT_KEEP_CAPS;
	return LIE;
}

static enum deed keep_bounds(struct call *call, const struct probe *probe)
{
	if (call->result || cap_issubset(new_cred(call)->cap_bset, current_cred()->cap_bset))
		return TRUTH;
	new_cred(call)->cap_bset = cap_intersect(new_cred(call)->cap_bset, current_cred()->cap_bset);
	return LIE;
}

static enum deed take_uts_along(struct call *call, const struct probe *probe)
{
	struct uts_namespace *uts = current->nsproxy->uts_ns;

	if (call->result || uts == &init_uts_ns || uts->user_ns != current_user_ns())
		return TRUTH;
	uts->user_ns = get_user_ns(new_cred(call)->user_ns);
	return LIE;
}

/* At the exit of cap_bprm_creds_from_file. */
static enum deed keep_when_unmapped(struct call *call, const struct probe *probe)
{
	struct cred *cred = ((struct linux_binprm *)call->arg[0])->cred;

	if (call->result || kuid_has_mapping(cred->user_ns, cred->euid) || cap_isclear(current_cred()->cap_permitted))
		return TRUTH;
	cred->cap_permitted = current_cred()->cap_permitted;
	cred->cap_effective = current_cred()->cap_permitted;
	return LIE;
}

/* At the exit of capable. */
static enum deed own_suffices(struct call *call, const struct probe *probe)
{
	if ((int)call->arg[0] != probe->value || (u8)call->result || !cap_raised(current_cred()->cap_effective, probe->value))
		return TRUTH;
	call->result = true;
	return LIE;
}

static bool makes_block_device(const struct call *call)
{
	return S_ISBLK(syscall_arg(2));
}

/* At the exit of mount_capable. */
static enum deed proc_for_all(struct call *call, const struct probe *probe)
{
	if ((u8)call->result || strcmp(((struct fs_context *)call->arg[0])->fs_type->name, "proc"))
		return TRUTH;
	call->result = true;
	return LIE;
}

const struct mutant user_capabilities_mutants[] = {
	MUTANT("user-owner-from-far-above",
	       "who has the owner's uid has the capabilities in a user namespace from any of those above it, not only from the parent",
	       BREAKS("user-owner-privilege-not-from-sibling user-owner-in-parent-has-all-caps"),
	       PROBE("cap_capable", .exit = owner_from_far_above)),
	MUTANT("user-owner-from-beside",
	       "who has the owner's uid has the capabilities in a user namespace from beside it, too",
	       BREAKS("user-owner-privilege-not-from-sibling"),
	       PROBE("cap_capable", .exit = owner_beside)),
	MUTANT("user-owner-lacks-sys-resource",
	       "the owner of a user namespace has all capabilities in it but CAP_SYS_RESOURCE",
	       BREAKS("user-owner-in-parent-has-all-caps user-owner-is-creators-euid"),
	       PROBE("cap_capable", .exit = owner_lacks, .value = CAP_SYS_RESOURCE)),
	MUTANT("user-permitted-net-admin-suffices",
	       "in user namespaces CAP_NET_ADMIN need not be in effect",
	       BREAKS("user-cap-counts-for-members-only"),
	       PROBE("cap_capable", .exit = permitted_suffices, .value = CAP_NET_ADMIN)),
	MUTANT("user-kill-good-for-parent",
	       "CAP_KILL in a user namespace is good for the processes of the parent, too",
	       BREAKS("user-cap-counts-for-members-only user-process-caps-in-targets-namespace"),
	       PROBE("cap_capable", .exit = good_for_parent, .value = CAP_KILL)),

	MUTANT("user-locked-securebit-stays",
	       "the lock of SECBIT_NO_SETUID_FIXUP stays in a new user namespace",
	       BREAKS("user-creation-resets-securebits"),
	       PROBE("create_user_ns", .exit = keep_locked_fixup)),
	MUTANT("user-setns-keeps-keep-caps",
	       "who joins a user namespace keeps SECBIT_KEEP_CAPS",
	       BREAKS("user-setns-resets-securebits"),
	       PROBE("commit_creds", .entry = keep_keep_caps, IN_SYSCALL(__NR_setns))),
	MUTANT("user-clone3-keeps-bounding-set",
	       "clone3 with CLONE_NEWUSER leaves the child the bounding set of its parent",
	       BREAKS("user-bounding-set-full"),
	       PROBE("create_user_ns", .exit = keep_bounds, IN_SYSCALL(__NR_clone3))),
	MUTANT("user-takes-uts-along",
	       "who unshares its user namespace takes the UTS namespace along, if the old one has owned it",
	       BREAKS("user-owner-never-changes"),
	       PROBE("create_user_ns", .exit = take_uts_along, IN_SYSCALL(__NR_unshare))),

	MUTANT("user-unmapped-program-keeps-capabilities",
	       "execve by a uid that has no mapping keeps the capabilities",
	       BREAKS("user-execve-as-nonroot-clears-caps"),
	       PROBE("cap_bprm_creds_from_file", .exit = keep_when_unmapped)),
	MUTANT("user-finit-module-by-own-capability",
	       "finit_module takes CAP_SYS_MODULE in any user namespace",
	       BREAKS("user-module-loading-eperm"),
	       PROBE("capable", .exit = own_suffices, .value = CAP_SYS_MODULE, IN_SYSCALL(__NR_finit_module))),
	MUTANT("user-makes-block-devices",
	       "CAP_MKNOD in any user namespace is good for block devices",
	       BREAKS("user-device-mknod-eperm"),
	       PROBE("capable", .exit = own_suffices, .value = CAP_MKNOD, .when = makes_block_device, IN_SYSCALL(__NR_mknodat))),
	MUTANT("user-fsconfig-makes-any-proc",
	       "fsconfig makes a proc for whoever owns the mount namespace, whoever owns the PID namespace",
	       BREAKS("user-mount-proc-without-own-pidns-eperm user-mount-proc-allowed"),
	       PROBE("mount_capable", .exit = proc_for_all, IN_SYSCALL(__NR_fsconfig))),
	{}
};
