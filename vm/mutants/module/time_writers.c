// SPDX-License-Identifier: GPL-2.0-only
/* Lies about who may set the offsets of time namespaces. */
#include <linux/capability.h>
#include <linux/fs.h>

#include "mutant.h"
#include "time.h"

#define IN_WRITE IN_SYSCALL(__NR_write)

/* For file_ns_capable: a file, a user namespace, and a capability. */

static bool sets_clock(const struct call *call)
{
	return (int)call->arg[2] == CAP_SYS_TIME;
}

static const struct cred *openers(const struct call *call)
{
	return ((struct file *)call->arg[0])->f_cred;
}

static enum deed in_openers_userns(struct call *call, const struct probe *probe)
{
	if (call->arg[1] == (unsigned long)openers(call)->user_ns)
		return TRUTH;
	call->arg[1] = (unsigned long)openers(call)->user_ns;
	return LIE;
}

static enum deed in_initial_userns(struct call *call, const struct probe *probe)
{
	call->arg[1] = (unsigned long)initial_timens()->user_ns;
	return LIE;
}

static bool refused_to_root(const struct call *call)
{
	return sets_clock(call) && !(u8)call->result && uid_eq(openers(call)->euid, GLOBAL_ROOT_UID) &&
	       openers(call)->user_ns == initial_timens()->user_ns;
}

static enum deed of_the_writer(struct call *call, const struct probe *probe)
{
	if (openers(call)->user_ns != current_cred()->user_ns)
		return TRUTH;
	call->result = !!cap_raised(current_cred()->cap_effective, CAP_SYS_TIME);
	return LIE;
}

static bool permitted_not_effective(const struct call *call)
{
	return sets_clock(call) && !(u8)call->result && cap_raised(openers(call)->cap_permitted, CAP_SYS_TIME) &&
	       openers(call)->user_ns == (struct user_namespace *)call->arg[1];
}

const struct mutant time_writers_mutants[] = {
	MUTANT("time-offsets-root-needs-no-capability",
	       "root may set offsets without CAP_SYS_TIME",
	       BREAKS("time-offsets-write-needs-cap-sys-time time-offsets-write-without-cap-eperm"),
	       PROBE("file_ns_capable", .exit = set_result, .value = true, .when = refused_to_root, IN_WRITE)),
	MUTANT("time-offsets-capability-in-own-userns",
	       "setting offsets needs CAP_SYS_TIME in the user namespace of who does it",
	       BREAKS("time-offsets-write-needs-cap-sys-time time-offsets-write-without-cap-eperm"),
	       PROBE("file_ns_capable", .entry = in_openers_userns, .when = sets_clock, IN_WRITE)),
	MUTANT("time-offsets-capability-in-initial-userns",
	       "setting offsets needs CAP_SYS_TIME in the initial user namespace",
	       BREAKS("time-offsets-write-needs-cap-sys-time"),
	       PROBE("file_ns_capable", .entry = in_initial_userns, .when = sets_clock, IN_WRITE)),
	MUTANT("time-offsets-need-sys-admin",
	       "setting offsets needs CAP_SYS_ADMIN in place of CAP_SYS_TIME",
	       BREAKS("time-offsets-write-needs-cap-sys-time time-offsets-write-without-cap-eperm"),
	       PROBE("file_ns_capable", .entry = set_arg, .index = 2, .value = CAP_SYS_ADMIN, .when = sets_clock, IN_WRITE)),
	MUTANT("time-offsets-capability-of-writer",
	       "setting offsets needs CAP_SYS_TIME when they are written, not when the file is opened",
	       BREAKS("time-offsets-write-needs-cap-sys-time time-offsets-write-without-cap-eperm"),
	       PROBE("file_ns_capable", .exit = of_the_writer, .when = sets_clock, IN_WRITE)),
	MUTANT("time-offsets-capability-need-not-be-in-effect",
	       "CAP_SYS_TIME need not be in effect for setting offsets",
	       BREAKS("time-offsets-write-needs-cap-sys-time time-offsets-write-without-cap-eperm"),
	       PROBE("file_ns_capable", .exit = set_result, .value = true, .when = permitted_not_effective, IN_WRITE)),
	MUTANT("time-offsets-without-capability-eacces",
	       "setting offsets without CAP_SYS_TIME fails with EACCES",
	       BREAKS("time-offsets-write-without-cap-eperm"),
	       PROBE("proc_timens_set_offset", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES)),
	{}
};
