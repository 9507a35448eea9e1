// SPDX-License-Identifier: GPL-2.0-only
/* Lies about setns: who may join what. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>

#include <linux/fs_struct.h>

#include "setns.h"

/* At the exit of ns_capable: the user namespace and the capability asked about. */
static struct user_namespace *scope(const struct call *call)
{
	return (struct user_namespace *)call->arg[0];
}

static bool asks_for(const struct call *call, int capability)
{
	return (int)call->arg[1] == capability;
}

/* What a kind's namespaces need in the caller's user namespace, and in the owner's. */

static enum deed own_side_unchecked(struct call *call, const struct probe *probe)
{
	if (!joins(probe->value) || !asks_for(call, CAP_SYS_ADMIN) || scope(call) != current_user_ns() || (u8)call->result)
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed owners_side_unchecked(struct call *call, const struct probe *probe)
{
	if (!joins(probe->value) || !asks_for(call, CAP_SYS_ADMIN) || scope(call) == current_user_ns() || (u8)call->result)
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed chroot_unchecked(struct call *call, const struct probe *probe)
{
	if (!asks_for(call, CAP_SYS_CHROOT) || (u8)call->result)
		return TRUTH;
	call->result = true;
	return LIE;
}

/* For user namespaces. */

static enum deed check_in_own(struct call *call, const struct probe *probe)
{
	if (!joins(CLONE_NEWUSER))
		return TRUTH;
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static enum deed root_may(struct call *call, const struct probe *probe)
{
	if (!joins(CLONE_NEWUSER) || (u8)call->result || !uid_eq(current_euid(), GLOBAL_ROOT_UID) ||
	    !in_or_below(scope(call), current_user_ns()))
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed real_owner_may(struct call *call, const struct probe *probe)
{
	if (!joins(CLONE_NEWUSER) || (u8)call->result || !uid_eq(current_uid(), scope(call)->owner) ||
	    scope(call)->parent != current_user_ns())
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed owner_may_not_below(struct call *call, const struct probe *probe)
{
	if (!joins(CLONE_NEWUSER) || !(u8)call->result || scope(call)->parent == current_user_ns() ||
	    cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN))
		return TRUTH;
	call->result = false;
	return LIE;
}

static enum deed child_may(struct call *call, const struct probe *probe)
{
	if (!joins(CLONE_NEWUSER) || (u8)call->result || current_user_ns()->parent != scope(call))
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed joiner_may_all(struct call *call, const struct probe *probe)
{
	if (!(nstype() & CLONE_NEWUSER) || nstype() == CLONE_NEWUSER || (u8)call->result)
		return TRUTH;
	call->result = true;
	return LIE;
}

static bool is_own_user(const struct call *call)
{
	return container_of((struct ns_common *)call->arg[1], struct user_namespace, ns) == current_user_ns();
}

static bool is_parent_user(const struct call *call)
{
	return container_of((struct ns_common *)call->arg[1], struct user_namespace, ns) == current_user_ns()->parent;
}

static bool has_threads(const struct call *call)
{
	return !thread_group_empty(current);
}

static bool joins_user_unprivileged(const struct call *call)
{
	return prepared(call)->flags & CLONE_NEWUSER && !cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
}

static enum deed give_capabilities_back(struct call *call, const struct probe *probe)
{
	struct cred *cred = (struct cred *)prepared(call)->cred;

	cred->cap_permitted = CAP_FULL_SET;
	cred->cap_effective = CAP_FULL_SET;
	call->result = 0;
	return SKIP;
}

static enum deed gain_all_but_kill(struct call *call, const struct probe *probe)
{
	struct cred *cred = (struct cred *)call->arg[0];

	if (cred->user_ns == current_user_ns())
		return TRUTH;
	cap_lower(cred->cap_effective, CAP_KILL);
	return LIE;
}

static enum deed gain_nothing_unless_root(struct call *call, const struct probe *probe)
{
	struct cred *cred = (struct cred *)call->arg[0];

	if (cred->user_ns == current_user_ns() || uid_eq(cred->euid, cred->user_ns->owner) || uid_eq(cred->euid, GLOBAL_ROOT_UID))
		return TRUTH;
	cap_clear(cred->cap_effective);
	return LIE;
}

/* Replaces userns_install. */
static int join_user_alone(struct nsset *set, struct ns_common *ns)
{
	int (*install)(struct nsset *set, struct ns_common *ns) = find_function("userns_install");

	if (current->fs->users > 1 && thread_group_empty(current) && !unshare_fs_struct())
		told_a_lie();
	let_through();
	return install(set, ns);
}

/* For ptrace_may_access. */

static bool refused_access(const struct call *call)
{
	return !(u8)call->result;
}

static bool refused_administrator(const struct call *call)
{
	return refused_access(call) && cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
}

static bool same_uid_refused(const struct call *call)
{
	struct task_struct *task = (struct task_struct *)call->arg[0];
	bool same;

	rcu_read_lock();
	same = uid_eq(current_uid(), __task_cred(task)->uid);
	rcu_read_unlock();
	return same && refused_access(call);
}

static enum deed check_fs_ids(struct call *call, const struct probe *probe)
{
	call->arg[1] = PTRACE_MODE_READ_FSCREDS;
	return LIE;
}

const struct mutant setns_permission_mutants[] = {
	MUTANT("setns-mnt-own-side-unchecked",
	       "joining a mount namespace does not need CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("setns-mnt-needs-admin-and-chroot-eperm"),
	       PROBE("ns_capable", .exit = own_side_unchecked, .value = CLONE_NEWNS, BY_SETNS)),
	MUTANT("setns-mnt-owners-side-unchecked",
	       "joining a mount namespace does not need CAP_SYS_ADMIN in its owner",
	       BREAKS("setns-mnt-needs-admin-and-chroot-eperm"),
	       PROBE("ns_capable", .exit = owners_side_unchecked, .value = CLONE_NEWNS, BY_SETNS)),
	MUTANT("setns-mnt-chroot-unchecked",
	       "joining a mount namespace does not need CAP_SYS_CHROOT",
	       BREAKS("setns-mnt-needs-admin-and-chroot-eperm"),
	       PROBE("ns_capable", .exit = chroot_unchecked, BY_SETNS)),
	MUTANT("setns-pid-own-side-unchecked",
	       "joining a PID namespace does not need CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("setns-pid-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = own_side_unchecked, .value = CLONE_NEWPID, BY_SETNS)),
	MUTANT("setns-pid-owners-side-unchecked",
	       "joining a PID namespace does not need CAP_SYS_ADMIN in its owner",
	       BREAKS("setns-pid-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = owners_side_unchecked, .value = CLONE_NEWPID, BY_SETNS)),
	MUTANT("setns-cgroup-own-side-unchecked",
	       "joining a cgroup namespace does not need CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("setns-cgroup-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = own_side_unchecked, .value = CLONE_NEWCGROUP, BY_SETNS)),
	MUTANT("setns-time-owners-side-unchecked",
	       "joining a time namespace does not need CAP_SYS_ADMIN in its owner",
	       BREAKS("setns-time-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = owners_side_unchecked, .value = CLONE_NEWTIME, BY_SETNS)),
	MUTANT("setns-net-own-side-unchecked",
	       "joining a network namespace does not need CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("setns-net-ipc-uts-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = own_side_unchecked, .value = CLONE_NEWNET, BY_SETNS)),
	MUTANT("setns-ipc-owners-side-unchecked",
	       "joining an IPC namespace does not need CAP_SYS_ADMIN in its owner",
	       BREAKS("setns-net-ipc-uts-needs-cap-in-both-eperm"),
	       PROBE("ns_capable", .exit = owners_side_unchecked, .value = CLONE_NEWIPC, BY_SETNS)),
	MUTANT("setns-uts-eacces",
	       "joining a UTS namespace without the capabilities fails with EACCES",
	       BREAKS("setns-net-ipc-uts-needs-cap-in-both-eperm"),
	       PROBE("utsns_install", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES)),

	MUTANT("setns-user-checks-callers-own",
	       "joining a user namespace needs CAP_SYS_ADMIN in the caller's own",
	       BREAKS("setns-user-needs-cap-in-target setns-user-ancestor-eperm"),
	       PROBE("ns_capable", .entry = check_in_own, BY_SETNS)),
	MUTANT("setns-user-root-needs-no-capability",
	       "root may join the user namespaces below without any capability",
	       BREAKS("setns-user-needs-cap-in-target"),
	       PROBE("ns_capable", .exit = root_may, BY_SETNS)),
	MUTANT("setns-user-owner-by-real-uid",
	       "who has the owner's uid as the real one may join a user namespace, too",
	       BREAKS("setns-user-needs-cap-in-target"),
	       PROBE("ns_capable", .exit = real_owner_may, BY_SETNS)),
	MUTANT("setns-user-owner-not-of-descendants",
	       "the owner of a user namespace may join it but not those below it",
	       BREAKS("setns-user-needs-cap-in-target"),
	       PROBE("ns_capable", .exit = owner_may_not_below, BY_SETNS)),
	MUTANT("setns-user-parent-allowed",
	       "whoever is in a user namespace may join the parent",
	       BREAKS("setns-user-ancestor-eperm"),
	       PROBE("ns_capable", .exit = child_may, BY_SETNS)),
	MUTANT("setns-user-parent-einval",
	       "joining the parent user namespace fails with EINVAL",
	       BREAKS("setns-user-ancestor-eperm"),
	       PROBE("userns_install", .exit = swap_result, .instead_of = -EPERM, .value = -EINVAL, .when = is_parent_user)),
	MUTANT("setns-user-own-succeeds",
	       "joining the caller's own user namespace succeeds and does nothing",
	       BREAKS("setns-user-own-einval"),
	       PROBE("userns_install", .entry = skip, .when = is_own_user)),
	MUTANT("setns-user-own-gives-capabilities",
	       "joining the caller's own user namespace gives it all capabilities",
	       BREAKS("setns-user-own-einval"),
	       PROBE("userns_install", .entry = give_capabilities_back, .when = is_own_user)),
	MUTANT("setns-user-threads-succeed",
	       "joining a user namespace in a process of several threads succeeds and does nothing",
	       BREAKS("setns-user-multithreaded-einval"),
	       PROBE("userns_install", .entry = skip, .when = has_threads)),
	MUTANT("setns-user-threads-eusers",
	       "joining a user namespace in a process of several threads fails with EUSERS",
	       BREAKS("setns-user-multithreaded-einval"),
	       PROBE("userns_install", .exit = swap_result, .instead_of = -EINVAL, .value = -EUSERS, .when = has_threads)),
	MUTANT("setns-user-unshares-fs",
	       "a caller that shares its root and working directory joins a user namespace and shares them no longer",
	       BREAKS("setns-user-shared-fs-einval"),
	       PROBE("userns_install", .replacement = join_user_alone)),
	MUTANT("setns-user-gives-all-but-kill",
	       "who joins a user namespace gets all capabilities but CAP_KILL",
	       BREAKS("setns-user-gives-all-caps"),
	       PROBE("commit_creds", .entry = gain_all_but_kill, BY_SETNS)),
	MUTANT("setns-user-gives-strangers-nothing",
	       "who is neither root nor the owner joins a user namespace without getting capabilities",
	       BREAKS("setns-user-gives-all-caps"),
	       PROBE("commit_creds", .entry = gain_nothing_unless_root, BY_SETNS)),

	MUTANT("setns-pidfd-user-does-not-help",
	       "setns with a pidfd checks the capabilities for a UTS namespace before it joins the user namespace",
	       BREAKS("setns-pidfd-user-first"),
	       PROBE("utsns_install", .entry = skip, .value = -EPERM, .when = joins_user_unprivileged)),
	MUTANT("setns-pidfd-user-opens-all",
	       "setns with a pidfd that joins a user namespace joins everything else unchecked",
	       BREAKS("setns-pidfd-user-first setns-pidfd-all-or-nothing"),
	       PROBE("ns_capable", .exit = joiner_may_all, BY_SETNS)),
	MUTANT("setns-pidfd-of-anybody",
	       "setns takes the pidfd of any process",
	       BREAKS("setns-pidfd-needs-ptrace-read-eperm"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = refused_access, BY_SETNS)),
	MUTANT("setns-pidfd-by-administrator",
	       "setns lets CAP_SYS_ADMIN do for the process of a pidfd what needs CAP_SYS_PTRACE",
	       BREAKS("setns-pidfd-needs-ptrace-read-eperm"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = refused_administrator, BY_SETNS)),
	MUTANT("setns-pidfd-by-uid-alone",
	       "setns takes the pidfd of any process of the caller's real uid, whatever its gid and whether dumpable or not",
	       BREAKS("setns-pidfd-needs-ptrace-read-eperm"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = same_uid_refused, BY_SETNS)),
	MUTANT("setns-pidfd-by-fs-ids",
	       "setns compares the caller's ids for the file system with those of the process of a pidfd",
	       BREAKS("setns-pidfd-needs-ptrace-read-eperm"),
	       PROBE("ptrace_may_access", .entry = check_fs_ids, BY_SETNS)),
	{}
};
