// SPDX-License-Identifier: GPL-2.0-only
/* Lies about CLONE_PARENT and exit signals, and about the size of clone3's arguments. */
#include <linux/pid_namespace.h>

#include "clone.h"

static bool by_init(void)
{
	return current->signal->flags & SIGNAL_UNKILLABLE;
}

static bool parent_by_nested_init(const struct call *call)
{
	return has_all(call, CLONE_PARENT) && by_init() && ns_of_pid(task_pid(current))->level > 1;
}

static bool parent_by_init_with_uts(const struct call *call)
{
	return has_all(call, CLONE_PARENT | CLONE_NEWUTS) && by_init();
}

static bool parent_by_init(const struct call *call)
{
	return has_all(call, CLONE_PARENT) && by_init();
}

static bool parent_alone(const struct call *call)
{
	return given(call)->flags == CLONE_PARENT && !by_init();
}

static bool parent_newpid(const struct call *call)
{
	return has_all(call, CLONE_PARENT | CLONE_NEWPID) && !by_init();
}

static bool parent_newuser(const struct call *call)
{
	return has_all(call, CLONE_PARENT | CLONE_NEWUSER) && !by_init();
}

/* At the exit of copy_clone_args_from_user: the signal that was asked for is none. */

static enum deed no_signal_for_sibling(struct call *call, const struct probe *probe)
{
	if (call->result || !has_all(call, CLONE_PARENT) || !given(call)->exit_signal)
		return TRUTH;
	given(call)->exit_signal = 0;
	return LIE;
}

static enum deed no_sigchld_for_thread(struct call *call, const struct probe *probe)
{
	if (call->result || !has_all(call, CLONE_THREAD) || given(call)->exit_signal != SIGCHLD)
		return TRUTH;
	given(call)->exit_signal = 0;
	return LIE;
}

/* For copy_clone_args_from_user and check_zeroed_user: their last argument is a size. */

static bool above_page(const struct call *call)
{
	return call->arg[2] > PAGE_SIZE;
}

static bool just_above_page(const struct call *call)
{
	return call->arg[2] == PAGE_SIZE + 1;
}

static bool huge(const struct call *call)
{
	return call->arg[2] > INT_MAX;
}

static enum deed all_but_last(struct call *call, const struct probe *probe)
{
	if (!call->arg[1])
		return TRUTH;
	call->arg[1]--;
	return LIE;
}

static enum deed first_few(struct call *call, const struct probe *probe)
{
	if (call->arg[1] <= 256)
		return TRUTH;
	call->arg[1] = 256;
	return LIE;
}

const struct mutant clone_parent_mutants[] = {
	MUTANT("clone-parent-by-nested-init-accepted",
	       "CLONE_PARENT is ignored when the init of a nested PID namespace asks for it",
	       BREAKS("clone-parent-by-init-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_PARENT, .when = parent_by_nested_init)),
	MUTANT("clone-parent-by-init-with-newuts-accepted",
	       "clone ignores CLONE_PARENT with CLONE_NEWUTS when an init asks for it",
	       BREAKS("clone-parent-by-init-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_PARENT, .when = parent_by_init_with_uts, BY_CLONE_ALONE)),
	MUTANT("clone3-parent-by-init-eperm",
	       "clone3 with CLONE_PARENT by an init fails with EPERM",
	       BREAKS("clone-parent-by-init-einval"),
	       PROBE("kernel_clone", .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM, .when = parent_by_init, BY_CLONE3)),
	MUTANT("clone3-parent-makes-child",
	       "clone3 with CLONE_PARENT makes a child of the caller",
	       BREAKS("clone-parent-makes-sibling"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_PARENT, .when = parent_alone, BY_CLONE3)),
	MUTANT("clone-parent-newpid-einval",
	       "clone with CLONE_PARENT and CLONE_NEWPID fails with EINVAL",
	       BREAKS("clone-newpid-with-parent-accepted"),
	       PROBE("kernel_clone", .entry = skip, .value = -EINVAL, .when = parent_newpid, BY_CLONE_ALONE)),
	MUTANT("clone-parent-newpid-makes-child",
	       "CLONE_PARENT with CLONE_NEWPID makes a child of the caller",
	       BREAKS("clone-newpid-with-parent-accepted"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_PARENT, .when = parent_newpid)),
	MUTANT("clone3-parent-newuser-einval",
	       "clone3 with CLONE_PARENT and CLONE_NEWUSER fails with EINVAL",
	       BREAKS("clone-newuser-with-parent-accepted"),
	       PROBE("kernel_clone", .entry = skip, .value = -EINVAL, .when = parent_newuser, BY_CLONE3)),
	MUTANT("clone3-parent-ignores-exit-signal",
	       "clone3 with CLONE_PARENT ignores the exit signal",
	       BREAKS("clone3-parent-or-thread-with-exit-signal-einval"),
	       PROBE("copy_clone_args_from_user", .exit = no_signal_for_sibling)),
	MUTANT("clone3-thread-takes-sigchld",
	       "clone3 with CLONE_THREAD ignores SIGCHLD as the exit signal",
	       BREAKS("clone3-parent-or-thread-with-exit-signal-einval"),
	       PROBE("copy_clone_args_from_user", .exit = no_sigchld_for_thread)),

	MUTANT("clone3-size-above-page-cut",
	       "clone3 takes arguments of any size, and looks at the first page",
	       BREAKS("clone3-size-above-page-e2big"),
	       PROBE("copy_clone_args_from_user", .entry = set_arg, .index = 2, .value = PAGE_SIZE, .when = above_page)),
	MUTANT("clone3-size-off-by-one",
	       "clone3 takes arguments of one byte more than a page",
	       BREAKS("clone3-size-above-page-e2big"),
	       PROBE("copy_clone_args_from_user", .entry = set_arg, .index = 2, .value = PAGE_SIZE, .when = just_above_page)),
	MUTANT("clone3-huge-size-efault",
	       "clone3 with a size of more than 31 bits fails with EFAULT",
	       BREAKS("clone3-size-above-page-e2big"),
	       PROBE("copy_clone_args_from_user", .entry = skip, .value = -EFAULT, .when = huge)),
	MUTANT("clone3-tail-unchecked",
	       "clone3 ignores what it does not know at the end of the arguments",
	       BREAKS("clone3-unknown-tail-nonzero-e2big"),
	       PROBE("check_zeroed_user", .exit = swap_result, .instead_of = 0, .value = 1, BY_CLONE3)),
	MUTANT("clone3-last-byte-unchecked",
	       "clone3 does not look at the last byte of the arguments",
	       BREAKS("clone3-unknown-tail-nonzero-e2big"),
	       PROBE("check_zeroed_user", .entry = all_but_last, BY_CLONE3)),
	MUTANT("clone3-tail-checked-in-part",
	       "clone3 looks only at the first 256 bytes of what it does not know",
	       BREAKS("clone3-unknown-tail-nonzero-e2big"),
	       PROBE("check_zeroed_user", .entry = first_few, BY_CLONE3)),
	MUTANT("clone3-tail-einval",
	       "clone3 with nonzero bytes that it does not know fails with EINVAL",
	       BREAKS("clone3-unknown-tail-nonzero-e2big"),
	       PROBE("check_zeroed_user", .exit = swap_result, .instead_of = 0, .value = -EINVAL, BY_CLONE3)),
	{}
};
