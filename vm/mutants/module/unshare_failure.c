// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the privilege that unshare needs, and about what it leaves when it fails. */
#include <linux/capability.h>

#include "unshare.h"

/* For ns_capable. */

static enum deed unchecked(struct call *call, const struct probe *probe)
{
	if ((int)call->arg[1] != CAP_SYS_ADMIN || (u8)call->result || !asked_for(probe->value))
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed root_may(struct call *call, const struct probe *probe)
{
	return uid_eq(current_euid(), GLOBAL_ROOT_UID) ? unchecked(call, probe) : TRUTH;
}

static enum deed only_initial_counts(struct call *call, const struct probe *probe)
{
	if (!asked_for(probe->value) || !(u8)call->result || call->arg[0] == (unsigned long)&init_user_ns)
		return TRUTH;
	call->result = false;
	return LIE;
}

static bool newnet(const struct call *call)
{
	return call->arg[0] & CLONE_NEWNET;
}

/* A refused call that nevertheless changed something. Replace unshare_nsproxy_namespaces. */

typedef int unshare_nsproxy(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs);

static int also_unshare_fs(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	unshare_nsproxy *original = find_function("unshare_nsproxy_namespaces");
	int error;

	let_through();
	error = original(flags, proxy, cred, fs);
	if (error && current->fs->users > 1 && !unshare_fs_struct())
		told_a_lie();
	return error;
}

static int also_make_uts(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	unshare_nsproxy *original = find_function("unshare_nsproxy_namespaces");
	void (*change)(struct task_struct *task, struct nsproxy *new) = find_function("switch_task_namespaces");
	struct nsproxy *partial = NULL;
	int error;

	let_through();
	error = original(flags, proxy, cred, fs);
	if (!error || !(flags & CLONE_NEWUTS) || !(flags & NEW_NAMESPACES & ~(unsigned long)CLONE_NEWUTS))
		return error;
	let_through();
	if (!original(CLONE_NEWUTS, &partial, NULL, fs) && partial) {
		told_a_lie();
		change(current, partial);
	}
	return error;
}

static int also_change_user(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	unshare_nsproxy *original = find_function("unshare_nsproxy_namespaces");
	int error;

	let_through();
	error = original(flags, proxy, cred, fs);
	if (error && cred) {
		told_a_lie();
		get_cred(cred);
		commit_creds(cred);
	}
	return error;
}

static int also_exit_sem(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	unshare_nsproxy *original = find_function("unshare_nsproxy_namespaces");
	void (*apply)(struct task_struct *task) = find_function("exit_sem");
	int error;

	let_through();
	error = original(flags, proxy, cred, fs);
	if (error && current->sysvsem.undo_list) {
		told_a_lie();
		apply(current);
	}
	return error;
}

const struct mutant unshare_failure_mutants[] = {
	MUTANT("unshare-newtime-unchecked",
	       "unshare with CLONE_NEWTIME needs no capability",
	       BREAKS("unshare-without-cap-sys-admin-eperm"),
	       PROBE("ns_capable", .exit = unchecked, .value = CLONE_NEWTIME, BY_UNSHARE)),
	MUTANT("unshare-newcgroup-root-needs-no-capability",
	       "root may unshare with CLONE_NEWCGROUP without any capability",
	       BREAKS("unshare-without-cap-sys-admin-eperm"),
	       PROBE("ns_capable", .exit = root_may, .value = CLONE_NEWCGROUP, BY_UNSHARE)),
	MUTANT("unshare-newpid-only-from-initial",
	       "unshare with CLONE_NEWPID needs CAP_SYS_ADMIN in the initial user namespace",
	       BREAKS("unshare-without-cap-sys-admin-eperm"),
	       PROBE("ns_capable", .exit = only_initial_counts, .value = CLONE_NEWPID, BY_UNSHARE)),
	MUTANT("unshare-newnet-eacces",
	       "unshare with CLONE_NEWNET and without CAP_SYS_ADMIN fails with EACCES",
	       BREAKS("unshare-without-cap-sys-admin-eperm"),
	       PROBE("unshare_nsproxy_namespaces", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES, .when = newnet)),

	MUTANT("unshare-refused-unshares-fs",
	       "unshare that fails to make namespaces leaves the caller with a root and working directory of its own",
	       BREAKS("unshare-failure-changes-nothing"),
	       PROBE("unshare_nsproxy_namespaces", .replacement = also_unshare_fs)),
	MUTANT("unshare-refused-keeps-uts",
	       "unshare that fails to make other namespaces leaves the caller with a new UTS namespace",
	       BREAKS("unshare-failure-changes-nothing"),
	       PROBE("unshare_nsproxy_namespaces", .replacement = also_make_uts)),
	MUTANT("unshare-refused-keeps-user",
	       "unshare that fails to make other namespaces leaves the caller in a new user namespace",
	       BREAKS("unshare-failure-changes-nothing"),
	       PROBE("unshare_nsproxy_namespaces", .replacement = also_change_user)),
	MUTANT("unshare-refused-applies-adjustments",
	       "unshare that fails to make namespaces has applied the semaphore adjustments",
	       BREAKS("unshare-failure-changes-nothing"),
	       PROBE("unshare_nsproxy_namespaces", .replacement = also_exit_sem)),
	{}
};
