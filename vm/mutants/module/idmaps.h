/* SPDX-License-Identifier: GPL-2.0-only */
/* What a probe can know about a write to the files that map ids. */
#ifndef NSCONFORM_IDMAPS_H
#define NSCONFORM_IDMAPS_H

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/user_namespace.h>

#include "mutant.h"

#define BY_WRITING IN_SYSCALL(__NR_write)

/* The most extents that a map has in its own memory. */
#define FEW UID_GID_MAP_MAX_BASE_EXTENTS

/* The user namespace of a map file. */
static inline struct user_namespace *mapped(const struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

/* The file that map_write and proc_setgroups_write are given. */
static inline struct file *map_file(const struct call *call)
{
	return (struct file *)call->arg[0];
}

#endif
