// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the limits on namespaces. */
#include "mutant.h"

const struct mutant limits_mutants[] = {
	{}
};
