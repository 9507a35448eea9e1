// SPDX-License-Identifier: GPL-2.0-only
/* Calls that cost more than they should: all promises are kept, for benchmarks to notice. */
#include "mutant.h"

/* Goes round a loop value times, two instructions each. */
static enum deed dawdle(struct call *call, const struct probe *probe)
{
	long left = probe->value;

	while (left--)
		barrier();
	return LIE;
}

const struct mutant cost_mutants[] = {
	MUTANT("cost-setns",
	       "each setns takes some 300 instructions more, and what it takes to add them",
	       BREAKS(""),
	       PROBE(SYSCALL("setns"), .entry = dawdle, .value = 150)),
	{}
};
