/* SPDX-License-Identifier: GPL-2.0-only */
/* Every table of mutants. Each ends with an entry without a name. */
#ifndef NSCONFORM_TABLES_H
#define NSCONFORM_TABLES_H

#include "mutant.h"

extern const struct mutant calls_mutants[];
extern const struct mutant ipc_mutants[];
extern const struct mutant ipc_leaving_mutants[];
extern const struct mutant ipc_mqueue_mutants[];
extern const struct mutant ipc_permission_mutants[];
extern const struct mutant ipc_sysctl_mutants[];
extern const struct mutant lifetime_mutants[];
extern const struct mutant limits_mutants[];
extern const struct mutant nsfs_mutants[];
extern const struct mutant procns_mutants[];
extern const struct mutant uts_mutants[];
extern const struct mutant uts_names_mutants[];

static const struct mutant *const tables[] = {
	calls_mutants,
	ipc_mutants,
	ipc_leaving_mutants,
	ipc_mqueue_mutants,
	ipc_permission_mutants,
	ipc_sysctl_mutants,
	lifetime_mutants,
	limits_mutants,
	nsfs_mutants,
	procns_mutants,
	uts_mutants,
	uts_names_mutants,
};

#endif
