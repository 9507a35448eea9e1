// SPDX-License-Identifier: GPL-2.0-only
/* Lies of unshare about what comes together. */
#include <linux/capability.h>
#include <linux/err.h>

#include "time.h"
#include "unshare.h"

/* For ns_capable. */

static bool lacks_admin(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_ADMIN && !(u8)call->result && call->arg[0] == (unsigned long)current_user_ns();
}

static bool has_it_permitted(const struct call *call)
{
	return lacks_admin(call) && cap_raised(current_cred()->cap_permitted, CAP_SYS_ADMIN);
}

/* A refused call that nevertheless changed something. Replace unshare_nsproxy_namespaces. */

typedef int unshare_nsproxy(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs);

static int also_make(unsigned long made, unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	unshare_nsproxy *original = find_function("unshare_nsproxy_namespaces");
	void (*change)(struct task_struct *task, struct nsproxy *new) = find_function("switch_task_namespaces");
	struct nsproxy *partial = NULL;
	int error;

	let_through();
	error = original(flags, proxy, cred, fs);
	if (!error || !(flags & made) || !(flags & NEW_NAMESPACES & ~made))
		return error;
	let_through();
	if (!original(made, &partial, NULL, fs) && partial) {
		told_a_lie();
		change(current, partial);
	}
	return error;
}

static int also_make_time(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	return also_make(CLONE_NEWTIME, flags, proxy, cred, fs);
}

static int also_make_pid(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	return also_make(CLONE_NEWPID, flags, proxy, cred, fs);
}

/* At the exit of create_user_ns: the caller's new credentials. */
static enum deed within_bounds(struct call *call, const struct probe *probe)
{
	struct cred *cred = (struct cred *)call->arg[0];

	if (call->result)
		return TRUTH;
	cred->cap_permitted = cap_intersect(cred->cap_permitted, current_cred()->cap_bset);
	cred->cap_effective = cap_intersect(cred->cap_effective, current_cred()->cap_bset);
	return LIE;
}

static enum deed nothing_below(struct call *call, const struct probe *probe)
{
	if (call->result || current_user_ns() == &init_user_ns)
		return TRUTH;
	cap_clear(((struct cred *)call->arg[0])->cap_effective);
	return LIE;
}

/* For exit_sem. */

static bool ipc_with_others(const struct call *call)
{
	return asked_for(CLONE_NEWIPC) && syscall_arg(0) & NEW_NAMESPACES & ~(unsigned long)CLONE_NEWIPC;
}

static bool sysvsem_with_others(const struct call *call)
{
	return asked_for(CLONE_SYSVSEM) && syscall_arg(0) & (CLONE_FS | CLONE_FILES);
}

static bool time_permitted(const struct call *call)
{
	return has_it_permitted(call) && asked_for(CLONE_NEWTIME);
}

static bool files_with_namespace(const struct call *call)
{
	return wants(call, CLONE_FILES) && call->arg[0] & NEW_NAMESPACES;
}

static bool fs_with_files(const struct call *call)
{
	return wants(call, CLONE_FS | CLONE_FILES);
}

static bool from_nested_cgroup(const struct call *call)
{
	return current->nsproxy->cgroup_ns != init_task.nsproxy->cgroup_ns;
}

const struct mutant unshare_further_mutants[] = {
	MUTANT("unshare-capability-need-not-be-in-effect",
	       "unshare takes CAP_SYS_ADMIN that is permitted and not in effect",
	       BREAKS("unshare-without-cap-sys-admin-eperm"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = has_it_permitted, BY_UNSHARE)),
	MUTANT("unshare-refused-keeps-time-for-children",
	       "unshare that fails to make other namespaces leaves the caller with a new time namespace for its children",
	       BREAKS("unshare-failure-changes-nothing"),
	       PROBE("unshare_nsproxy_namespaces", .replacement = also_make_time)),
	MUTANT("unshare-refused-keeps-pid-for-children",
	       "unshare that fails to make other namespaces leaves the caller with a new PID namespace for its children",
	       BREAKS("unshare-failure-changes-nothing"),
	       PROBE("unshare_nsproxy_namespaces", .replacement = also_make_pid)),
	MUTANT("unshare-newuser-within-bounding-set",
	       "unshare with CLONE_NEWUSER gives the capabilities of the bounding set",
	       BREAKS("unshare-newuser-moves-caller-with-all-caps"),
	       PROBE("create_user_ns", .exit = within_bounds, BY_UNSHARE)),
	MUTANT("unshare-newuser-none-below",
	       "unshare with CLONE_NEWUSER gives capabilities only to who comes from the initial user namespace",
	       BREAKS("unshare-newuser-moves-caller-with-all-caps"),
	       PROBE("create_user_ns", .exit = nothing_below, BY_UNSHARE)),
	MUTANT("unshare-newipc-with-others-keeps-adjustments",
	       "unshare with CLONE_NEWIPC and other kinds keeps the list of semaphore adjustments",
	       BREAKS("unshare-newipc-implies-sysvsem"),
	       PROBE("exit_sem", .entry = skip, .when = ipc_with_others, BY_UNSHARE)),
	MUTANT("unshare-sysvsem-with-others-does-nothing",
	       "unshare with CLONE_SYSVSEM, and with CLONE_FS or CLONE_FILES, keeps the list of semaphore adjustments",
	       BREAKS("unshare-sysvsem-empty-list unshare-sysvsem-last-user-applies"),
	       PROBE("exit_sem", .entry = skip, .when = sysvsem_with_others, BY_UNSHARE)),
	MUTANT("time-unshare-capability-need-not-be-in-effect",
	       "unshare with CLONE_NEWTIME takes CAP_SYS_ADMIN that is permitted and not in effect",
	       BREAKS("time-creation-needs-cap-sys-admin"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = time_permitted, BY_UNSHARE)),
	MUTANT("unshare-files-ignored-with-namespaces",
	       "unshare ignores CLONE_FILES when it makes namespaces",
	       BREAKS("unshare-files-private-table"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_FILES, .when = files_with_namespace)),
	MUTANT("unshare-fs-ignored-with-files",
	       "unshare ignores CLONE_FS with CLONE_FILES",
	       BREAKS("unshare-fs-private-root-cwd-umask"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_FS, .when = fs_with_files)),
	MUTANT("unshare-newcgroup-shares-nested",
	       "unshare with CLONE_NEWCGROUP does nothing unless the caller is in the initial cgroup namespace",
	       BREAKS("unshare-newcgroup-moves-caller"),
	       PROBE("copy_cgroup_ns", .entry = drop_flags, .value = CLONE_NEWCGROUP, .when = from_nested_cgroup, BY_UNSHARE)),
	{}
};
