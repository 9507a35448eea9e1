// SPDX-License-Identifier: GPL-2.0-only
/* Lies about /proc/PID/ns: who may read and follow its links. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "nsfs.h"

/* At the exit of ptrace_may_access: the task that somebody would look into. */
static struct task_struct *target(const struct call *call)
{
	return (struct task_struct *)call->arg[0];
}

static bool refused(const struct call *call)
{
	return !(u8)call->result;
}

static bool have_same_uids(const struct cred *theirs)
{
	return uid_eq(current_fsuid(), theirs->euid) && uid_eq(current_fsuid(), theirs->uid) && uid_eq(current_fsuid(), theirs->suid);
}

static bool have_same_gids(const struct cred *theirs)
{
	return gid_eq(current_fsgid(), theirs->egid) && gid_eq(current_fsgid(), theirs->gid) && gid_eq(current_fsgid(), theirs->sgid);
}

/* Whether the credentials of a call's target are as some function says. */
static bool of_target(const struct call *call, bool (*check)(const struct cred *theirs))
{
	bool ok;

	rcu_read_lock();
	ok = check(__task_cred(target(call)));
	rcu_read_unlock();
	return ok;
}

static bool same_user_of_another_group(const struct cred *theirs)
{
	return have_same_uids(theirs) && !have_same_gids(theirs);
}

static bool same_effective_uid_only(const struct cred *theirs)
{
	return uid_eq(current_fsuid(), theirs->euid) && !have_same_uids(theirs) && have_same_gids(theirs);
}

static bool same_ids(const struct cred *theirs)
{
	return have_same_uids(theirs) && have_same_gids(theirs);
}

static bool administers(const struct cred *theirs)
{
	return cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN) && in_or_below(theirs->user_ns, current_user_ns());
}

static bool is_fellow_in_child(const struct cred *theirs)
{
	return theirs->user_ns == current_user_ns() && theirs->user_ns != &init_user_ns && !same_ids(theirs);
}

static bool group_is_wrong(const struct call *call)
{
	return refused(call) && of_target(call, same_user_of_another_group);
}

static bool effective_uid_is_right(const struct call *call)
{
	return refused(call) && of_target(call, same_effective_uid_only);
}

static bool ids_are_right(const struct call *call)
{
	return refused(call) && of_target(call, same_ids);
}

static bool caller_administers(const struct call *call)
{
	return refused(call) && of_target(call, administers);
}

static bool caller_has_capability(const struct call *call)
{
	return refused(call) && cap_raised(current_cred()->cap_effective, CAP_SYS_PTRACE);
}

static bool target_is_fellow_in_child(const struct call *call)
{
	return !refused(call) && of_target(call, is_fellow_in_child);
}

static bool target_is_bare_caller(const struct call *call)
{
	return same_thread_group(target(call), current) && !cap_raised(current_cred()->cap_effective, CAP_SYS_PTRACE);
}

/* In place of PTRACE_MODE_READ_FSCREDS. */
static enum deed check_real_ids(struct call *call, const struct probe *probe)
{
	if (!(call->arg[1] & PTRACE_MODE_FSCREDS))
		return TRUTH;
	call->arg[1] ^= PTRACE_MODE_FSCREDS | PTRACE_MODE_REALCREDS;
	return LIE;
}

#define ALLOW .exit = set_result, .value = true
#define REFUSE .exit = set_result, .value = false

const struct mutant procns_access_mutants[] = {
	MUTANT("procns-readlink-by-anybody",
	       "anybody may read the ns links of all processes",
	       BREAKS("procns-deref-needs-ptrace-read procns-deref-non-dumpable-eacces"),
	       PROBE("ptrace_may_access", ALLOW, .when = refused, IN_SYSCALL(__NR_readlinkat))),
	MUTANT("procns-open-by-anybody",
	       "anybody may open the ns links of all processes",
	       BREAKS("procns-deref-needs-ptrace-read procns-deref-non-dumpable-eacces"),
	       PROBE("ptrace_may_access", ALLOW, .when = refused, IN_SYSCALL(__NR_openat))),
	MUTANT("procns-stat-by-anybody",
	       "anybody may follow the ns links of all processes with stat",
	       BREAKS("procns-deref-needs-ptrace-read"),
	       PROBE("ptrace_may_access", ALLOW, .when = refused, IN_SYSCALL(__NR_newfstatat, __NR_statx))),
	MUTANT("procns-access-by-real-ids",
	       "the caller's real ids decide about ns links instead of those for the file system",
	       BREAKS("procns-deref-needs-ptrace-read"),
	       PROBE("ptrace_may_access", .entry = check_real_ids)),
	MUTANT("procns-access-by-uid-alone",
	       "the ns links of a process with the caller's uid may be read whatever its gid is",
	       BREAKS("procns-deref-needs-ptrace-read"),
	       PROBE("ptrace_may_access", ALLOW, .when = group_is_wrong)),
	MUTANT("procns-access-by-effective-uid",
	       "the ns links of a process with the caller's uid as the effective one may be read, whatever its real and saved one are",
	       BREAKS("procns-deref-needs-ptrace-read"),
	       PROBE("ptrace_may_access", ALLOW, .when = effective_uid_is_right)),
	MUTANT("procns-access-not-dumpable",
	       "the ns links of a process that is not dumpable may be read by others with its ids",
	       BREAKS("procns-deref-non-dumpable-eacces"),
	       PROBE("ptrace_may_access", ALLOW, .when = ids_are_right)),
	MUTANT("procns-access-by-capability-anywhere",
	       "CAP_SYS_PTRACE in any user namespace lets its holder read all ns links",
	       BREAKS("procns-deref-needs-ptrace-read procns-deref-non-dumpable-eacces"),
	       PROBE("ptrace_may_access", ALLOW, .when = caller_has_capability)),
	MUTANT("procns-access-by-sys-admin",
	       "CAP_SYS_ADMIN does for reading ns links what CAP_SYS_PTRACE does",
	       BREAKS("procns-deref-needs-ptrace-read procns-deref-non-dumpable-eacces"),
	       PROBE("ptrace_may_access", ALLOW, .when = caller_administers)),
	MUTANT("procns-access-refused-to-nested-root",
	       "CAP_SYS_PTRACE is of no use for ns links within a user namespace that is not the initial one",
	       BREAKS("procns-deref-needs-ptrace-read"),
	       PROBE("ptrace_may_access", REFUSE, .when = target_is_fellow_in_child)),
	MUTANT("procns-own-needs-capability",
	       "a process without CAP_SYS_PTRACE may not open its own ns links",
	       BREAKS("procns-deref-own-always"),
	       PROBE("ptrace_may_access", REFUSE, .when = target_is_bare_caller, IN_SYSCALL(__NR_openat))),
	MUTANT("procns-readlink-eperm",
	       "reading the ns links of a process that one may not look into fails with EPERM",
	       BREAKS("procns-deref-needs-ptrace-read procns-deref-non-dumpable-eacces"),
	       PROBE("proc_ns_readlink", .exit = swap_result, .instead_of = -EACCES, .value = -EPERM)),
	MUTANT("procns-follow-enoent",
	       "following the ns links of a process that one may not look into fails with ENOENT",
	       BREAKS("procns-deref-needs-ptrace-read procns-deref-non-dumpable-eacces"),
	       PROBE("proc_ns_get_link", .exit = swap_result, .instead_of = -EACCES, .value = -ENOENT)),
	{}
};
