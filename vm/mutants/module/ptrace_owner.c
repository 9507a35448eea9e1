// SPDX-License-Identifier: GPL-2.0-only
/* Lies about whom the creator of a user namespace is, in checks for CAP_SYS_PTRACE. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>

#include "nsfs.h"

/* cap_capable(cred, namespace, capability, options) returns 0 or -EPERM. */

static const struct cred *callers(const struct call *call)
{
	return (const struct cred *)call->arg[0];
}

static const struct user_namespace *userns(const struct call *call)
{
	return (const struct user_namespace *)call->arg[1];
}

static bool is_asked(const struct call *call)
{
	return (int)call->arg[2] == CAP_SYS_PTRACE;
}

static bool from_parent(const struct call *call)
{
	return userns(call)->parent && userns(call)->parent == callers(call)->user_ns;
}

static bool refused_to_parent(const struct call *call)
{
	return is_asked(call) && (int)call->result && from_parent(call);
}

static bool refused_to_real_uid(const struct call *call)
{
	return refused_to_parent(call) && uid_eq(userns(call)->owner, callers(call)->uid);
}

static bool refused_to_fsuid(const struct call *call)
{
	return refused_to_parent(call) && uid_eq(userns(call)->owner, callers(call)->fsuid);
}

static bool refused_to_owner_elsewhere(const struct call *call)
{
	return is_asked(call) && (int)call->result && uid_eq(userns(call)->owner, callers(call)->euid) &&
	       userns(call) != callers(call)->user_ns;
}

static bool allowed_to_bare_parent(const struct call *call)
{
	return is_asked(call) && !(int)call->result && from_parent(call) &&
	       !cap_raised(callers(call)->cap_effective, CAP_SYS_PTRACE);
}

static bool allowed_to_other_real_uid(const struct call *call)
{
	return allowed_to_bare_parent(call) && !uid_eq(userns(call)->owner, callers(call)->uid);
}

#define ALLOW .exit = set_result, .value = 0
#define REFUSE .exit = set_result, .value = -EPERM

const struct mutant ptrace_owner_mutants[] = {
	MUTANT("ptrace-owner-needs-capability",
	       "having created a user namespace gives no ptrace access to its members",
	       BREAKS("ptrace-access-by-userns-owner"),
	       PROBE("cap_capable", REFUSE, .when = allowed_to_bare_parent)),
	MUTANT("ptrace-owner-by-both-uids",
	       "the creator of a user namespace has ptrace access to it only if its real uid is the creator's, too",
	       BREAKS("ptrace-access-by-userns-owner"),
	       PROBE("cap_capable", REFUSE, .when = allowed_to_other_real_uid)),
	MUTANT("ptrace-owner-by-real-uid",
	       "the creator's real uid gives ptrace access to a user namespace, too",
	       BREAKS("ptrace-access-by-userns-owner"),
	       PROBE("cap_capable", ALLOW, .when = refused_to_real_uid)),
	MUTANT("ptrace-owner-by-fsuid",
	       "the creator's uid for the file system gives ptrace access to a user namespace, too",
	       BREAKS("ptrace-access-by-userns-owner"),
	       PROBE("cap_capable", ALLOW, .when = refused_to_fsuid)),
	MUTANT("ptrace-owner-from-anywhere",
	       "the creator's uid gives ptrace access to a user namespace from others than its parent, too",
	       BREAKS("ptrace-access-by-userns-owner"),
	       PROBE("cap_capable", ALLOW, .when = refused_to_owner_elsewhere)),
	MUTANT("ptrace-by-anybody-in-parent",
	       "every process of the parent user namespace has ptrace access",
	       BREAKS("ptrace-access-by-caps-and-userns"),
	       PROBE("cap_capable", ALLOW, .when = refused_to_parent)),
	{}
};
