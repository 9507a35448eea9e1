// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the namespaces that a child is in. */
#include <linux/ipc_namespace.h>
#include <linux/pid_namespace.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>

#include "clone.h"

#define NEW_NAMESPACES (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | \
			CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUSER | CLONE_NEWUTS)

static bool in_nested_uts(void)
{
	return current->nsproxy->uts_ns != &init_uts_ns;
}

static bool from_nested_uts(const struct call *call)
{
	return in_nested_uts();
}

static bool from_nested_ipc(const struct call *call)
{
	return current->nsproxy->ipc_ns != init_task.nsproxy->ipc_ns;
}

static bool from_nested_pid(const struct call *call)
{
	return ns_of_pid(task_pid(current)) != &init_pid_ns;
}

static bool from_nested_mnt(const struct call *call)
{
	return current->nsproxy->mnt_ns != init_task.nsproxy->mnt_ns;
}

static bool plain_from_nested_uts(const struct call *call)
{
	return in_nested_uts() && !(call->arg[0] & (NEW_NAMESPACES | CLONE_VM));
}

static bool plain_from_nested_ipc(const struct call *call)
{
	return from_nested_ipc(call) && !(call->arg[0] & (NEW_NAMESPACES | CLONE_VM));
}

static bool time_by_clone3(const struct call *call)
{
	return has_all(call, CLONE_NEWTIME);
}

static bool newcgroup(const struct call *call)
{
	return has_all(call, CLONE_NEWCGROUP);
}

static enum deed forget_domain(struct call *call, const struct probe *probe)
{
	struct uts_namespace *uts = (struct uts_namespace *)call->result;

	if (IS_ERR(uts) || !(call->arg[0] & CLONE_NEWUTS))
		return TRUTH;
	strcpy(uts->name.domainname, "(none)");
	return LIE;
}

static bool unprivileged(const struct call *call)
{
	return !cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
}

static bool unprivileged_root(const struct call *call)
{
	return unprivileged(call) && uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

const struct mutant clone_fresh_mutants[] = {
	MUTANT("clone3-newuts-shares",
	       "clone3 with CLONE_NEWUTS shares the parent's UTS namespace unless it is the initial one",
	       BREAKS("clone-newuts-copy-else-shared"),
	       PROBE("copy_utsname", .entry = drop_flags, .value = CLONE_NEWUTS, .when = from_nested_uts, BY_CLONE3)),
	MUTANT("clone-newuts-loses-domainname",
	       "clone with CLONE_NEWUTS copies the hostname and not the domain name",
	       BREAKS("clone-newuts-copy-else-shared"),
	       PROBE("copy_utsname", .exit = forget_domain, BY_CLONE_ALONE)),
	MUTANT("clone-without-newuts-copies",
	       "clone without flags gives the child a copy of a nested UTS namespace",
	       BREAKS("clone-newuts-copy-else-shared"),
	       PROBE("copy_namespaces", .entry = add_flags, .value = CLONE_NEWUTS, .when = plain_from_nested_uts, BY_CLONE_ALONE)),
	MUTANT("clone3-without-newipc-new",
	       "clone3 without flags gives the child of a member of a nested IPC namespace a new one",
	       BREAKS("clone-newipc-fresh-else-shared"),
	       PROBE("copy_namespaces", .entry = add_flags, .value = CLONE_NEWIPC, .when = plain_from_nested_ipc, BY_CLONE3)),
	MUTANT("clone-newipc-shares-nested",
	       "clone with CLONE_NEWIPC shares the parent's IPC namespace unless it is the initial one",
	       BREAKS("clone-newipc-fresh-else-shared"),
	       PROBE("copy_ipcs", .entry = drop_flags, .value = CLONE_NEWIPC, .when = from_nested_ipc, BY_CLONE_ALONE)),
	MUTANT("clone3-newnet-shares",
	       "clone3 with CLONE_NEWNET shares the parent's network namespace",
	       BREAKS("clone-newnet-fresh-else-shared clone-flags-accepted-from-their-version"),
	       PROBE("copy_net_ns", .entry = drop_flags, .value = CLONE_NEWNET, BY_CLONE3)),
	MUTANT("clone-newns-shares-nested",
	       "clone with CLONE_NEWNS shares the parent's mount namespace unless it is the initial one",
	       BREAKS("clone-newns-copies-mounts"),
	       PROBE("copy_mnt_ns", .entry = drop_flags, .value = CLONE_NEWNS, .when = from_nested_mnt, BY_CLONE_ALONE)),
	MUTANT("clone3-newcgroup-shares",
	       "clone3 with CLONE_NEWCGROUP shares the parent's cgroup namespace",
	       BREAKS("clone-newcgroup-fresh-else-shared"),
	       PROBE("copy_cgroup_ns", .entry = drop_flags, .value = CLONE_NEWCGROUP, BY_CLONE3)),
	MUTANT("clone-newpid-shares-nested",
	       "clone with CLONE_NEWPID shares the parent's PID namespace unless it is the initial one",
	       BREAKS("clone-newpid-child-is-init-else-shared"),
	       PROBE("copy_pid_ns", .entry = drop_flags, .value = CLONE_NEWPID, .when = from_nested_pid, BY_CLONE_ALONE)),
	MUTANT("clone3-newuser-shares",
	       "clone3 with CLONE_NEWUSER leaves the child of an unprivileged process in its user namespace",
	       BREAKS("clone-newuser-unprivileged"),
	       PROBE("copy_creds", .entry = drop_flags, .index = 1, .value = CLONE_NEWUSER, .when = unprivileged, BY_CLONE3)),
	MUTANT("clone-newuser-shares-for-root",
	       "clone with CLONE_NEWUSER leaves the child in the user namespace of root without CAP_SYS_ADMIN",
	       BREAKS("clone-newuser-fresh-else-shared"),
	       PROBE("copy_creds", .entry = drop_flags, .index = 1, .value = CLONE_NEWUSER, .when = unprivileged_root, BY_CLONE_ALONE)),
	MUTANT("clone3-newtime-einval",
	       "clone3 with CLONE_NEWTIME fails with EINVAL",
	       BREAKS("clone-flags-accepted-from-their-version"),
	       PROBE("kernel_clone", .entry = skip, .value = -EINVAL, .when = time_by_clone3, BY_CLONE3)),
	MUTANT("clone-newcgroup-einval",
	       "clone with CLONE_NEWCGROUP fails with EINVAL",
	       BREAKS("clone-flags-accepted-from-their-version clone-newcgroup-fresh-else-shared"),
	       PROBE("kernel_clone", .entry = skip, .value = -EINVAL, .when = newcgroup, BY_CLONE_ALONE)),
	{}
};
