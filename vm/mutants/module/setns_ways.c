// SPDX-License-Identifier: GPL-2.0-only
/* Lies about setns that only some of its ways tell: by a pidfd, without a type, to the caller's own. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs_struct.h>
#include <linux/sched/signal.h>
#include <linux/utsname.h>

#include "setns.h"

static bool has_threads(const struct call *call)
{
	return !thread_group_empty(current);
}

static bool pidfd_of_threads(const struct call *call)
{
	return by_pidfd() && has_threads(call);
}

static bool user_among_others_of_threads(const struct call *call)
{
	return has_threads(call) && nstype() & CLONE_NEWUSER && nstype() != CLONE_NEWUSER;
}

static bool own_pid_by_pidfd(const struct call *call)
{
	return by_pidfd() && (struct ns_common *)call->arg[1] == &task_active_pid_ns(current)->ns;
}

/* For ns_capable(namespace, capability), at its exit, where it has said no. */

static struct user_namespace *scope(const struct call *call)
{
	return (struct user_namespace *)call->arg[0];
}

static bool administration_refused(const struct call *call)
{
	return call->arg[1] == CAP_SYS_ADMIN && !(u8)call->result;
}

static bool user_by_pidfd(const struct call *call)
{
	return by_pidfd() && nstype() == CLONE_NEWUSER && administration_refused(call) && !in_or_below(current_user_ns(), scope(call));
}

static bool owners_uts_by_pidfd(const struct call *call)
{
	return by_pidfd() && nstype() == CLONE_NEWUTS && administration_refused(call) && scope(call) != current_user_ns();
}

static bool own_mnt_by_pidfd(const struct call *call)
{
	return by_pidfd() && nstype() == CLONE_NEWNS && administration_refused(call) && scope(call) == current_user_ns();
}

static bool file_without_type(const struct call *call)
{
	return joined() && kind_of(joined()) != CLONE_NEWUSER && !nstype() && administration_refused(call);
}

static bool permitted_only(const struct call *call)
{
	return administration_refused(call) && cap_raised(current_cred()->cap_permitted, CAP_SYS_ADMIN) &&
	       !cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN) && in_or_below(scope(call), current_user_ns());
}

static bool is_grandchild(const struct call *call)
{
	return call->arg[1] == CAP_SYS_ADMIN && !joins(CLONE_NEWUSER) && scope(call) != current_user_ns() &&
	       scope(call)->parent != current_user_ns();
}

static enum deed chroot_in_owner(struct call *call, const struct probe *probe)
{
	if (call->arg[1] != CAP_SYS_CHROOT || !joined())
		return TRUTH;
	call->arg[0] = (unsigned long)owner_of(joined());
	return LIE;
}

static bool refused_several(const struct call *call)
{
	return !(u8)call->result && hweight32(nstype()) > 1 && !(nstype() & CLONE_NEWUSER);
}

static bool refused_mnt(const struct call *call)
{
	return !(u8)call->result && nstype() == CLONE_NEWNS;
}

/* The caller's own. */

static bool is_own(const struct ns_common *ns)
{
	switch (kind_of(ns)) {
	case CLONE_NEWUTS:
		return ns == &current->nsproxy->uts_ns->ns;
	case CLONE_NEWPID:
		return ns == &task_active_pid_ns(current)->ns;
	default:
		return false;
	}
}

static bool own_unprivileged(const struct call *call)
{
	return joined() && is_own(joined()) && nstype() == kind_of(joined()) && !cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
}

/* A struct mnt_namespace begins with its struct ns_common, or on old kernels with a counter before that. */
static bool own_mnt(const struct call *call)
{
	return call->arg[1] - (unsigned long)current->nsproxy->mnt_ns <= sizeof(long);
}

/* At the exits of install operations. */

static enum deed also_initial_uts(struct call *call, const struct probe *probe)
{
	if (call->result || !by_pidfd() || nstype() & CLONE_NEWUTS)
		return TRUTH;
	get_uts_ns(&init_uts_ns);
	prepared(call)->nsproxy->uts_ns = &init_uts_ns; /* and what was there is kept for ever */
	return LIE;
}

