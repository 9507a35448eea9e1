/* SPDX-License-Identifier: GPL-2.0-only */
/* What a probe can know about a call of clone or clone3. */
#ifndef NSCONFORM_CLONE_H
#define NSCONFORM_CLONE_H

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <uapi/linux/sched.h>

#include "mutant.h"

#define BY_CLONE_ALONE IN_SYSCALL(__NR_clone)
#define BY_CLONE3 IN_SYSCALL(__NR_clone3)
#define BY_CLONE IN_SYSCALL(__NR_clone, __NR_clone3)
#define THREAD_FLAGS (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)

/* For kernel_clone: what it was given. */
static inline struct kernel_clone_args *given(const struct call *call)
{
	return (struct kernel_clone_args *)call->arg[0];
}

static inline bool has_all(const struct call *call, u64 flags)
{
	return (given(call)->flags & flags) == flags;
}

/* For kernel_clone: value out of the flags that it was given. */
static inline enum deed lose(struct call *call, const struct probe *probe)
{
	given(call)->flags &= ~(u64)probe->value;
	return LIE;
}

static inline enum deed gain(struct call *call, const struct probe *probe)
{
	given(call)->flags |= probe->value;
	return LIE;
}

/*
 * For functions that kernel_clone calls: the flags of the call that this task is
 * in. Only of one call at a time; the mutant needs a
 * probe of kernel_clone that notes them.
 */
struct clone_note {
	struct task_struct *task;
	u64 flags;
};

static struct clone_note clone_note __maybe_unused;

static inline enum deed note_clone(struct call *call, const struct probe *probe)
{
	clone_note.flags = given(call)->flags;
	WRITE_ONCE(clone_note.task, current);
	return TRUTH;
}

static inline bool clones_with(u64 flags)
{
	return READ_ONCE(clone_note.task) == current && (clone_note.flags & flags) == flags;
}

#endif
