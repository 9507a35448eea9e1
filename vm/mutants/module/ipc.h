/* SPDX-License-Identifier: GPL-2.0-only */
/* What the lies about IPC namespaces have in common. */
#ifndef NSCONFORM_IPC_H
#define NSCONFORM_IPC_H

#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

/* The kinds of System V objects, as ipc_namespace.ids has them. */
enum { SEM, MSG, SHM };

static inline struct ipc_namespace *current_ipc_ns(void)
{
	return current->nsproxy->ipc_ns;
}

static inline struct ipc_namespace *initial_ipc_ns(void)
{
	return init_task.nsproxy->ipc_ns;
}

/* The object that an id stands for in a namespace, or one that had its place before. */
static inline struct kern_ipc_perm *object_at(struct ipc_ids *ids, int id)
{
	return idr_find(&ids->ipcs_idr, id & 0x7fff);
}

#endif
