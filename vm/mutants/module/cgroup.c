// SPDX-License-Identifier: GPL-2.0-only
/* Lies about cgroup namespaces and delegation. */
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/fs_context.h>
#include <linux/kernfs.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "cgroup.h"
#include "references.h"

/* cgroup_path_ns_locked(cgroup, buffer, size, namespace) */
static enum deed show_initial(struct call *call, const struct probe *probe)
{
	if (call->arg[3] == (unsigned long)initial())
		return TRUTH;
	call->arg[3] = (unsigned long)initial();
	return LIE;
}

static bool is_v1(const struct call *call)
{
	return ((struct cgroup *)call->arg[0])->root->hierarchy_id != 0;
}

static enum deed lose_level(struct call *call, const struct probe *probe)
{
	char *path = (char *)call->arg[1];

	if ((int)call->result < 0 || strncmp(path, "/../", 4))
		return TRUTH;
	memmove(path, path + 3, strlen(path + 3) + 1);
	call->result -= 3;
	return LIE;
}

static enum deed hide_outside(struct call *call, const struct probe *probe)
{
	char *path = (char *)call->arg[1];

	if ((int)call->result < 0 || strncmp(path, "/..", 3))
		return TRUTH;
	strcpy(path, "/");
	call->result = 1;
	return LIE;
}

/* copy_cgroup_ns(flags, user namespace, old one); the rightful root is kept for ever. */
static enum deed keep_old_root(struct call *call, const struct probe *probe)
{
	struct cgroup_namespace *old = (void *)call->arg[2], *new = (void *)call->result;

	if (!(call->arg[0] & CLONE_NEWCGROUP) || IS_ERR_VALUE(call->result))
		return TRUTH;
	refcount_inc(&old->root_cset->refcount);
	new->root_cset = old->root_cset;
	return LIE;
}

/* cgroup_show_path(file, node, root) */
static enum deed show_root(struct call *call, const struct probe *probe)
{
	seq_puts((struct seq_file *)call->arg[0], "/");
	call->result = 0;
	return SKIP;
}

static enum deed mount_all(struct call *call, const struct probe *probe)
{
	if (mounting(call)->ns == initial())
		return TRUTH;
	refer_to(initial());
	mounting(call)->ns = initial();
	return LIE;
}

const struct mutant cgroup_mutants[] = {
	/* Paths. */
	MUTANT("cgroup-path-of-initial",
	       "/proc/PID/cgroup shows everybody the whole path",
	       BREAKS("cgroup-path-relative-to-readers-root cgroup-creator-sees-own-path-as-root cgroup-root-stays-when-process-moves"),
	       PROBE("cgroup_path_ns_locked", .entry = show_initial)),
	MUTANT("cgroup-path-of-initial-in-v1",
	       "/proc/PID/cgroup shows everybody the whole path in version 1 hierarchies",
	       BREAKS("cgroup-creators-v1-cgroups-become-roots"),
	       PROBE("cgroup_path_ns_locked", .entry = show_initial, .when = is_v1)),
	MUTANT("cgroup-path-loses-a-level",
	       "a path outside of the reader's root has one /.. too few",
	       BREAKS("cgroup-path-outside-root-dotdot-per-level cgroup-path-of-sibling-dotdot-name"),
	       PROBE("cgroup_path_ns_locked", .exit = lose_level)),
	MUTANT("cgroup-path-hides-outside",
	       "a process outside of the reader's root is shown at the root",
	       BREAKS("cgroup-path-outside-root-dotdot-per-level cgroup-path-of-sibling-dotdot-name"),
	       PROBE("cgroup_path_ns_locked", .exit = hide_outside)),
	MUTANT("cgroup-new-keeps-old-root",
	       "a new cgroup namespace has the root of its creator's",
	       BREAKS("cgroup-creators-cgroup-becomes-root cgroup-creator-sees-own-path-as-root cgroup-creators-v1-cgroups-become-roots"),
	       PROBE("copy_cgroup_ns", .exit = keep_old_root)),

	/* Mounts. */
	MUTANT("cgroup-mountinfo-root-hidden",
	       "mountinfo shows every cgroup mount with the root /",
	       BREAKS("cgroup-inherited-mount-root-dotdot"),
	       PROBE("cgroup_show_path", .entry = show_root)),
	MUTANT("cgroup-own-mount-shows-all",
	       "a mount made in a cgroup namespace shows the whole hierarchy",
	       BREAKS("cgroup-own-mount-root-and-subtree cgroup-own-mount-hides-ancestors"),
	       PROBE("cgroup_do_get_tree", .entry = mount_all)),

	/* Delegation. */
	MUTANT("cgroup-migration-across-eperm",
	       "a move across the boundary fails with EPERM",
	       BREAKS("cgroup-nsdelegate-migration-across-enoent"),
	       PROBE("cgroup_attach_permissions", .exit = swap_result, .instead_of = -ENOENT, .value = -EPERM)),
	MUTANT("cgroup-migration-across-succeeds",
	       "a move across the boundary succeeds",
	       BREAKS("cgroup-nsdelegate-migration-across-enoent cgroup-nsdelegate-both-ends-visible cgroup-nsdelegate-makes-boundary"),
	       PROBE("cgroup_attach_permissions", .exit = swap_result, .instead_of = -ENOENT, .value = 0)),
	MUTANT("cgroup-common-ancestor-not-asked",
	       "a move takes no permission on the common ancestor",
	       BREAKS("cgroup-delegatee-needs-write-on-common-ancestor cgroup-delegatee-cannot-pull-first-process"),
	       PROBE("cgroup_attach_permissions", .exit = swap_result, .instead_of = -EACCES, .value = 0)),
	MUTANT("cgroup-controller-files-eacces",
	       "writes to controller files at the namespace's root fail with EACCES",
	       BREAKS("cgroup-nsdelegate-root-controller-files-eperm"),
	       PROBE("cgroup_file_write", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES)),
	MUTANT("cgroup-remount-does-nothing",
	       "nsdelegate is ignored by a remount from the initial namespace, too",
	       BREAKS("cgroup-nsdelegate-makes-boundary"),
	       PROBE("cgroup_reconfigure", .entry = skip)),
	{}
};
