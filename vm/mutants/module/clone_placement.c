// SPDX-License-Identifier: GPL-2.0-only
/* Lies about CLONE_INTO_CGROUP, and about what a failed clone leaves. */
#include <linux/cgroup.h>
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/user_namespace.h>

#include "clone.h"
#include "limits.h"

/* At the exit of copy_clone_args_from_user. */
static enum deed forget_cgroup(struct call *call, const struct probe *probe)
{
	if (call->result || !has_all(call, CLONE_INTO_CGROUP))
		return TRUTH;
	given(call)->flags &= ~CLONE_INTO_CGROUP;
	return LIE;
}

static enum deed always_into_cgroup(struct call *call, const struct probe *probe)
{
	if (call->result || has_all(call, CLONE_INTO_CGROUP) || !given(call)->cgroup)
		return TRUTH;
	given(call)->flags |= CLONE_INTO_CGROUP;
	return LIE;
}

/* For cgroup_can_fork(child, arguments). */

static struct kernel_clone_args *wanted(const struct call *call)
{
	return (struct kernel_clone_args *)call->arg[1];
}

static bool into_cgroup(const struct call *call)
{
	return wanted(call)->flags & CLONE_INTO_CGROUP;
}

static bool cgroup_is_path(const struct call *call)
{
	struct fdtable *table = rcu_dereference_raw(current->files->fdt);
	unsigned int fd = wanted(call)->cgroup;
	struct file *file = fd < table->max_fds ? rcu_dereference_raw(table->fd[fd]) : NULL;

	return into_cgroup(call) && file && file->f_mode & FMODE_PATH;
}

static bool with_vfork(const struct call *call)
{
	return into_cgroup(call) && wanted(call)->flags & CLONE_VFORK;
}

static int fork_instead(struct task_struct *child, struct kernel_clone_args *args, int error)
{
	int (*can_fork)(struct task_struct *child, struct kernel_clone_args *args) = find_function("cgroup_can_fork");
	int result;

	let_through();
	result = can_fork(child, args);
	if (result != error)
		return result;
	told_a_lie();
	args->flags &= ~CLONE_INTO_CGROUP;
	let_through();
	return can_fork(child, args);
}

static int parents_if_forbidden(struct task_struct *child, struct kernel_clone_args *args)
{
	return fork_instead(child, args, -EACCES);
}

static int parents_if_busy(struct task_struct *child, struct kernel_clone_args *args)
{
	return fork_instead(child, args, -EBUSY);
}

static int parents_if_invalid(struct task_struct *child, struct kernel_clone_args *args)
{
	return fork_instead(child, args, -EOPNOTSUPP);
}

/* For find_css_set(old, cgroup): the child's version 1 cgroups are those of the old set. */
static enum deed begin_at_roots(struct call *call, const struct probe *probe)
{
	if (!clones_with(CLONE_INTO_CGROUP))
		return TRUTH;
	call->arg[0] = (unsigned long)rcu_dereference_raw(init_task.cgroups);
	return LIE;
}

static bool clone_fails(const struct call *call)
{
	return current->nsproxy && !(current->flags & PF_KTHREAD);
}

static bool keeps_uts(const struct call *call)
{
	return returns_uts(call) && clone_fails(call);
}

static bool keeps_cgroup(const struct call *call)
{
	return returns_cgroup(call) && clone_fails(call);
}

