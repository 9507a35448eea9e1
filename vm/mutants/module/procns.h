/* SPDX-License-Identifier: GPL-2.0-only */
/* What several tables of lies about /proc/PID/ns need. */
#ifndef NSCONFORM_PROCNS_H
#define NSCONFORM_PROCNS_H

#include "nsfs.h"

/* Takes the caller in place of the task in arg[index]. */
static inline enum deed take_caller(struct call *call, const struct probe *probe)
{
	if (call->arg[probe->index] == (unsigned long)current)
		return TRUTH;
	call->arg[probe->index] = (unsigned long)current;
	return LIE;
}

#endif
