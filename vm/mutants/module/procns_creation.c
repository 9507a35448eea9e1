// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what holds for making namespaces of all kinds. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>

#include "mutant.h"

#define ANY_KIND (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUSER | CLONE_NEWUTS)

static bool administers(void)
{
	return cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
}

/* For probes of functions whose first argument are clone's or unshare's flags. */

static bool wants_uts_without_ipc(const struct call *call)
{
	return (call->arg[0] & (CLONE_NEWUTS | CLONE_NEWIPC)) == CLONE_NEWUTS;
}

static bool wants_uts_and_more(const struct call *call)
{
	return (call->arg[0] & CLONE_NEWUTS) && (call->arg[0] & ANY_KIND & ~(unsigned long)CLONE_NEWUTS);
}

static bool makes_plain_child(const struct call *call)
{
	return administers() && !(call->arg[0] & (ANY_KIND | CLONE_VM));
}

static bool lacks_privilege(const struct call *call)
{
	return !administers();
}

const struct mutant procns_creation_mutants[] = {
	MUTANT("ns-unshare-uts-takes-ipc",
	       "unshare with CLONE_NEWUTS makes a new IPC namespace, too",
	       BREAKS("ns-unshare-leaves-other-types ns-eight-types-one-flag-each"),
	       PROBE("create_new_namespaces", .entry = add_flags, .index = 0, .value = CLONE_NEWIPC, .when = wants_uts_without_ipc, IN_SYSCALL(__NR_unshare))),
	MUTANT("ns-unshare-several-forgets-uts",
	       "unshare with CLONE_NEWUTS and another kind's flag makes no new UTS namespace",
	       BREAKS("ns-unshare-several-flags"),
	       PROBE("create_new_namespaces", .entry = drop_flags, .index = 0, .value = CLONE_NEWUTS, .when = wants_uts_and_more, IN_SYSCALL(__NR_unshare))),
	MUTANT("ns-clone3-several-forgets-uts",
	       "clone3 with CLONE_NEWUTS and another kind's flag makes no new UTS namespace",
	       BREAKS("ns-clone-several-flags"),
	       PROBE("create_new_namespaces", .entry = drop_flags, .index = 0, .value = CLONE_NEWUTS, .when = wants_uts_and_more, IN_SYSCALL(__NR_clone3))),
	MUTANT("ns-plain-clone3-new-uts",
	       "clone3 without flags makes a new UTS namespace for the child of a privileged process",
	       BREAKS("ns-fork-shares-all"),
	       PROBE("copy_namespaces", .entry = add_flags, .index = 0, .value = CLONE_NEWUTS, .when = makes_plain_child, IN_SYSCALL(__NR_clone3))),
	MUTANT("ns-fork-ignores-time-for-children",
	       "a new child is in its parent's time namespace, not in the one that the parent has for its children",
	       BREAKS("ns-fork-shares-all ns-unshare-several-flags"),
	       PROBE("timens_on_fork", .entry = skip)),
	MUTANT("ns-userns-creation-by-clone3-privileged",
	       "clone3 with CLONE_NEWUSER fails with EPERM without CAP_SYS_ADMIN",
	       BREAKS("ns-userns-creation-unprivileged"),
	       PROBE("create_user_ns", .entry = skip, .value = -EPERM, .when = lacks_privilege, IN_SYSCALL(__NR_clone3))),
	{}
};
