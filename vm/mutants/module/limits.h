/* SPDX-License-Identifier: GPL-2.0-only */
/* What the lies about limits have in common. */
#ifndef NSCONFORM_LIMITS_H
#define NSCONFORM_LIMITS_H

#include <linux/user_namespace.h>

#include "mutant.h"

/* What inc_ucount charges for, and what dec_ucount gives back. */
static inline bool charges_user(const struct call *call) { return call->arg[2] == UCOUNT_USER_NAMESPACES; }
static inline bool charges_uts(const struct call *call) { return call->arg[2] == UCOUNT_UTS_NAMESPACES; }
static inline bool charges_ipc(const struct call *call) { return call->arg[2] == UCOUNT_IPC_NAMESPACES; }
static inline bool charges_net(const struct call *call) { return call->arg[2] == UCOUNT_NET_NAMESPACES; }
static inline bool charges_mnt(const struct call *call) { return call->arg[2] == UCOUNT_MNT_NAMESPACES; }
static inline bool charges_cgroup(const struct call *call) { return call->arg[2] == UCOUNT_CGROUP_NAMESPACES; }
static inline bool charges_time(const struct call *call) { return call->arg[2] == UCOUNT_TIME_NAMESPACES; }
static inline bool returns_uts(const struct call *call) { return call->arg[1] == UCOUNT_UTS_NAMESPACES; }
static inline bool returns_ipc(const struct call *call) { return call->arg[1] == UCOUNT_IPC_NAMESPACES; }
static inline bool returns_mnt(const struct call *call) { return call->arg[1] == UCOUNT_MNT_NAMESPACES; }
static inline bool returns_cgroup(const struct call *call) { return call->arg[1] == UCOUNT_CGROUP_NAMESPACES; }

#endif