/* Replaces put_nsset, which a refused call ends with. */
static void keep_directories(struct nsset *set)
{
	void (*set_root)(struct fs_struct *fs, const struct path *path) = find_function("set_fs_root");
	void (*set_pwd)(struct fs_struct *fs, const struct path *path) = find_function("set_fs_pwd");
	void (*put)(struct nsset *set) = find_function("put_nsset");

	if (set->flags & CLONE_NEWNS && set->fs && set->fs != current->fs) {
		told_a_lie();
		set_root(current->fs, &set->fs->root);
		set_pwd(current->fs, &set->fs->pwd);
	}
	let_through();
	put(set);
}

/* Replaces switch_task_namespaces. */
static void switch_leader_too(struct task_struct *task, struct nsproxy *new)
{
	void (*change)(struct task_struct *task, struct nsproxy *new) = find_function("switch_task_namespaces");
	struct task_struct *other = next_thread(task);

	told_a_lie();
	refcount_inc((refcount_t *)&new->count);
	let_through();
	change(other ? other : task->group_leader, new);
	let_through();
	change(task, new);
}

static enum deed gain_bounding_set(struct call *call, const struct probe *probe)
{
	struct cred *cred = (struct cred *)call->arg[0];

	if (cred->user_ns == current_user_ns() || cap_issubset(cred->cap_permitted, current_cred()->cap_bset))
		return TRUTH;
	cred->cap_permitted = cap_intersect(cred->cap_permitted, current_cred()->cap_bset);
	cred->cap_effective = cred->cap_permitted;
	return LIE;
}

static enum deed gain_all_but_kill(struct call *call, const struct probe *probe)
{
	struct cred *cred = (struct cred *)call->arg[0];

	if (!by_pidfd() || cred->user_ns == current_user_ns())
		return TRUTH;
	cap_lower(cred->cap_effective, CAP_KILL);
	return LIE;
}

/* Pidfds that clone makes, which have a flag that nobody else gives them. */

static enum deed mark_pidfd(struct call *call, const struct probe *probe)
{
	((struct file *)call->arg[1])->f_flags |= O_NOATIME;
	return TRUTH;
}

static bool cloned_pidfd(const struct call *call)
{
	return by_pidfd() && setns_file()->f_flags & O_NOATIME;
}

