// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what unshare gives the caller. */
#include <linux/ipc_namespace.h>
#include <linux/utsname.h>

#include "unshare.h"

static bool nothing_asked(const struct call *call)
{
	return !call->arg[0];
}

static bool files_alone(const struct call *call)
{
	return call->arg[0] == CLONE_FILES;
}

static bool fs_without_namespaces(const struct call *call)
{
	return wants(call, CLONE_FS) && !(call->arg[0] & NEW_NAMESPACES);
}

static bool from_nested_uts(const struct call *call)
{
	return current->nsproxy->uts_ns != &init_uts_ns;
}

static bool from_nested_ipc(const struct call *call)
{
	return current->nsproxy->ipc_ns != init_task.nsproxy->ipc_ns;
}

static bool from_nested_net(const struct call *call)
{
	return current->nsproxy->net_ns != init_task.nsproxy->net_ns;
}

static bool from_nested_mnt(const struct call *call)
{
	return current->nsproxy->mnt_ns != init_task.nsproxy->mnt_ns;
}

static bool cgroup_alone(const struct call *call)
{
	return syscall_arg(0) == CLONE_NEWCGROUP && !has_threads();
}

static bool by_thread(const struct call *call)
{
	return has_threads() && !thread_group_leader(current);
}

static enum deed forget_domain(struct call *call, const struct probe *probe)
{
	struct uts_namespace *uts = (struct uts_namespace *)call->result;

	if (IS_ERR(uts) || !(call->arg[0] & CLONE_NEWUTS))
		return TRUTH;
	strcpy(uts->name.domainname, "(none)");
	return LIE;
}

static bool newuser_sharing_fs(const struct call *call)
{
	return wants(call, CLONE_NEWUSER) && !wants(call, CLONE_FS) && current->fs->users > 1 && !has_threads();
}

/* Replace unshare_nsproxy_namespaces: what was shared follows the caller into the new mount namespace. */

typedef int unshare_nsproxy(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs);

static int unshare_and_take_along(const char *setter, const struct path *path,
				  unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	unshare_nsproxy *original = find_function("unshare_nsproxy_namespaces");
	void (*set)(struct fs_struct *fs, const struct path *path) = find_function(setter);
	int error;

	let_through();
	error = original(flags, proxy, cred, fs);
	if (!error && flags & CLONE_NEWNS && fs && fs != current->fs) {
		told_a_lie();
		set(current->fs, path);
	}
	return error;
}

static int take_cwd_along(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	return unshare_and_take_along("set_fs_pwd", &fs->pwd, flags, proxy, cred, fs);
}

static int take_root_along(unsigned long flags, struct nsproxy **proxy, struct cred *cred, struct fs_struct *fs)
{
	return unshare_and_take_along("set_fs_root", &fs->root, flags, proxy, cred, fs);
}

/* Replaces switch_task_namespaces. */
static void switch_leader_too(struct task_struct *task, struct nsproxy *new)
{
	void (*change)(struct task_struct *task, struct nsproxy *new) = find_function("switch_task_namespaces");

	told_a_lie();
	refcount_inc((refcount_t *)&new->count);
	let_through();
	change(task->group_leader, new);
	let_through();
	change(task, new);
}

