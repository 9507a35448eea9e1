/* SPDX-License-Identifier: GPL-2.0-only */
/* A caller's own time namespace, changed for the time of one call. */
#ifndef NSCONFORM_TIME_DISGUISE_H
#define NSCONFORM_TIME_DISGUISE_H

#include "mutant.h"
#include "time.h"

struct disguise {
	struct nsproxy *own, proxy;
	struct time_namespace ns;
};

static inline void wear(struct disguise *d)
{
	d->own = current->nsproxy;
	d->proxy = *d->own;
	d->ns = *d->own->time_ns;
	d->proxy.time_ns = &d->ns;
}

static inline void untranslate(struct disguise *d)
{
	d->ns.offsets.boottime = (struct timespec64){};
}

static inline bool changes(const struct disguise *d)
{
	return memcmp(&d->ns.offsets, &d->own->time_ns->offsets, sizeof(d->ns.offsets));
}

/* The function has to be called by the same number of arguments that it takes, or more. */
static inline long disguised(const char *name, void (*as)(struct disguise *d), unsigned long a, unsigned long b,
		      unsigned long c, unsigned long d, unsigned long e)
{
	long (*function)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long) = find_function(name);
	struct disguise mask;
	long result;

	wear(&mask);
	as(&mask);
	if (changes(&mask))
		told_a_lie();
	let_through();
	current->nsproxy = &mask.proxy;
	result = function(a, b, c, d, e);
	current->nsproxy = mask.own;
	return result;
}

#endif
