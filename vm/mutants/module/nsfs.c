// SPDX-License-Identifier: GPL-2.0-only
/* Lies about nsfs: the ioctls of namespace files. */
#include "mutant.h"

const struct mutant nsfs_mutants[] = {
	{}
};
