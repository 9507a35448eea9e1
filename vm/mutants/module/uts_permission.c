// SPDX-License-Identifier: GPL-2.0-only
/* Lies about who may set the names of a UTS namespace. */
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>

#include "mutant.h"

static bool has_it_permitted(const struct call *call)
{
	return current_user_ns() == (struct user_namespace *)call->arg[0] && cap_raised(current_cred()->cap_permitted, call->arg[1]);
}

static bool by_global_root_inside(const struct call *call)
{
	return current_user_ns() != &init_user_ns && uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

static bool beside_owner(const struct call *call)
{
	const struct user_namespace *own = current_user_ns(), *asked = (const struct user_namespace *)call->arg[0];

	return own != asked && own->parent == asked->parent && cap_raised(current_cred()->cap_effective, call->arg[1]);
}

static bool opens_both_ways(const struct call *call)
{
	int mask = call->arg[1];

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
	mask = call->arg[2];
#endif
	return current_user_ns() != &init_user_ns && (mask & (MAY_READ | MAY_WRITE)) == (MAY_READ | MAY_WRITE);
}

const struct mutant uts_permission_mutants[] = {
	MUTANT("uts-setdomainname-permitted-cap-suffices",
	       "setdomainname is content with a CAP_SYS_ADMIN that is permitted and not in effect",
	       BREAKS("uts-setdomainname-cap-in-owner"),
	       PROBE("ns_capable", .entry = skip, .value = true, .when = has_it_permitted, IN_SYSCALL(__NR_setdomainname))),
	MUTANT("uts-sethostname-by-mapped-global-root",
	       "sethostname lets pass the uid 0 of the initial user namespace in any other one",
	       BREAKS("uts-sethostname-parent-uts-eperm"),
	       PROBE("ns_capable", .entry = skip, .value = true, .when = by_global_root_inside, IN_SYSCALL(__NR_sethostname))),
	MUTANT("uts-setdomainname-cap-beside-owner",
	       "setdomainname is content with CAP_SYS_ADMIN in a sibling of the user namespace that owns the UTS namespace",
	       BREAKS("uts-setdomainname-cap-in-owner"),
	       PROBE("ns_capable", .entry = skip, .value = true, .when = beside_owner, IN_SYSCALL(__NR_setdomainname))),
	MUTANT("uts-sysctl-opens-for-both",
	       "root of an inner user namespace may open for reading and writing what only global root may write in /proc/sys",
	       BREAKS("uts-sysctl-userns-root-eacces"),
	       PROBE("proc_sys_permission", .exit = swap_result, .instead_of = -EACCES, .when = opens_both_ways)),
	{}
};
