// SPDX-License-Identifier: GPL-2.0-only
/* Lies about setns: directories, PID namespaces and threads. */
#include <linux/fs_struct.h>
#include <linux/namei.h>
#include <linux/sched/signal.h>

#include "setns.h"

static bool has_threads(const struct call *call)
{
	return !thread_group_empty(current);
}

static bool of_caller_itself(const struct call *call)
{
	return (struct fs_struct *)call->arg[0] == current->fs;
}

static bool joins_several(const struct call *call)
{
	return of_caller_itself(call) && hweight32(nstype()) > 1;
}

/* For pidns_install. */

static struct pid_namespace *wanted(const struct call *call)
{
	return container_of((struct ns_common *)call->arg[1], struct pid_namespace, ns);
}

static bool is_own_pid(const struct call *call)
{
	return wanted(call) == task_active_pid_ns(current);
}

static bool is_grandchild(const struct call *call)
{
	return wanted(call)->level > task_active_pid_ns(current)->level + 1;
}

static bool is_parent_pid(const struct call *call)
{
	return wanted(call) == task_active_pid_ns(current)->parent;
}

static bool is_deeper(const struct call *call)
{
	return wanted(call)->level >= task_active_pid_ns(current)->level;
}

static int set_childrens(struct nsset *set, struct ns_common *ns)
{
	told_a_lie();
	put_pid_ns(set->nsproxy->pid_ns_for_children);
	set->nsproxy->pid_ns_for_children = get_pid_ns(container_of(ns, struct pid_namespace, ns));
	return 0;
}

static bool has_parted(const struct call *call)
{
	return current->nsproxy && current->nsproxy->pid_ns_for_children != task_active_pid_ns(current);
}

static enum deed number_for_children(struct call *call, const struct probe *probe)
{
	call->result = task_tgid_nr_ns(current, current->nsproxy->pid_ns_for_children);
	return LIE;
}

/* Replaces mntns_install. */
static int join_mnt_alone(struct nsset *set, struct ns_common *ns)
{
	int (*install)(struct nsset *set, struct ns_common *ns) = find_function("mntns_install");

	if (current->fs->users > 1 && set->fs == current->fs && !unshare_fs_struct()) {
		told_a_lie();
		set->fs = current->fs;
	}
	let_through();
	return install(set, ns);
}

/* Replaces switch_task_namespaces. */
static void switch_other_thread(struct task_struct *task, struct nsproxy *new)
{
	void (*change)(struct task_struct *task, struct nsproxy *new) = find_function("switch_task_namespaces");
	struct task_struct *other;

	rcu_read_lock();
	other = next_thread(task);
	if (!other)
		other = task->group_leader;
	get_task_struct(other);
	rcu_read_unlock();
	told_a_lie();
	refcount_inc((refcount_t *)&new->count);
	let_through();
	change(other, new);
	let_through();
	change(task, new);
	put_task_struct(other);
}

const struct mutant setns_effects_mutants[] = {
	MUTANT("setns-mnt-keeps-cwd",
	       "setns to a mount namespace leaves the caller's working directory where it was",
	       BREAKS("setns-mnt-resets-root-and-cwd"),
	       PROBE("set_fs_pwd", .entry = skip, .when = of_caller_itself, BY_SETNS)),
	MUTANT("setns-mnt-keeps-root",
	       "setns to a mount namespace leaves the caller's root where it was",
	       BREAKS("setns-mnt-resets-root-and-cwd"),
	       PROBE("set_fs_root", .entry = skip, .when = of_caller_itself, BY_SETNS)),
	MUTANT("setns-mnt-among-others-keeps-cwd",
	       "setns to a mount namespace and others leaves the caller's working directory where it was",
	       BREAKS("setns-mnt-resets-root-and-cwd"),
	       PROBE("set_fs_pwd", .entry = skip, .when = joins_several, BY_SETNS)),
	MUTANT("setns-mnt-root-below-mounts",
	       "setns to a mount namespace does not see what is mounted on the root there",
	       BREAKS("setns-mnt-resets-root-and-cwd"),
	       PROBE("vfs_path_lookup", .entry = drop_flags, .index = 3, .value = LOOKUP_DOWN, BY_SETNS)),
	MUTANT("setns-mnt-unshares-fs",
	       "a caller that shares its root and working directory joins a mount namespace and shares them no longer",
	       BREAKS("setns-mnt-shared-fs-einval"),
	       PROBE("mntns_install", .replacement = join_mnt_alone)),

	MUTANT("setns-pid-own-refused",
	       "setns to the caller's own PID namespace fails with EINVAL",
	       BREAKS("setns-pid-own-or-descendant"),
	       PROBE("pidns_install", .entry = skip, .value = -EINVAL, .when = is_own_pid)),
	MUTANT("setns-pid-grandchild-refused",
	       "setns takes children of the caller's PID namespace and no remoter descendants",
	       BREAKS("setns-pid-own-or-descendant"),
	       PROBE("pidns_install", .entry = skip, .value = -EINVAL, .when = is_grandchild)),
	MUTANT("setns-pid-parent-allowed",
	       "setns takes the parent of the caller's PID namespace",
	       BREAKS("setns-pid-ancestor-or-unrelated-einval"),
	       PROBE("pidns_install", .replacement = set_childrens, .when = is_parent_pid)),
	MUTANT("setns-pid-compares-depth-only",
	       "setns takes any PID namespace that is not less deep than the caller's",
	       BREAKS("setns-pid-ancestor-or-unrelated-einval"),
	       PROBE("pidns_install", .replacement = set_childrens, .when = is_deeper)),
	MUTANT("setns-pid-ancestor-eperm",
	       "setns to the parent of the caller's PID namespace fails with EPERM",
	       BREAKS("setns-pid-ancestor-or-unrelated-einval"),
	       PROBE("pidns_install", .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM, .when = is_parent_pid)),
	MUTANT("setns-pid-changes-getpid",
	       "getpid answers as the PID namespace of the caller's children would",
	       BREAKS("setns-pid-moves-only-children"),
	       PROBE(SYSCALL("getpid"), .exit = number_for_children, .when = has_parted)),

	MUTANT("setns-time-threads-succeed",
	       "setns to a time namespace in a process of several threads moves the calling one",
	       BREAKS("setns-time-multithreaded-eusers"),
	       PROBE("current_is_single_threaded", .exit = set_result, .value = true, .when = has_threads, BY_SETNS)),
	MUTANT("setns-time-threads-einval",
	       "setns to a time namespace in a process of several threads fails with EINVAL",
	       BREAKS("setns-time-multithreaded-eusers"),
	       PROBE("timens_install", .exit = swap_result, .instead_of = -EUSERS, .value = -EINVAL)),
	MUTANT("setns-net-threads-refused",
	       "setns to a network namespace in a process of several threads fails with EINVAL",
	       BREAKS("setns-net-ipc-uts-moves-one-thread"),
	       PROBE("netns_install", .entry = skip, .value = -EINVAL, .when = has_threads)),
	MUTANT("setns-moves-two-threads",
	       "setns moves another thread of the caller's process, too",
	       BREAKS("setns-net-ipc-uts-moves-one-thread"),
	       PROBE("switch_task_namespaces", .replacement = switch_other_thread, .when = has_threads, BY_SETNS)),
	{}
};
