/* SPDX-License-Identifier: GPL-2.0-only */
/* The cgroup namespaces of callers and of mounts. */
#ifndef NSCONFORM_CGROUP_H
#define NSCONFORM_CGROUP_H

#include <linux/cgroup.h>
#include <linux/fs_context.h>
#include <linux/kernfs.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>

#include "mutant.h"

static inline struct cgroup_namespace *initial(void)
{
	return init_task.nsproxy->cgroup_ns;
}

static inline bool is_initial(void)
{
	return current->nsproxy->cgroup_ns == initial();
}

/* The cgroup at the root of the caller's namespace. */
static inline struct cgroup *root_of_callers(void)
{
	return current->nsproxy->cgroup_ns->root_cset->dfl_cgrp;
}

/* The beginning of struct cgroup_fs_context. */
struct mounting {
	struct kernfs_fs_context kernfs;
	struct cgroup_root *root;
	struct cgroup_namespace *ns;
	unsigned int flags;
};

/* For functions whose first argument is a struct fs_context. */
static inline struct mounting *mounting(const struct call *call)
{
	return ((struct fs_context *)call->arg[0])->fs_private;
}

#endif
