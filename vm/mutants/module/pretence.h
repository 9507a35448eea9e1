/* SPDX-License-Identifier: GPL-2.0-only */
/* Around create_user_ns(cred): an id that the caller's user namespace does not map seems to be its root's. */
#ifndef NSCONFORM_PRETENCE_H
#define NSCONFORM_PRETENCE_H

#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "mutant.h"

static struct {
	struct cred *cred;
	kuid_t uid;
	kgid_t gid;
} pretence;

static inline void begin_pretence(struct call *call)
{
	pretence.cred = (struct cred *)call->arg[0];
	pretence.uid = pretence.cred->euid;
	pretence.gid = pretence.cred->egid;
}

static inline enum deed pretend_uid(struct call *call, const struct probe *probe)
{
	begin_pretence(call);
	if (from_kuid(current_user_ns(), pretence.uid) != (uid_t)-1)
		return TRUTH;
	pretence.cred->euid = make_kuid(current_user_ns(), 0);
	return LIE;
}

static inline enum deed pretend_gid(struct call *call, const struct probe *probe)
{
	begin_pretence(call);
	if (from_kgid(current_user_ns(), pretence.gid) != (gid_t)-1)
		return TRUTH;
	pretence.cred->egid = make_kgid(current_user_ns(), 0);
	return LIE;
}

static inline enum deed stop_pretending(struct call *call, const struct probe *probe)
{
	if (pretence.cred != (struct cred *)call->arg[0])
		return TRUTH;
	pretence.cred->euid = pretence.uid;
	pretence.cred->egid = pretence.gid;
	pretence.cred = NULL;
	return TRUTH;
}

#endif
