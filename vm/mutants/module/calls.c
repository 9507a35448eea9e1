// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the calls that make and join namespaces, kind by kind. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <uapi/linux/sched.h>

#include "mutant.h"

#define NEW_NAMESPACES (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | \
			CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUSER | CLONE_NEWUTS)
#define BY_CLONE IN_SYSCALL(__NR_clone, __NR_clone3)
#define BY_UNSHARE IN_SYSCALL(__NR_unshare)

static bool several_kinds(const struct call *call)
{
	return hweight_long(call->arg[0] & NEW_NAMESPACES) > 1;
}

static bool no_kind(const struct call *call)
{
	return !(call->arg[0] & NEW_NAMESPACES) && !(current->flags & PF_KTHREAD);
}

static bool net_asked_for(const struct call *call)
{
	return call->arg[0] & CLONE_NEWNET;
}

static bool not_root(const struct call *call)
{
	return !uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

/* The function of a system call is given the registers that the caller's arguments are in. */
static unsigned long *second_argument(struct call *call)
{
	struct pt_regs *regs = (struct pt_regs *)call->arg[0];

#if defined(CONFIG_X86_64)
	return &regs->si;
#elif defined(CONFIG_ARM64)
	return (unsigned long *)&regs->regs[1];
#endif
}

static enum deed take_any_type(struct call *call, const struct probe *probe)
{
	*second_argument(call) = 0;
	return LIE;
}

/* Who asks for a UTS namespace gets whatever the file is of. */
static enum deed take_any_type_for_uts(struct call *call, const struct probe *probe)
{
	if (*second_argument(call) != CLONE_NEWUTS)
		return TRUTH;
	*second_argument(call) = 0;
	return LIE;
}

const struct mutant calls_mutants[] = {
	MUTANT("mnt-new-shares",
	       "unshare and clone with CLONE_NEWNS go on sharing the mount namespace",
	       BREAKS("ns-eight-types-one-flag-each ns-change-invisible-elsewhere"),
	       PROBE("copy_mnt_ns", .entry = drop_flags, .value = CLONE_NEWNS)),
	MUTANT("net-new-shares",
	       "unshare and clone with CLONE_NEWNET go on sharing the network namespace",
	       BREAKS("ns-eight-types-one-flag-each ns-change-invisible-elsewhere"),
	       PROBE("copy_net_ns", .entry = drop_flags, .value = CLONE_NEWNET)),
	MUTANT("pid-new-shares",
	       "unshare and clone with CLONE_NEWPID go on sharing the PID namespace",
	       BREAKS("ns-eight-types-one-flag-each ns-change-invisible-elsewhere"),
	       PROBE("copy_pid_ns", .entry = drop_flags, .value = CLONE_NEWPID)),
	MUTANT("cgroup-new-shares",
	       "unshare and clone with CLONE_NEWCGROUP go on sharing the cgroup namespace",
	       BREAKS("ns-eight-types-one-flag-each ns-change-invisible-elsewhere"),
	       PROBE("copy_cgroup_ns", .entry = drop_flags, .value = CLONE_NEWCGROUP)),
	MUTANT("time-new-shares",
	       "unshare with CLONE_NEWTIME leaves the caller's children in its time namespace",
	       BREAKS("ns-eight-types-one-flag-each ns-change-invisible-elsewhere"),
	       PROBE("copy_time_ns", .entry = drop_flags, .value = CLONE_NEWTIME)),
	MUTANT("user-clone-shares",
	       "clone with CLONE_NEWUSER leaves the child in its parent's user namespace",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("copy_creds", .entry = drop_flags, .index = 1, .value = CLONE_NEWUSER)),
	MUTANT("user-unshare-shares",
	       "unshare with CLONE_NEWUSER leaves the caller in its user namespace",
	       BREAKS("ns-eight-types-one-flag-each ns-change-invisible-elsewhere"),
	       PROBE("unshare_userns", .entry = drop_flags, .value = CLONE_NEWUSER)),
	MUTANT("mnt-clone-shares",
	       "clone with CLONE_NEWNS shares the mount namespace, unshare does not",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("copy_mnt_ns", .entry = drop_flags, .value = CLONE_NEWNS, BY_CLONE)),
	MUTANT("net-unshare-shares",
	       "unshare with CLONE_NEWNET leaves the caller in its network namespace, clone does not",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("copy_net_ns", .entry = drop_flags, .value = CLONE_NEWNET, BY_UNSHARE)),
	MUTANT("user-new-needs-root",
	       "only root may create a user namespace",
	       BREAKS("ns-userns-creation-unprivileged"),
	       PROBE("create_user_ns", .entry = skip, .value = -EPERM, .when = not_root)),

	MUTANT("clone-several-loses-one",
	       "clone with several kinds at once makes no new IPC namespace",
	       BREAKS("ns-clone-several-flags"),
	       PROBE("copy_ipcs", .entry = drop_flags, .value = CLONE_NEWIPC, .when = several_kinds, BY_CLONE)),
	MUTANT("unshare-net-unshares-uts",
	       "unshare of the network namespace unshares the UTS namespace, too",
	       BREAKS("ns-unshare-leaves-other-types ns-eight-types-one-flag-each"),
	       PROBE("copy_utsname", .entry = add_flags, .value = CLONE_NEWUTS, .when = net_asked_for, BY_UNSHARE)),
	MUTANT("fork-makes-uts",
	       "a child made by fork or plain clone gets a UTS namespace of its own",
	       BREAKS("ns-fork-shares-all"),
	       PROBE("copy_namespaces", .entry = add_flags, .value = CLONE_NEWUTS, .when = no_kind)),

	MUTANT("setns-mnt-does-nothing",
	       "setns to a mount namespace succeeds and changes nothing",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("mntns_install", .entry = skip)),
	MUTANT("setns-net-does-nothing",
	       "setns to a network namespace succeeds and changes nothing",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("netns_install", .entry = skip)),
	MUTANT("setns-pid-does-nothing",
	       "setns to a PID namespace succeeds and leaves the caller's children where they were",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("pidns_install", .entry = skip)),
	MUTANT("setns-cgroup-does-nothing",
	       "setns to a cgroup namespace succeeds and changes nothing",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("cgroupns_install", .entry = skip)),
	MUTANT("setns-time-does-nothing",
	       "setns to a time namespace succeeds and changes nothing",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("timens_install", .entry = skip)),
	MUTANT("setns-user-does-nothing",
	       "setns to a user namespace succeeds and changes nothing",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE("userns_install", .entry = skip)),
	MUTANT("setns-ignores-nstype",
	       "setns takes a namespace of any type, whatever nstype asks for",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE(SYSCALL("setns"), .entry = take_any_type)),
	MUTANT("setns-takes-all-for-uts",
	       "setns with CLONE_NEWUTS takes a namespace of any type",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE(SYSCALL("setns"), .entry = take_any_type_for_uts)),
	MUTANT("setns-wrong-type-eperm",
	       "setns with the wrong nstype fails with EPERM",
	       BREAKS("ns-eight-types-one-flag-each"),
	       PROBE(SYSCALL("setns"), .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM)),
	{}
};
