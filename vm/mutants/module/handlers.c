// SPDX-License-Identifier: GPL-2.0-only
/* The handlers that many mutants need. */
#include "mutant.h"

enum deed drop_flags(struct call *call, const struct probe *probe)
{
	if (!(call->arg[probe->index] & probe->value))
		return TRUTH;
	call->arg[probe->index] &= ~probe->value;
	return LIE;
}

enum deed add_flags(struct call *call, const struct probe *probe)
{
	call->arg[probe->index] |= probe->value;
	return LIE;
}

enum deed set_arg(struct call *call, const struct probe *probe)
{
	call->arg[probe->index] = probe->value;
	return LIE;
}

enum deed skip(struct call *call, const struct probe *probe)
{
	call->result = probe->value;
	return SKIP;
}

enum deed set_result(struct call *call, const struct probe *probe)
{
	call->result = probe->value;
	return LIE;
}

/* The width of a function's result is not known here; an errno looks the same in 32 bits. */
enum deed swap_result(struct call *call, const struct probe *probe)
{
	if ((int)call->result != (int)probe->instead_of)
		return TRUTH;
	call->result = probe->value;
	return LIE;
}

static bool is_error(long result)
{
	return (int)result < 0 && (int)result >= -MAX_ERRNO;
}

enum deed succeed(struct call *call, const struct probe *probe)
{
	if (!is_error(call->result))
		return TRUTH;
	call->result = 0;
	return LIE;
}

enum deed fail(struct call *call, const struct probe *probe)
{
	if (is_error(call->result))
		return TRUTH;
	call->result = probe->value;
	return LIE;
}
