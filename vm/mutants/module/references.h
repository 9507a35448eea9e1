/* SPDX-License-Identifier: GPL-2.0-only */
/* The references to namespaces, which kernels count in different places. */
#ifndef NSCONFORM_REFERENCES_H
#define NSCONFORM_REFERENCES_H

#include <linux/ns_common.h>
#include <linux/refcount.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#include <linux/cgroup.h>
#include <linux/ipc_namespace.h>
#include <linux/pid_namespace.h>
#include <linux/time_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#define references(ns) _Generic((ns), \
	struct ipc_namespace *: (refcount_t *)&((struct ipc_namespace *)(ns))->count, \
	struct cgroup_namespace *: (refcount_t *)&((struct cgroup_namespace *)(ns))->count, \
	struct net *: (refcount_t *)&((struct net *)(ns))->count, \
	struct uts_namespace *: (refcount_t *)&((struct uts_namespace *)(ns))->kref, \
	struct pid_namespace *: (refcount_t *)&((struct pid_namespace *)(ns))->kref, \
	struct time_namespace *: (refcount_t *)&((struct time_namespace *)(ns))->kref, \
	struct user_namespace *: (refcount_t *)&((struct user_namespace *)(ns))->count)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define references(namespace) (&(namespace)->ns.count)
#else
#define references(namespace) (&(namespace)->ns.__ns_ref)
#endif

/* Those of initial namespaces are not counted on newer kernels. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define counts(ns) true
#else
#define counts(namespace) (!is_ns_init_id(&(namespace)->ns))
#endif

#define refer_to(ns) do { if (counts(ns)) refcount_inc(references(ns)); } while (0)

/* The CLONE_NEW* flag of a struct ns_common. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define flag_of(ns) ((ns)->ops->type)
#else
#define flag_of(ns) ((ns)->ns_type)
#endif

/* Not the last reference. */
#define forget(ns) do { if (counts(ns)) refcount_dec(references(ns)); } while (0)

#define has_references(ns, n) (counts(ns) && refcount_read(references(ns)) == (n))

#endif