const struct mutant clone_placement_mutants[] = {
	MUTANT("clone-into-cgroup-ignored",
	       "CLONE_INTO_CGROUP leaves the child in its parent's cgroup",
	       BREAKS("clone-into-cgroup-starts-child-there"),
	       PROBE("copy_clone_args_from_user", .exit = forget_cgroup)),
	MUTANT("clone-into-cgroup-without-flag",
	       "clone3 starts the child in the cgroup of the descriptor without the flag, too",
	       BREAKS("clone-into-cgroup-starts-child-there"),
	       PROBE("copy_clone_args_from_user", .exit = always_into_cgroup)),
	MUTANT("clone-into-cgroup-path-ebadf",
	       "CLONE_INTO_CGROUP does not take a descriptor opened with O_PATH",
	       BREAKS("clone-into-cgroup-starts-child-there"),
	       PROBE("cgroup_can_fork", .entry = skip, .value = -EBADF, .when = cgroup_is_path)),
	MUTANT("clone-into-cgroup-v1-roots",
	       "CLONE_INTO_CGROUP puts the child into the roots of all version 1 hierarchies",
	       BREAKS("clone-into-cgroup-keeps-v1"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("find_css_set", .entry = begin_at_roots, BY_CLONE3)),
	MUTANT("clone-into-cgroup-forbidden-shares",
	       "CLONE_INTO_CGROUP against the rules leaves the child in its parent's cgroup",
	       BREAKS("clone-into-cgroup-placement-eacces"),
	       PROBE("cgroup_can_fork", .replacement = parents_if_forbidden, .when = into_cgroup)),
	MUTANT("clone-into-cgroup-ancestor-unchecked",
	       "CLONE_INTO_CGROUP needs no permission for the cgroup above both",
	       BREAKS("clone-into-cgroup-placement-eacces"),
	       PROBE("cgroup_attach_permissions", .exit = swap_result, .instead_of = -EACCES, .value = 0, BY_CLONE3)),
	MUTANT("clone-into-cgroup-forbidden-eperm",
	       "CLONE_INTO_CGROUP against the rules fails with EPERM",
	       BREAKS("clone-into-cgroup-placement-eacces"),
	       PROBE("cgroup_can_fork", .exit = swap_result, .instead_of = -EACCES, .value = -EPERM, .when = into_cgroup)),
	MUTANT("clone-into-cgroup-busy-shares",
	       "CLONE_INTO_CGROUP with a cgroup that has a domain controller enabled leaves the child in its parent's",
	       BREAKS("clone-into-cgroup-domain-controller-ebusy"),
	       PROBE("cgroup_can_fork", .replacement = parents_if_busy, .when = into_cgroup)),
	MUTANT("clone-into-cgroup-busy-eacces",
	       "CLONE_INTO_CGROUP and CLONE_VFORK with a cgroup that has a domain controller enabled fail with EACCES",
	       BREAKS("clone-into-cgroup-domain-controller-ebusy"),
	       PROBE("cgroup_can_fork", .exit = swap_result, .instead_of = -EBUSY, .value = -EACCES, .when = with_vfork)),
	MUTANT("clone-into-cgroup-invalid-shares",
	       "CLONE_INTO_CGROUP with an invalid domain leaves the child in its parent's cgroup",
	       BREAKS("clone-into-cgroup-domain-invalid-eopnotsupp"),
	       PROBE("cgroup_can_fork", .replacement = parents_if_invalid, .when = into_cgroup)),
	MUTANT("clone-into-cgroup-invalid-ebusy",
	       "CLONE_INTO_CGROUP with an invalid domain fails with EBUSY",
	       BREAKS("clone-into-cgroup-domain-invalid-eopnotsupp"),
	       PROBE("cgroup_can_fork", .exit = swap_result, .instead_of = -EOPNOTSUPP, .value = -EBUSY, .when = into_cgroup)),

	MUTANT("clone-failed-keeps-uts-charge",
	       "clone that fails goes on being charged for the UTS namespace",
	       BREAKS("clone-failure-leaves-nothing"),
	       PROBE("dec_ucount", .entry = skip, .when = keeps_uts, BY_CLONE_ALONE)),
	MUTANT("clone3-failed-keeps-cgroup-charge",
	       "clone3 that fails goes on being charged for the cgroup namespace",
	       BREAKS("clone-failure-leaves-nothing"),
	       PROBE("dec_ucount", .entry = skip, .when = keeps_cgroup, BY_CLONE3)),
	MUTANT("clone3-failed-keeps-namespaces",
	       "clone3 that fails leaves its new namespaces behind",
	       BREAKS("clone-failure-leaves-nothing"),
	       PROBE("free_nsproxy", .entry = skip, BY_CLONE3)),
	{}
};
