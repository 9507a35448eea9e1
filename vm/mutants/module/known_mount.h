/* SPDX-License-Identifier: GPL-2.0-only */
/* What mutants have to know of struct mount, which no header of the kernel has. */
#ifndef NSCONFORM_KNOWN_MOUNT_H
#define NSCONFORM_KNOWN_MOUNT_H

#include <linux/list.h>
#include <linux/mount.h>
#include <linux/rbtree.h>
#include <linux/version.h>

#include "mutant.h"

/* What of struct mount is where, in kernels that have a propagate_one. */
struct known_mount {
	struct hlist_node hash;
	struct known_mount *parent;
	struct dentry *mountpoint;
	struct vfsmount mnt;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	struct rcu_head rcu;
#else
	struct rb_node node;
#endif
	int __percpu *count;
	struct list_head mounts, child, instance;
	const char *devname;
	struct list_head list, expire, share, slave_list, slave;
	struct known_mount *master;
	struct mnt_namespace *ns;
};

static inline struct known_mount *mount_of(const struct call *call)
{
	return (struct known_mount *)call->arg[0];
}

/* Makes mutants that look into it not applicable to other kernels. */
static inline enum deed look(struct call *call, const struct probe *probe)
{
	return TRUTH;
}

#endif
