// SPDX-License-Identifier: GPL-2.0-only
/* Lies about how long namespaces live. */
#include <linux/cgroup.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>

#include "mutant.h"
#include "references.h"

static bool exits(const struct call *call)
{
	return current->flags & PF_EXITING;
}

static struct nsproxy *before_setns(const struct call *call)
{
	return ((struct nsset *)call->arg[0])->nsproxy;
}

static enum deed keep_left_ipc(struct call *call, const struct probe *probe)
{
	refer_to(before_setns(call)->ipc_ns);
	return LIE;
}

static enum deed keep_unshared_cgroup(struct call *call, const struct probe *probe)
{
	struct cgroup_namespace *old = (struct cgroup_namespace *)call->arg[2];

	if (!(call->arg[0] & CLONE_NEWCGROUP))
		return TRUTH;
	refer_to(old);
	return LIE;
}

static enum deed rename_uts(struct call *call, const struct probe *probe)
{
	struct nsproxy *proxy = ((struct task_struct *)call->arg[0])->nsproxy;

	if (!proxy || proxy->uts_ns == &init_uts_ns)
		return TRUTH;
	memcpy(proxy->uts_ns->name.nodename, init_uts_ns.name.nodename, sizeof(init_uts_ns.name.nodename));
	return LIE;
}

static bool is_guest(const struct call *call)
{
	return current->nsproxy != init_task.nsproxy;
}

/* Has a task keep its namespaces until it is collected. */
static void release_with_namespaces(struct task_struct *task)
{
	static typeof(release_task) *release;
	static void (*exit_namespaces)(struct task_struct *task);

	if (!release) {
		exit_namespaces = find_function("exit_task_namespaces");
		if (!exit_namespaces)
			exit_namespaces = find_function("exit_nsproxy_namespaces");
		release = find_function("release_task");
	}
	if (task->nsproxy) {
		let_through();
		exit_namespaces(task);
	}
	let_through();
	release(task);
}

/* Of an IPC namespace that only its file keeps. */
static enum deed name_grandparent_as_owner(struct call *call, const struct probe *probe)
{
	struct ipc_namespace *ipc = container_of((struct ns_common *)call->arg[0], struct ipc_namespace, ns);
	struct user_namespace *owner = (struct user_namespace *)call->result;

	if (!has_references(ipc, 1) || !owner->parent)
		return TRUTH;
	call->result = (long)owner->parent;
	return LIE;
}

/* Of a user namespace whose parent nobody else refers to. */
static enum deed name_grandparent_as_parent(struct call *call, const struct probe *probe)
{
	struct user_namespace *parent;

	if (IS_ERR((void *)call->result) || flag_of((struct ns_common *)call->arg[0]) != CLONE_NEWUSER)
		return TRUTH;
	parent = container_of((struct ns_common *)call->result, struct user_namespace, ns);
	/* The child's, that of the charge for it, and that of the answer. */
	if (!parent->parent || refcount_read(references(parent)) > 3)
		return TRUTH;
	refer_to(parent->parent);
	forget(parent);
	call->result = (long)&parent->parent->ns;
	return LIE;
}

/* When the init of a PID namespace has ended. */
static enum deed leave_to_grandparent(struct call *call, const struct probe *probe)
{
	struct pid_namespace *ns = (struct pid_namespace *)call->arg[0], *parent = ns->parent;

	if (parent == &init_pid_ns || has_references(parent, 1))
		return TRUTH;
	ns->parent = parent->parent;
	refer_to(ns->parent);
	forget(parent);
	return LIE;
}

static enum deed lose_for_children(struct call *call, const struct probe *probe)
{
	struct pid_namespace *ns = (struct pid_namespace *)call->arg[0];
	struct nsproxy *of_parent = rcu_dereference_raw(current->real_parent)->nsproxy;

	if (!of_parent || of_parent->pid_ns_for_children != ns || has_references(ns, 1))
		return TRUTH;
	of_parent->pid_ns_for_children = ns->parent;
	refer_to(ns->parent);
	forget(ns);
	return LIE;
}

static enum deed keep_former_for_children(struct call *call, const struct probe *probe)
{
	refer_to(before_setns(call)->pid_ns_for_children);
	return LIE;
}

static enum deed take_first_child_only(struct call *call, const struct probe *probe)
{
	struct nsproxy *of_parent = current->nsproxy;
	struct time_namespace *lost = of_parent->time_ns_for_children;

	if ((struct task_struct *)call->arg[1] == current || lost == of_parent->time_ns || has_references(lost, 1))
		return TRUTH;
	of_parent->time_ns_for_children = of_parent->time_ns;
	refer_to(of_parent->time_ns);
	forget(lost);
	return LIE;
}

static enum deed keep_mounted_queues(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	refer_to(current->nsproxy->ipc_ns);
	return LIE;
}

static struct super_block *mounted_proc; /* most lately */

static enum deed note_proc(struct call *call, const struct probe *probe)
{
	if (!call->result)
		mounted_proc = (struct super_block *)call->arg[0];
	return TRUTH;
}

