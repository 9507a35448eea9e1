/* SPDX-License-Identifier: GPL-2.0-only */
/* What a probe can know about a call of setns. */
#ifndef NSCONFORM_SETNS_H
#define NSCONFORM_SETNS_H

#include <linux/fdtable.h>
#include <linux/magic.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <uapi/linux/sched.h>

#include "nsfs.h"

#define NAMESPACES (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | \
		    CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUSER | CLONE_NEWUTS)
#define BY_SETNS IN_SYSCALL(__NR_setns)

static inline unsigned int nstype(void)
{
	return syscall_arg(1);
}

/* The file behind the descriptor, or NULL; only other threads could close it meanwhile. */
static inline struct file *setns_file(void)
{
	struct fdtable *table = rcu_dereference_raw(current->files->fdt);
	unsigned int fd = syscall_arg(0);

	return fd < table->max_fds ? rcu_dereference_raw(table->fd[fd]) : NULL;
}

static inline bool is_namespace_file(const struct file *file)
{
	return file && file_inode(file)->i_sb->s_magic == NSFS_MAGIC;
}

/* The file system of pidfds since 6.9; before, their inode has no type, like those of epoll and the like. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

static inline bool by_pidfd(void)
{
	struct file *file = setns_file();

	if (!file || is_namespace_file(file))
		return false;
	return file_inode(file)->i_sb->s_magic == PID_FS_MAGIC || !(file_inode(file)->i_mode & S_IFMT);
}

/* The namespace behind the descriptor, or NULL. */
static inline struct ns_common *joined(void)
{
	struct file *file = setns_file();

	return is_namespace_file(file) ? get_proc_ns(file_inode(file)) : NULL;
}

static inline bool joins(unsigned int kind)
{
	struct ns_common *ns = joined();

	return ns ? kind_of(ns) == kind : nstype() & kind;
}

static inline void set_nstype(struct call *call, unsigned long value)
{
	struct pt_regs *regs = (struct pt_regs *)call->arg[0];

#if defined(CONFIG_X86_64)
	regs->si = value;
#elif defined(CONFIG_ARM64)
	regs->regs[1] = value;
#endif
}

/* For the install operations: what is being prepared. */
static inline struct nsset *prepared(const struct call *call)
{
	return (struct nsset *)call->arg[0];
}

#endif
