// SPDX-License-Identifier: GPL-2.0-only
/* Lies about IPC namespaces. */
#include "mutant.h"

const struct mutant ipc_mutants[] = {
	{}
};
