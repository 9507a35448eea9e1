/* SPDX-License-Identifier: GPL-2.0-only */
/* What several tables of lies about time namespaces need. */
#ifndef NSCONFORM_TIME_H
#define NSCONFORM_TIME_H

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/init_task.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/time64.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>
#include <uapi/linux/sched.h>
#include <uapi/linux/time.h>

#include "mutant.h"
#include "references.h"

static inline struct time_namespace *initial_timens(void)
{
	return init_task.nsproxy->time_ns;
}

static inline struct time_namespace *callers_timens(void)
{
	return current->nsproxy->time_ns;
}

static inline const struct timens_offsets *callers_offsets(void)
{
	return &callers_timens()->offsets;
}

/* Whether the caller is in a time namespace other than the initial one. */
static inline bool in_timens(const struct call *call)
{
	return callers_timens() != initial_timens();
}

/* Whether another namespace than the caller's is for its children. */
static inline bool differs_from_childrens(void)
{
	return callers_timens() != current->nsproxy->time_ns_for_children;
}

/* For functions whose first argument are flags. */
static inline bool makes_timens(const struct call *call)
{
	return call->arg[0] & CLONE_NEWTIME;
}

static inline void add_time(struct timespec64 *time, struct timespec64 offset)
{
	*time = timespec64_add(*time, offset);
}

static inline void take_time(struct timespec64 *time, struct timespec64 offset)
{
	*time = timespec64_sub(*time, offset);
}

#endif