const struct mutant unshare_mutants[] = {
	MUTANT("unshare-nothing-unshares-fs",
	       "unshare without flags gives the caller a root and working directory of its own",
	       BREAKS("unshare-nothing-changes-nothing"),
	       PROBE("ksys_unshare", .entry = add_flags, .value = CLONE_FS, .when = nothing_asked)),
	MUTANT("unshare-nothing-einval",
	       "unshare without flags fails with EINVAL",
	       BREAKS("unshare-nothing-changes-nothing"),
	       PROBE("ksys_unshare", .entry = skip, .value = -EINVAL, .when = nothing_asked)),
	MUTANT("unshare-files-does-nothing",
	       "unshare with CLONE_FILES alone changes nothing",
	       BREAKS("unshare-files-private-table"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_FILES, .when = files_alone)),
	MUTANT("unshare-fs-does-nothing",
	       "unshare with CLONE_FS changes nothing unless it is asked for a namespace, too",
	       BREAKS("unshare-fs-private-root-cwd-umask"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_FS, .when = fs_without_namespaces)),
	MUTANT("unshare-newns-takes-cwd-along",
	       "unshare with CLONE_NEWNS moves the working directory of those who shared it to the new mount namespace",
	       BREAKS("unshare-newns-implies-fs"),
	       PROBE("unshare_nsproxy_namespaces", .replacement = take_cwd_along)),
	MUTANT("unshare-newns-takes-root-along",
	       "unshare with CLONE_NEWNS moves the root of those who shared it to the new mount namespace",
	       BREAKS("unshare-newns-implies-fs"),
	       PROBE("unshare_nsproxy_namespaces", .replacement = take_root_along)),
	MUTANT("unshare-newuser-sharing-fs-einval",
	       "unshare with CLONE_NEWUSER by a process that shares its root and working directory fails with EINVAL",
	       BREAKS("unshare-newuser-implies-fs"),
	       PROBE("ksys_unshare", .entry = skip, .value = -EINVAL, .when = newuser_sharing_fs)),

	MUTANT("unshare-newuts-once",
	       "unshare with CLONE_NEWUTS does nothing outside of the initial UTS namespace",
	       BREAKS("unshare-newuts-moves-caller-to-copy"),
	       PROBE("copy_utsname", .entry = drop_flags, .value = CLONE_NEWUTS, .when = from_nested_uts, BY_UNSHARE)),
	MUTANT("unshare-newuts-loses-domainname",
	       "unshare with CLONE_NEWUTS copies the hostname and not the domain name",
	       BREAKS("unshare-newuts-moves-caller-to-copy"),
	       PROBE("copy_utsname", .exit = forget_domain, BY_UNSHARE)),
	MUTANT("unshare-newipc-once",
	       "unshare with CLONE_NEWIPC does nothing outside of the initial IPC namespace",
	       BREAKS("unshare-newipc-moves-caller"),
	       PROBE("copy_ipcs", .entry = drop_flags, .value = CLONE_NEWIPC, .when = from_nested_ipc, BY_UNSHARE)),
	MUTANT("unshare-newnet-once",
	       "unshare with CLONE_NEWNET does nothing outside of the initial network namespace",
	       BREAKS("unshare-newnet-moves-caller"),
	       PROBE("copy_net_ns", .entry = drop_flags, .value = CLONE_NEWNET, .when = from_nested_net, BY_UNSHARE)),
	MUTANT("unshare-newns-once",
	       "unshare with CLONE_NEWNS does nothing outside of the initial mount namespace",
	       BREAKS("unshare-newns-moves-caller-to-copy"),
	       PROBE("copy_mnt_ns", .entry = drop_flags, .value = CLONE_NEWNS, .when = from_nested_mnt, BY_UNSHARE)),
	MUTANT("unshare-newcgroup-alone-does-nothing",
	       "unshare with CLONE_NEWCGROUP and nothing else changes nothing",
	       BREAKS("unshare-newcgroup-moves-caller"),
	       PROBE("copy_cgroup_ns", .entry = drop_flags, .value = CLONE_NEWCGROUP, .when = cgroup_alone, BY_UNSHARE)),
	MUTANT("unshare-newcgroup-not-by-threads",
	       "unshare with CLONE_NEWCGROUP does nothing in any but the first thread",
	       BREAKS("unshare-one-thread-moves-alone"),
	       PROBE("copy_cgroup_ns", .entry = drop_flags, .value = CLONE_NEWCGROUP, .when = by_thread, BY_UNSHARE)),
	MUTANT("unshare-thread-takes-leader-along",
	       "unshare by another thread than the first moves this one, too",
	       BREAKS("unshare-one-thread-moves-alone"),
	       PROBE("switch_task_namespaces", .replacement = switch_leader_too, .when = by_thread, BY_UNSHARE)),
	{}
};
