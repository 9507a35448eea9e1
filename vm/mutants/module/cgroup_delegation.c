// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the files of cgroups and what a namespace may do with them. */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/fs_context.h>
#include <linux/kernfs.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "cgroup.h"

/* cgroup_file_write(file, text, length, offset) */

static struct file *written(const struct call *call)
{
	return ((struct kernfs_open_file *)call->arg[0])->file;
}

static const char *name_of(const struct call *call)
{
	return written(call)->f_path.dentry->d_name.name;
}

static struct cgroup *cgroup_of(const struct call *call)
{
	struct kernfs_node *directory = d_inode(written(call)->f_path.dentry->d_parent)->i_private;

	return directory->priv;
}

static bool is_outside(const struct call *call)
{
	return !is_initial() && !cgroup_is_descendant(cgroup_of(call), root_of_callers());
}

static bool is_subtree_control(const struct call *call)
{
	return !is_initial() && cgroup_of(call) == root_of_callers() && !strcmp(name_of(call), "cgroup.subtree_control");
}

static bool turns_controller_on(const struct call *call)
{
	return is_subtree_control(call) && *(const char *)call->arg[1] == '+' && cgroup_of(call)->subtree_control == 0;
}

/* cgroup_attach_permissions(source, destination, ...) */

static bool is_within(const struct call *call)
{
	return !is_initial() && cgroup_is_descendant((struct cgroup *)call->arg[0], root_of_callers()) &&
	       cgroup_is_descendant((struct cgroup *)call->arg[1], root_of_callers());
}

static bool moves_to_root(const struct call *call)
{
	return is_within(call) && (struct cgroup *)call->arg[1] == root_of_callers();
}

/* Who is being moved by whom: found at the exit of cgroup_procs_write_start. */
static struct task_struct *mover_of_stranger;

static enum deed compare_uids(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->result;

	mover_of_stranger = NULL;
	if (IS_ERR_OR_NULL(task) || uid_eq(current_euid(), GLOBAL_ROOT_UID))
		return TRUTH;
	rcu_read_lock();
	if (!uid_eq(current_euid(), __task_cred(task)->uid) && !uid_eq(current_euid(), __task_cred(task)->suid))
		mover_of_stranger = current;
	rcu_read_unlock();
	return TRUTH;
}

static bool moves_stranger(const struct call *call)
{
	return mover_of_stranger == current;
}

static bool is_foreign(const struct call *call)
{
	return !is_initial();
}

/* kernfs_iop_permission */
static bool opens_procs(const struct call *call)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 12, 0)
	struct inode *inode = (struct inode *)call->arg[0];
#else
	struct inode *inode = (struct inode *)call->arg[1];
#endif
	struct kernfs_node *node = inode->i_private;

	return !strcmp(node->name, "cgroup.procs");
}

/* cgroup_reconfigure(context) and cgroup_get_tree(context) */

static enum deed take_flags(struct call *call, const struct probe *probe)
{
	if (is_initial())
		return TRUTH;
	cgrp_dfl_root.flags &= ~CGRP_ROOT_NS_DELEGATE;
	cgrp_dfl_root.flags |= mounting(call)->flags & CGRP_ROOT_NS_DELEGATE;
	return LIE;
}

static enum deed refuse_flag(struct call *call, const struct probe *probe)
{
	if (is_initial() || !(mounting(call)->flags & CGRP_ROOT_NS_DELEGATE))
		return TRUTH;
	call->result = -EPERM;
	return SKIP;
}

const struct mutant cgroup_delegation_mutants[] = {
	MUTANT("cgroup-outside-read-only",
	       "files of cgroups outside of the writer's cgroup namespace cannot be written to",
	       BREAKS("cgroup-namespace-enforces-no-limits"),
	       PROBE("cgroup_file_write", .entry = skip, .value = -EPERM, .when = is_outside)),
	MUTANT("cgroup-root-takes-no-controllers",
	       "no controllers can be turned on at a cgroup namespace's root from inside",
	       BREAKS("cgroup-nsdelegate-root-core-files-writable"),
	       PROBE("cgroup_file_write", .entry = skip, .value = -EPERM, .when = turns_controller_on)),
	MUTANT("cgroup-children-refused",
	       "cgroups are made only from the initial cgroup namespace",
	       BREAKS("cgroup-nsdelegate-children-creatable"),
	       PROBE("cgroup_mkdir", .entry = skip, .value = -EPERM, .when = is_foreign)),
	MUTANT("cgroup-migration-to-root-refused",
	       "no process moves to a cgroup namespace's root from below it",
	       BREAKS("cgroup-nsdelegate-migration-within-works"),
	       PROBE("cgroup_attach_permissions", .exit = fail, .value = -ENOENT, .when = moves_to_root)),
	MUTANT("cgroup-migration-by-own-uid",
	       "a move in the version 2 hierarchy needs the uid of the process, as in version 1",
	       BREAKS("cgroup-delegatee-euid-need-not-match"),
	       PROBE("cgroup_procs_write_start", .exit = compare_uids),
	       PROBE("cgroup_attach_permissions", .exit = fail, .value = -EACCES, .when = moves_stranger)),
	MUTANT("cgroup-destination-not-asked",
	       "a move takes no permission on the destination",
	       BREAKS("cgroup-delegatee-needs-write-on-destination"),
	       PROBE("kernfs_iop_permission", .exit = succeed, .when = opens_procs, IN_SYSCALL(__NR_openat))),
	MUTANT("cgroup-nsdelegate-by-any-remount",
	       "a remount from any cgroup namespace turns nsdelegate on and off",
	       BREAKS("cgroup-nsdelegate-only-from-initial-namespace"),
	       PROBE("cgroup_reconfigure", .exit = take_flags)),
	MUTANT("cgroup-nsdelegate-elsewhere-eperm",
	       "a mount with nsdelegate outside of the initial cgroup namespace fails with EPERM",
	       BREAKS("cgroup-nsdelegate-only-from-initial-namespace"),
	       PROBE("cgroup_get_tree", .entry = refuse_flag)),
	{}
};
