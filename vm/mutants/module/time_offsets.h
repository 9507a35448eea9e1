/* SPDX-License-Identifier: GPL-2.0-only */
/* What several tables of lies about setting offsets need. */
#ifndef NSCONFORM_TIME_OFFSETS_H
#define NSCONFORM_TIME_OFFSETS_H

#include "mutant.h"
#include "time.h"

/* For proc_timens_set_offset: a file, a task, an array of new offsets, and how many. */

static inline struct time_namespace *changed(const struct call *call)
{
	struct nsproxy *proxy = ((struct task_struct *)call->arg[1])->nsproxy;

	return proxy ? proxy->time_ns_for_children : initial_timens();
}

static inline struct proc_timens_offset *new_offset(const struct call *call, unsigned int index)
{
	return (struct proc_timens_offset *)call->arg[2] + index;
}

static inline unsigned int count(const struct call *call)
{
	return call->arg[3];
}

static inline struct timespec64 *offset_for(struct time_namespace *ns, const struct proc_timens_offset *offset)
{
	return offset->clockid == CLOCK_MONOTONIC ? &ns->offsets.monotonic : &ns->offsets.boottime;
}

static inline void put_offsets(struct time_namespace *ns, const struct call *call, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		*offset_for(ns, new_offset(call, i)) = new_offset(call, i)->val;
}

static inline bool is_initial(const struct call *call)
{
	return changed(call) == initial_timens();
}

static inline bool is_not_initial(const struct call *call)
{
	return !is_initial(call);
}

#endif
