// SPDX-License-Identifier: GPL-2.0-only
/* Lies about ptrace access between user namespaces. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "nsfs.h"

/* cap_ptrace_access_check(child, mode) and __ptrace_may_access(task, mode) return 0 or -EPERM. */

static bool of_target(const struct call *call, bool (*check)(const struct cred *theirs))
{
	bool ok;

	rcu_read_lock();
	ok = check(__task_cred((struct task_struct *)call->arg[0]));
	rcu_read_unlock();
	return ok;
}

static bool is_refused(const struct call *call)
{
	return (int)call->result == -EPERM;
}

static bool checks_real_ids(const struct call *call)
{
	return call->arg[1] & PTRACE_MODE_REALCREDS;
}

static bool is_fellow(const struct cred *theirs)
{
	return theirs->user_ns == current_user_ns();
}

static bool is_below(const struct cred *theirs)
{
	return !is_fellow(theirs) && in_or_below(theirs->user_ns, current_user_ns());
}

static bool is_elsewhere_without_more(const struct cred *theirs)
{
	return !is_fellow(theirs) && cap_issubset(theirs->cap_permitted, current_cred()->cap_effective);
}

static bool is_fellow_with_less_effective(const struct cred *theirs)
{
	return is_fellow(theirs) && cap_issubset(theirs->cap_effective, current_cred()->cap_effective);
}

static bool is_fellow_with_less_permitted(const struct cred *theirs)
{
	return is_fellow(theirs) && cap_issubset(theirs->cap_permitted, current_cred()->cap_permitted);
}

static bool is_fellow_with_more(const struct cred *theirs)
{
	return is_fellow(theirs) && !cap_raised(current_cred()->cap_effective, CAP_SYS_PTRACE) &&
	       !cap_issubset(theirs->cap_permitted, current_cred()->cap_effective);
}

static bool is_fellow_with_something_common(const struct cred *theirs)
{
	return is_fellow(theirs) && !cap_isclear(cap_intersect(theirs->cap_permitted, current_cred()->cap_permitted));
}

static bool caller_traces_its_own(const struct cred *theirs)
{
	return !is_fellow(theirs) && cap_raised(current_cred()->cap_effective, CAP_SYS_PTRACE);
}

static bool caller_administers(const struct cred *theirs)
{
	return cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN) && in_or_below(theirs->user_ns, current_user_ns());
}

static bool fellow_is_refused(const struct call *call)
{
	return is_refused(call) && of_target(call, is_fellow);
}

static bool equal_elsewhere_is_refused(const struct call *call)
{
	return is_refused(call) && of_target(call, is_elsewhere_without_more);
}

static bool effectively_less_is_refused(const struct call *call)
{
	return is_refused(call) && of_target(call, is_fellow_with_less_effective);
}

static bool less_is_refused(const struct call *call)
{
	return is_refused(call) && !checks_real_ids(call) && of_target(call, is_fellow_with_less_permitted);
}

static bool effectively_more_is_allowed(const struct call *call)
{
	return !call->result && checks_real_ids(call) && of_target(call, is_fellow_with_more);
}

static bool common_is_refused(const struct call *call)
{
	return is_refused(call) && of_target(call, is_fellow_with_something_common);
}

static bool tracer_of_others_is_refused(const struct call *call)
{
	return is_refused(call) && of_target(call, caller_traces_its_own);
}

static bool administrator_is_refused(const struct call *call)
{
	return is_refused(call) && of_target(call, caller_administers);
}

static bool holder_above_is_allowed(const struct call *call)
{
	return !(int)call->result && cap_raised(current_cred()->cap_effective, CAP_SYS_PTRACE) && of_target(call, is_below);
}

static bool bare_above_is_allowed(const struct call *call)
{
	return !(int)call->result && cap_isclear(current_cred()->cap_effective) && of_target(call, is_below);
}

static bool bare_above_attaches(const struct call *call)
{
	return bare_above_is_allowed(call) && call->arg[1] & PTRACE_MODE_ATTACH;
}

static bool is_anothers(const struct cred *theirs)
{
	return !uid_eq(theirs->uid, current_euid());
}

static bool bare_above_reaches_others(const struct call *call)
{
	return bare_above_is_allowed(call) && of_target(call, is_anothers);
}

#define ALLOW .exit = set_result, .value = 0
#define REFUSE .exit = set_result, .value = -EPERM

const struct mutant ptrace_mutants[] = {
	MUTANT("ptrace-capabilities-ignored",
	       "within a user namespace the target may hold any capabilities",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", ALLOW, .when = fellow_is_refused)),
	MUTANT("ptrace-one-common-capability-suffices",
	       "within a user namespace one capability that both hold is enough for access",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", ALLOW, .when = common_is_refused)),
	MUTANT("ptrace-targets-effective-capabilities",
	       "the target's effective capabilities decide, not the permitted ones",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", ALLOW, .when = effectively_less_is_refused)),
	MUTANT("ptrace-permitted-capabilities-with-fsids",
	       "the caller's permitted capabilities decide where the ids for the file system are checked, too",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", ALLOW, .when = less_is_refused)),
	MUTANT("ptrace-effective-capabilities-with-real-ids",
	       "the caller's effective capabilities decide where the real ids are checked, too",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", REFUSE, .when = effectively_more_is_allowed)),
	MUTANT("ptrace-userns-ignored",
	       "a process with the same ids and no more capabilities is accessible in another user namespace, too",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", ALLOW, .when = equal_elsewhere_is_refused)),
	MUTANT("ptrace-capability-in-own-userns-suffices",
	       "CAP_SYS_PTRACE in the caller's own user namespace gives access to equals in others",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", ALLOW, .when = tracer_of_others_is_refused)),
	MUTANT("ptrace-capability-useless-from-above",
	       "CAP_SYS_PTRACE gives no access to members of user namespaces below",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("__ptrace_may_access", REFUSE, .when = holder_above_is_allowed)),
	MUTANT("ptrace-by-sys-admin",
	       "CAP_SYS_ADMIN gives the access that CAP_SYS_PTRACE gives",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("__ptrace_may_access", ALLOW, .when = administrator_is_refused)),
	MUTANT("ptrace-seize-unchecked",
	       "PTRACE_SEIZE and PTRACE_ATTACH check no capabilities and no user namespaces",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", ALLOW, .when = is_refused, IN_SYSCALL(__NR_ptrace))),
	MUTANT("ptrace-process-vm-readv-unchecked",
	       "process_vm_readv checks no capabilities and no user namespaces",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_ptrace_access_check", ALLOW, .when = is_refused, IN_SYSCALL(__NR_process_vm_readv))),

	MUTANT("ptrace-owner-cannot-attach",
	       "the creator of a user namespace may read its members, but not attach to them",
	       BREAKS("ptrace-access-by-userns-owner"),
	       PROBE("__ptrace_may_access", REFUSE, .when = bare_above_attaches)),
	MUTANT("ptrace-owner-reaches-its-own-uid-only",
	       "the creator of a user namespace has no access to members with other uids than its own",
	       BREAKS("ptrace-access-by-userns-owner"),
	       PROBE("__ptrace_may_access", REFUSE, .when = bare_above_reaches_others)),
	{}
};
