/* SPDX-License-Identifier: GPL-2.0-only */
/* What several tables of lies about newer interfaces need, which older headers do not know. */
#ifndef NSCONFORM_NEWER_H
#define NSCONFORM_NEWER_H

#include <linux/ioctl.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/uaccess.h>

#include "nsfs.h"
#include "references.h"

#define MNTNS_ID	_IOR(NSIO, 5, __u64)
#define PID_FROM	_IOR(NSIO, 6, int)
#define TGID_FROM	_IOR(NSIO, 7, int)
#define PID_IN		_IOR(NSIO, 8, int)
#define TGID_IN		_IOR(NSIO, 9, int)
#define UNIQUE_ID	_IOR(NSIO, 13, __u64)

/* struct mnt_ns_info */
struct told_info {
	u32 size, mounts;
	u64 id;
};

#define MNT_INFO	_IOR(NSIO, 10, struct told_info)
#define MNT_NEXT	_IOR(NSIO, 11, struct told_info)
#define MNT_PREV	_IOR(NSIO, 12, struct told_info)

/* An ioctl of nsfs as it should be, for replacements of ns_ioctl. */
static inline long ioctl_truly(struct file *file, unsigned int request, unsigned long arg)
{
	long (*ns_ioctl)(struct file *, unsigned int, unsigned long) = find_function("ns_ioctl");

	let_through();
	return ns_ioctl(file, request, arg);
}

/* For probes of may_see_all_namespaces: capable, but in whatever user namespace the caller is in. */
static inline enum deed capable_anywhere(struct call *call, const struct probe *probe)
{
	if (!cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN))
		return TRUTH;
	call->result = true;
	return LIE;
}

/* Likewise: root of the initial user namespace, but in whatever PID namespace. */
static inline enum deed in_any_pidns(struct call *call, const struct probe *probe)
{
	if (current_user_ns() != &init_user_ns)
		return TRUTH;
	return capable_anywhere(call, probe);
}

#endif