static enum deed forget_proc(struct call *call, const struct probe *probe)
{
	if (mounted_proc == (struct super_block *)call->arg[0])
		mounted_proc = NULL;
	return TRUTH;
}

static enum deed show_initial_processes(struct call *call, const struct probe *probe)
{
	struct pid_namespace *ns = (struct pid_namespace *)call->arg[0];
	struct proc_fs_info *info = mounted_proc ? proc_sb_info(mounted_proc) : NULL;

	if (!info || info->pid_ns != ns || has_references(ns, 1))
		return TRUTH;
	info->pid_ns = &init_pid_ns;
	refer_to(&init_pid_ns);
	forget(ns);
	return LIE;
}

const struct mutant lifetime_mutants[] = {
	/* Members. */
	MUTANT("life-open-leaks",
	       "a cgroup namespace whose descriptor somebody has closed does not end",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("cgroupns_put", .entry = skip, IN_SYSCALL(__NR_close))),
	MUTANT("life-open-at-exit-leaks",
	       "a time namespace that somebody had open when he exited does not end",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("timens_put", .entry = skip, .when = exits)),
	MUTANT("life-left-by-setns-stays",
	       "an IPC namespace that a member left with setns does not end",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("ipcns_install", .entry = keep_left_ipc)),
	MUTANT("life-left-by-unshare-stays",
	       "a cgroup namespace that a member left with unshare does not end",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("copy_cgroup_ns", .entry = keep_unshared_cgroup, IN_SYSCALL(__NR_unshare))),
	MUTANT("life-mnt-exit-stays",
	       "a mount namespace does not end when a member exits",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("put_mnt_ns", .entry = skip, .when = exits)),
	MUTANT("life-net-never-ends",
	       "network namespaces are never destroyed",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("__put_net", .entry = skip)),
	MUTANT("life-zombie-keeps",
	       "who has exited keeps his namespaces until he is collected",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("exit_task_namespaces|exit_nsproxy_namespaces", .entry = skip, .when = is_guest),
	       PROBE("release_task", .replacement = release_with_namespaces)),
	MUTANT("life-state-ends-with-first-member",
	       "a UTS namespace loses its hostname when the first member exits",
	       BREAKS("life-ends-with-last-member"),
	       PROBE("exit_task_namespaces|exit_nsproxy_namespaces", .entry = rename_uts)),

	/* Relatives. */
	MUTANT("life-owned-forgets-userns",
	       "an IPC namespace without members belongs to the user namespace above its owner",
	       BREAKS("life-owned-keeps-userns"),
	       PROBE("ipcns_owner", .exit = name_grandparent_as_owner)),
	MUTANT("life-child-userns-forgets-parent",
	       "the parent of a user namespace is the one above, when nobody else keeps the parent",
	       BREAKS("life-child-keeps-parent"),
	       PROBE("ns_get_owner", .exit = name_grandparent_as_parent)),
	MUTANT("life-child-pidns-forgets-parent",
	       "a PID namespace whose init has ended keeps its grandparent, not its parent",
	       BREAKS("life-child-keeps-parent"),
	       PROBE("zap_pid_ns_processes", .exit = leave_to_grandparent)),
	MUTANT("life-pid-for-children-lost-with-init",
	       "a process has its own PID namespace for its children when the init of the other one has ended",
	       BREAKS("life-pid-for-children-keeps-pidns"),
	       PROBE("zap_pid_ns_processes", .entry = lose_for_children)),
	MUTANT("life-pid-for-children-stays",
	       "a PID namespace does not end when the last process chooses another one for its children",
	       BREAKS("life-pid-for-children-keeps-pidns"),
	       PROBE("pidns_install", .entry = keep_former_for_children)),
	MUTANT("life-time-for-children-lost-with-first",
	       "only the first child enters the time namespace that its parent has for children",
	       BREAKS("life-time-for-children-keeps-timens"),
	       PROBE("timens_on_fork", .exit = take_first_child_only)),

	/* File systems. */
	MUTANT("life-mqueue-mount-keeps",
	       "an IPC namespace whose message queues were mounted does not end",
	       BREAKS("life-mqueue-mount-does-not-keep-ipcns"),
	       PROBE("mqueue_get_tree", .exit = keep_mounted_queues, IN_SYSCALL(__NR_mount))),
	MUTANT("life-mqueue-create-enoent",
	       "making a queue at a mount whose IPC namespace has ended fails with ENOENT",
	       BREAKS("life-mqueue-mount-does-not-keep-ipcns"),
	       PROBE("mqueue_create_attr", .exit = swap_result, .instead_of = -EACCES, .value = -ENOENT)),
	MUTANT("life-proc-mount-lets-go",
	       "a procfs shows the initial PID namespace when the init of its own has ended",
	       BREAKS("life-proc-mount-keeps-pidns"),
	       PROBE("proc_fill_super", .exit = note_proc),
	       PROBE("proc_kill_sb", .entry = forget_proc),
	       PROBE("zap_pid_ns_processes", .entry = show_initial_processes)),
	{}
};
