// SPDX-License-Identifier: GPL-2.0-only
/* Lies about /proc/PID/ns and the identity of namespaces. */
#include "mutant.h"

const struct mutant procns_mutants[] = {
	{}
};