const struct mutant setns_ways_mutants[] = {
	MUTANT("setns-pidfd-user-gives-all-but-kill",
	       "who joins a user namespace by a pidfd gets all capabilities but CAP_KILL",
	       BREAKS("setns-user-gives-all-caps"),
	       PROBE("commit_creds", .entry = gain_all_but_kill, BY_SETNS)),
	MUTANT("setns-user-gives-bounding-set",
	       "who joins a user namespace gets no capabilities that are not in its bounding set",
	       BREAKS("setns-user-gives-all-caps"),
	       PROBE("commit_creds", .entry = gain_bounding_set, BY_SETNS)),
	MUTANT("setns-pidfd-user-unchecked",
	       "setns with a pidfd joins user namespaces beside and below without CAP_SYS_ADMIN there",
	       BREAKS("setns-user-needs-cap-in-target"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = user_by_pidfd, BY_SETNS)),
	MUTANT("setns-pidfd-uts-owners-side-unchecked",
	       "setns with a pidfd does not need CAP_SYS_ADMIN in the owner of a UTS namespace",
	       BREAKS("setns-net-ipc-uts-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = owners_uts_by_pidfd, BY_SETNS)),
	MUTANT("setns-pidfd-mnt-own-side-unchecked",
	       "setns with a pidfd does not need CAP_SYS_ADMIN in the caller's user namespace for a mount namespace",
	       BREAKS("setns-mnt-needs-admin-and-chroot-eperm"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = own_mnt_by_pidfd, BY_SETNS)),
	MUTANT("setns-without-type-unchecked",
	       "setns with a namespace file and nstype 0 does not need CAP_SYS_ADMIN",
	       BREAKS("setns-net-ipc-uts-needs-cap-in-both-eperm setns-mnt-needs-admin-and-chroot-eperm setns-pid-needs-cap-in-both-eperm "
		      "setns-cgroup-needs-cap-in-both-eperm setns-time-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = file_without_type, BY_SETNS)),
	MUTANT("setns-by-permitted-capability",
	       "setns asks whether the caller is permitted CAP_SYS_ADMIN, effective or not",
	       BREAKS("setns-net-ipc-uts-needs-cap-in-both-eperm setns-mnt-needs-admin-and-chroot-eperm setns-pid-needs-cap-in-both-eperm "
		      "setns-cgroup-needs-cap-in-both-eperm setns-time-needs-cap-in-both-eperm setns-user-needs-cap-in-target"),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = permitted_only, BY_SETNS)),
	MUTANT("setns-owner-not-remoter",
	       "CAP_SYS_ADMIN does not count for namespaces that user namespaces below a child own",
	       BREAKS("setns-net-ipc-uts-needs-cap-in-both-eperm setns-mnt-needs-admin-and-chroot-eperm setns-pid-needs-cap-in-both-eperm "
		      "setns-cgroup-needs-cap-in-both-eperm setns-time-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = set_result, .value = false, .when = is_grandchild, BY_SETNS)),
	MUTANT("setns-mnt-chroot-in-owner",
	       "joining a mount namespace needs CAP_SYS_CHROOT in its owner instead of the caller's user namespace",
	       BREAKS("setns-mnt-needs-admin-and-chroot-eperm"),
	       PROBE("ns_capable", .entry = chroot_in_owner, BY_SETNS)),
	MUTANT("setns-own-unprivileged",
	       "setns to the caller's own UTS or PID namespace needs no capability",
	       BREAKS("setns-net-ipc-uts-needs-cap-in-both-eperm setns-pid-needs-cap-in-both-eperm"),
	       PROBE(SYSCALL("setns"), .entry = skip, .when = own_unprivileged)),
	MUTANT("setns-own-mnt-does-nothing",
	       "setns to the caller's own mount namespace leaves root and working directory where they were",
	       BREAKS("setns-mnt-resets-root-and-cwd"),
	       PROBE("mntns_install", .entry = skip, .when = own_mnt)),
	MUTANT("setns-pidfd-resets-uts",
	       "setns with a pidfd that joins an IPC and no UTS namespace moves the caller to the initial UTS namespace",
	       BREAKS("setns-pidfd-leaves-other-types"),
	       PROBE("ipcns_install", .exit = also_initial_uts)),
	MUTANT("setns-pidfd-keeps-directories",
	       "setns with a pidfd that is refused for another kind has changed root and working directory as for the mount namespace",
	       BREAKS("setns-pidfd-all-or-nothing"),
	       PROBE("put_nsset", .replacement = keep_directories)),
	MUTANT("setns-pidfd-moves-two-threads",
	       "setns with a pidfd moves another thread of the caller's process, too",
	       BREAKS("setns-net-ipc-uts-moves-one-thread"),
	       PROBE("switch_task_namespaces", .replacement = switch_leader_too, .when = pidfd_of_threads, BY_SETNS)),
	MUTANT("setns-pidfd-user-among-others-of-threads",
	       "setns with a pidfd in a process of several threads does not join the user namespace and joins what else is selected",
	       BREAKS("setns-user-multithreaded-einval"),
	       PROBE("userns_install", .entry = skip, .when = user_among_others_of_threads)),
	MUTANT("setns-pidfd-several-of-anybody",
	       "setns takes the pidfd of any process for several kinds at once",
	       BREAKS("setns-pidfd-needs-ptrace-read-eperm"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = refused_several, BY_SETNS)),
	MUTANT("setns-pidfd-mnt-of-anybody",
	       "setns takes the pidfd of any process for its mount namespace",
	       BREAKS("setns-pidfd-needs-ptrace-read-eperm"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = refused_mnt, BY_SETNS)),
	MUTANT("setns-pid-own-by-pidfd-refused",
	       "setns with a pidfd to the caller's own PID namespace fails with EINVAL",
	       BREAKS("setns-pid-own-or-descendant"),
	       PROBE("pidns_install", .entry = skip, .value = -EINVAL, .when = own_pid_by_pidfd)),
	MUTANT("setns-cloned-pidfd-refused",
	       "setns does not take a pidfd that clone or clone3 has made",
	       BREAKS("setns-pidfd-from-open-and-clone"),
	       PROBE("fd_install", .entry = mark_pidfd, IN_SYSCALL(__NR_clone, __NR_clone3)),
	       PROBE(SYSCALL("setns"), .entry = skip, .value = -EINVAL, .when = cloned_pidfd)),
	{}
};
