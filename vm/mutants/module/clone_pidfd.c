// SPDX-License-Identifier: GPL-2.0-only
/* Lies about CLONE_PIDFD. */
#include <linux/fcntl.h>
#include <linux/pid.h>

#include "clone.h"

#define DETACHED 0x00400000

static bool pidfd_settid(const struct call *call)
{
	return has_all(call, CLONE_PIDFD | CLONE_PARENT_SETTID);
}

static bool pidfd_settid_uts(const struct call *call)
{
	return has_all(call, CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_NEWUTS);
}

static bool pidfd_settid_files(const struct call *call)
{
	return has_all(call, CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_FILES);
}

static bool pidfd_detached(const struct call *call)
{
	return has_all(call, CLONE_PIDFD | DETACHED);
}

static bool pidfd_detached_fs(const struct call *call)
{
	return has_all(call, CLONE_PIDFD | DETACHED | CLONE_FS);
}

/* At the exit of copy_clone_args_from_user. */
static enum deed forget_detached(struct call *call, const struct probe *probe)
{
	if (call->result || !has_all(call, DETACHED | probe->value))
		return TRUTH;
	given(call)->flags &= ~(u64)DETACHED;
	return LIE;
}

static enum deed of_caller(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)task_pid(current);
	return LIE;
}

/* A pidfd of a thread is marked by O_EXCL; see pidfd_open(2). */
static bool of_thread(const struct call *call)
{
	return call->arg[1] & O_EXCL;
}

static bool makes_pidfd(const struct call *call)
{
	return clones_with(CLONE_PIDFD);
}

static bool makes_thread_pidfd(const struct call *call)
{
	return clones_with(CLONE_PIDFD | CLONE_THREAD);
}

const struct mutant clone_pidfd_mutants[] = {
	MUTANT("clone3-pidfd-not-cloexec",
	       "the pidfd that clone3 returns stays open when a program is executed",
	       BREAKS("clone-pidfd-cloexec-in-parent"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("get_unused_fd_flags", .entry = drop_flags, .value = O_CLOEXEC, .when = makes_pidfd, BY_CLONE3)),
	MUTANT("clone-pidfd-of-thread-not-cloexec",
	       "the pidfd that clone returns of a thread stays open when a program is executed",
	       BREAKS("clone-pidfd-of-thread"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("get_unused_fd_flags", .entry = drop_flags, .value = O_CLOEXEC, .when = makes_thread_pidfd, BY_CLONE_ALONE)),
	MUTANT("clone-pidfd-of-caller",
	       "CLONE_PIDFD with clone returns a pidfd of the caller",
	       BREAKS("clone-pidfd-cloexec-in-parent"),
	       PROBE("pidfs_alloc_file|__pidfd_prepare|pidfd_prepare", .entry = of_caller, BY_CLONE_ALONE)),
	MUTANT("clone3-pidfd-of-thread-einval",
	       "clone3 with CLONE_PIDFD and CLONE_THREAD fails with EINVAL",
	       BREAKS("clone-pidfd-of-thread"),
	       PROBE("pidfs_alloc_file|__pidfd_prepare|pidfd_prepare", .entry = skip, .value = -EINVAL, .when = of_thread, BY_CLONE3)),
	MUTANT("clone-pidfd-of-thread-is-callers",
	       "CLONE_PIDFD with CLONE_THREAD returns a pidfd of the calling thread",
	       BREAKS("clone-pidfd-of-thread"),
	       PROBE("pidfs_alloc_file|__pidfd_prepare|pidfd_prepare", .entry = of_caller, .when = of_thread, BY_CLONE)),
	MUTANT("clone-pidfd-with-settid-accepted",
	       "clone with CLONE_PIDFD and CLONE_PARENT_SETTID stores the pidfd",
	       BREAKS("clone-pidfd-with-parent-settid-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_PARENT_SETTID, .when = pidfd_settid, BY_CLONE_ALONE)),
	MUTANT("clone-pidfd-with-settid-and-uts-accepted",
	       "clone with CLONE_PIDFD and CLONE_PARENT_SETTID stores the id when CLONE_NEWUTS is there, too",
	       BREAKS("clone-pidfd-with-parent-settid-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_PIDFD, .when = pidfd_settid_uts, BY_CLONE_ALONE)),
	MUTANT("clone-pidfd-with-settid-and-files-efault",
	       "clone with CLONE_PIDFD, CLONE_PARENT_SETTID and CLONE_FILES fails with EFAULT",
	       BREAKS("clone-pidfd-with-parent-settid-einval"),
	       PROBE("kernel_clone", .exit = swap_result, .instead_of = -EINVAL, .value = -EFAULT, .when = pidfd_settid_files, BY_CLONE_ALONE)),
	MUTANT("clone-pidfd-with-detached-accepted",
	       "clone ignores CLONE_DETACHED with CLONE_PIDFD",
	       BREAKS("clone-pidfd-with-detached-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = DETACHED, .when = pidfd_detached, BY_CLONE_ALONE)),
	MUTANT("clone-pidfd-with-detached-and-fs-eperm",
	       "clone with CLONE_PIDFD, CLONE_DETACHED and CLONE_FS fails with EPERM",
	       BREAKS("clone-pidfd-with-detached-einval"),
	       PROBE("kernel_clone", .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM, .when = pidfd_detached_fs, BY_CLONE_ALONE)),
	MUTANT("clone3-detached-accepted",
	       "clone3 ignores CLONE_DETACHED",
	       BREAKS("clone-pidfd-with-detached-einval"),
	       PROBE("copy_clone_args_from_user", .exit = forget_detached)),
	MUTANT("clone3-detached-with-uts-accepted",
	       "clone3 ignores CLONE_DETACHED with CLONE_NEWUTS",
	       BREAKS("clone-pidfd-with-detached-einval"),
	       PROBE("copy_clone_args_from_user", .exit = forget_detached, .value = CLONE_NEWUTS)),
	{}
};
