/* SPDX-License-Identifier: GPL-2.0-only */
/* What a probe can know about a call of unshare. */
#ifndef NSCONFORM_UNSHARE_H
#define NSCONFORM_UNSHARE_H

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs_struct.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>
#include <uapi/linux/sched.h>

#include "mutant.h"

#define BY_UNSHARE IN_SYSCALL(__NR_unshare)
#define NEW_NAMESPACES (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | \
			CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUSER | CLONE_NEWUTS)

/* In the system call: all of these flags are asked for. */
static inline bool asked_for(unsigned long flags)
{
	return (syscall_arg(0) & flags) == flags;
}

/* For ksys_unshare(flags). */
static inline bool wants(const struct call *call, unsigned long flags)
{
	return (call->arg[0] & flags) == flags;
}

static inline bool has_threads(void)
{
	return !thread_group_empty(current);
}

#endif
