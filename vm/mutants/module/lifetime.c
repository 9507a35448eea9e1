// SPDX-License-Identifier: GPL-2.0-only
/* Lies about how long namespaces live, and what pins them. */
#include "mutant.h"

const struct mutant lifetime_mutants[] = {
	{}
};
