/* SPDX-License-Identifier: GPL-2.0-only */
/* What a probe can know about an ioctl of a namespace file. */
#ifndef NSCONFORM_NSFS_H
#define NSCONFORM_NSFS_H

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/nsfs.h>
#include <linux/proc_ns.h>
#include <linux/user_namespace.h>

#include "mutant.h"

/* The CLONE_NEW* flag of a namespace's kind. */
static inline unsigned int kind_of(const struct ns_common *ns)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return ns->ns_type;
#else
	return ns->ops->type;
#endif
}

/* The user namespace that owns a namespace; for a user namespace its parent. */
static inline struct user_namespace *owner_of(struct ns_common *ns)
{
	return ns->ops->owner(ns);
}

static inline bool in_or_below(const struct user_namespace *ns, const struct user_namespace *top)
{
	while (ns && ns != top)
		ns = ns->parent;
	return ns;
}

/* Whether the caller is in an ioctl with this request. */
static inline bool asks(unsigned int request)
{
	return in_syscall(__NR_ioctl) && (unsigned int)syscall_arg(1) == request;
}

/* For probes of ns_ioctl: the namespace behind its file, and its request. */
static inline struct ns_common *asked(const struct call *call)
{
	return get_proc_ns(file_inode((struct file *)call->arg[0]));
}

static inline unsigned int request_of(const struct call *call)
{
	return call->arg[1];
}

/* For replacements of ns_get_owner, which also gets the parents of user namespaces. */

static inline struct ns_common *user_or_refuse(struct user_namespace *ns, bool ok)
{
	told_a_lie();
	return ns && ok ? &get_user_ns(ns)->ns : ERR_PTR(-EPERM);
}

static inline struct ns_common *owner_in(struct ns_common *ns, struct user_namespace *scope)
{
	return user_or_refuse(owner_of(ns), in_or_below(owner_of(ns), scope));
}

#endif
