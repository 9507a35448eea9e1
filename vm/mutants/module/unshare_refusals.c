// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what unshare refuses. */
#include "pid.h"
#include "pretence.h"
#include "unshare.h"

static bool vm_by_thread(const struct call *call)
{
	return wants(call, CLONE_VM) && has_threads();
}

static bool sighand_by_thread(const struct call *call)
{
	return wants(call, CLONE_SIGHAND) && !(call->arg[0] & (CLONE_VM | CLONE_THREAD)) && has_threads();
}

static bool thread_by_thread(const struct call *call)
{
	return wants(call, CLONE_THREAD) && has_threads();
}

static bool sighand_shared_by_process(const struct call *call)
{
	return wants(call, CLONE_SIGHAND) && !(call->arg[0] & CLONE_VM) && !has_threads() &&
	       refcount_read(&current->sighand->count) > 1;
}

static bool vm_alone(const struct call *call)
{
	return call->arg[0] == CLONE_VM && !has_threads();
}

static bool newpid_by_thread(const struct call *call)
{
	return wants(call, CLONE_NEWPID) && !(call->arg[0] & CLONE_NEWUSER) && has_threads();
}

static bool newuser_by_thread(const struct call *call)
{
	return wants(call, CLONE_NEWUSER) && has_threads();
}

static bool newuser_by_threads_root(const struct call *call)
{
	return newuser_by_thread(call) && uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

static bool newpid_elsewhere(const struct call *call)
{
	return wants(call, CLONE_NEWPID) && current->nsproxy->pid_ns_for_children != ns_of_pid(task_pid(current));
}

static bool elsewhere_has_init(const struct call *call)
{
	return current->nsproxy->pid_ns_for_children->child_reaper;
}

static bool any_unmapped(const struct call *call)
{
	return !uid_valid(current_euid()) || from_kuid(current_user_ns(), current_euid()) == (uid_t)-1 ||
	       from_kgid(current_user_ns(), current_egid()) == (gid_t)-1;
}

const struct mutant unshare_refusals_mutants[] = {
	MUTANT("unshare-vm-by-threads-ignored",
	       "unshare ignores CLONE_VM from one of several threads",
	       BREAKS("unshare-thread-flags-multithreaded-einval unshare-vm-implies-sighand-implies-thread unshare-cannot-undo-thread-sharing"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_VM, .when = vm_by_thread)),
	MUTANT("unshare-sighand-does-not-imply-thread",
	       "unshare ignores CLONE_SIGHAND from one of several threads unless it comes with others",
	       BREAKS("unshare-vm-implies-sighand-implies-thread unshare-thread-flags-multithreaded-einval"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_SIGHAND, .when = sighand_by_thread)),
	MUTANT("unshare-thread-by-threads-ebusy",
	       "unshare with CLONE_THREAD by one of several threads fails with EBUSY",
	       BREAKS("unshare-thread-flags-multithreaded-einval"),
	       PROBE("ksys_unshare", .exit = swap_result, .instead_of = -EINVAL, .value = -EBUSY, .when = thread_by_thread)),
	MUTANT("unshare-sighand-shared-by-processes-ignored",
	       "unshare ignores CLONE_SIGHAND from a process that shares its signal handlers with another",
	       BREAKS("unshare-cannot-undo-thread-sharing"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_SIGHAND, .when = sighand_shared_by_process)),
	MUTANT("unshare-vm-shared-by-processes-ignored",
	       "unshare with CLONE_VM does not look for other processes with the same memory",
	       BREAKS("unshare-cannot-undo-thread-sharing"),
	       PROBE("current_is_single_threaded", .exit = set_result, .value = true, BY_UNSHARE)),
	MUTANT("unshare-vm-when-single-einval",
	       "unshare with CLONE_VM fails with EINVAL in processes of one thread",
	       BREAKS("unshare-thread-flags-no-op-when-single"),
	       PROBE("ksys_unshare", .entry = skip, .value = -EINVAL, .when = vm_alone)),
	MUTANT("unshare-newpid-by-threads-einval",
	       "unshare with CLONE_NEWPID by one of several threads fails with EINVAL",
	       BREAKS("unshare-newpid-multithreaded-accepted"),
	       PROBE("ksys_unshare", .entry = skip, .value = -EINVAL, .when = newpid_by_thread)),
	MUTANT("unshare-newuser-by-threads-does-nothing",
	       "unshare with CLONE_NEWUSER by one of several threads of root's succeeds and does nothing",
	       BREAKS("unshare-newuser-multithreaded-einval"),
	       PROBE("ksys_unshare", .entry = skip, .when = newuser_by_threads_root)),
	MUTANT("unshare-newuser-by-threads-eusers",
	       "unshare with CLONE_NEWUSER by one of several threads fails with EUSERS",
	       BREAKS("unshare-newuser-multithreaded-einval"),
	       PROBE("ksys_unshare", .exit = swap_result, .instead_of = -EINVAL, .value = -EUSERS, .when = newuser_by_thread)),
	MUTANT("unshare-newuser-unmapped-gid-accepted",
	       "unshare with CLONE_NEWUSER does not mind an unmapped gid",
	       BREAKS("unshare-newuser-unmapped-ids-eperm"),
	       PROBE("create_user_ns", .entry = pretend_gid, BY_UNSHARE),
	       PROBE("create_user_ns", .exit = stop_pretending, BY_UNSHARE)),
	MUTANT("unshare-newuser-unmapped-einval",
	       "unshare with CLONE_NEWUSER by a caller whose uid or gid is unmapped fails with EINVAL",
	       BREAKS("unshare-newuser-unmapped-ids-eperm"),
	       PROBE("create_user_ns", .exit = swap_result, .instead_of = -EPERM, .value = -EINVAL, .when = any_unmapped, BY_UNSHARE)),

	MUTANT("unshare-parent-ignored",
	       "unshare ignores CLONE_PARENT",
	       BREAKS("unshare-unknown-flag-einval"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_PARENT)),
	MUTANT("unshare-high-bits-ignored",
	       "unshare ignores bits above the 32 lowest",
	       BREAKS("unshare-unknown-flag-einval"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = ~0xffffffffL)),
	MUTANT("unshare-io-ignored",
	       "unshare ignores CLONE_IO",
	       BREAKS("unshare-unknown-flag-einval"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CLONE_IO)),
	MUTANT("unshare-signal-bits-ignored",
	       "unshare ignores the bits of clone's exit signal",
	       BREAKS("unshare-unknown-flag-einval"),
	       PROBE("ksys_unshare", .entry = drop_flags, .value = CSIGNAL & ~CLONE_NEWTIME)),
	MUTANT("unshare-newpid-twice-once-init-is-there",
	       "unshare takes CLONE_NEWPID again once the PID namespace for children has an init",
	       BREAKS("unshare-newpid-twice-einval"),
	       PROBE("task_active_pid_ns", .exit = childrens_pidns, .when = elsewhere_has_init, BY_UNSHARE)),
	MUTANT("unshare-newpid-twice-eexist",
	       "unshare with CLONE_NEWPID while children go elsewhere fails with EEXIST",
	       BREAKS("unshare-newpid-twice-einval"),
	       PROBE("ksys_unshare", .exit = swap_result, .instead_of = -EINVAL, .value = -EEXIST, .when = newpid_elsewhere)),
	{}
};
