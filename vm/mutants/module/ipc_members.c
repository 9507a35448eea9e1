// SPDX-License-Identifier: GPL-2.0-only
/* Lies about IPC namespaces that only some of their members notice. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mqueue.h>
#include <linux/mount.h>
#include <linux/sem.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include <uapi/linux/msg.h>
#include <uapi/linux/shm.h>

#include "ipc.h"
#include "mutant.h"

static bool with_new_userns(const struct call *call)
{
	return call->arg[0] & CLONE_NEWUSER;
}

static bool by_others(const struct call *call)
{
	return !uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

/* How many message queues there are in all namespaces, of those made since the lie began. */
static atomic_t all_queues;

static enum deed count_queue(struct call *call, const struct probe *probe)
{
	if (!call->result || (int)call->result > 0)
		atomic_inc(&all_queues);
	return TRUTH;
}

static enum deed uncount_queue(struct call *call, const struct probe *probe)
{
	atomic_dec(&all_queues);
	return TRUTH;
}

static long msgctl_counting_all(const struct pt_regs *regs)
{
	static long (*function)(const struct pt_regs *);
	struct msginfo __user *info = (struct msginfo __user *)syscall_arg(2);
	int command = syscall_arg(1);
	long result;

	if (!function)
		function = find_function(SYSCALL("msgctl"));
	let_through();
	result = function(regs);
	if (result >= 0 && command == MSG_INFO) {
		told_a_lie();
		if (put_user(atomic_read(&all_queues), &info->msgpool))
			return -EFAULT;
	}
	return result;
}

static bool is_longer_than_initial_allows(const struct call *call)
{
	return call->arg[3] > initial_ipc_ns()->msg_ctlmax;
}

static enum deed limit_by_initial(struct call *call, const struct probe *probe)
{
	const struct mq_attr *attr = (const struct mq_attr *)call->arg[3];

	if (!attr || attr->mq_maxmsg <= initial_ipc_ns()->mq_msg_max || capable(CAP_SYS_RESOURCE))
		return TRUTH;
	call->result = -EINVAL;
	return SKIP;
}

static enum deed inherit_msg_max(struct call *call, const struct probe *probe)
{
	struct ipc_namespace *ns = (struct ipc_namespace *)call->arg[0];

	if (ns->user_ns == &init_user_ns)
		return TRUTH;
	ns->mq_msg_max = current_ipc_ns()->mq_msg_max;
	return LIE;
}

static enum deed hold_namespace_left(struct call *call, const struct probe *probe)
{
	get_ipc_ns(current_ipc_ns());
	return LIE;
}

static bool for_permitted_cap(const struct call *call)
{
	return call->arg[1] == CAP_IPC_OWNER && call->arg[0] == (unsigned long)current_user_ns()
		&& cap_raised(current_cred()->cap_permitted, CAP_IPC_OWNER);
}

static bool is_below_owner(const struct call *call)
{
	return current_user_ns()->parent == current_ipc_ns()->user_ns;
}

static bool stats_any(const struct call *call)
{
	return syscall_arg(1) == SHM_STAT_ANY;
}

static enum deed map_to_owning_userns(struct call *call, const struct probe *probe)
{
	const struct kern_ipc_perm *object = (const struct kern_ipc_perm *)call->arg[0];
	struct ipc64_perm *told = (struct ipc64_perm *)call->arg[1];

	told->uid = from_kuid_munged(current_ipc_ns()->user_ns, object->uid);
	told->cuid = from_kuid_munged(current_ipc_ns()->user_ns, object->cuid);
	return LIE;
}

static bool opens_both_ways(const struct call *call)
{
	int mask = call->arg[1];

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
	mask = call->arg[2];
#endif
	return by_others(call) && (mask & (MAY_READ | MAY_WRITE)) == (MAY_READ | MAY_WRITE);
}

const struct mutant ipc_members_mutants[] = {
	MUTANT("ipc-new-userns-shares",
	       "where a user namespace is made as well, CLONE_NEWIPC makes no IPC namespace",
	       BREAKS("ipc-shm-unreachable-elsewhere ipc-msg-unreachable-elsewhere ipc-sem-unreachable-elsewhere"
		      " ipc-mq-unreachable-elsewhere ipc-new-namespace-empty"),
	       PROBE("copy_ipcs", .entry = drop_flags, .value = CLONE_NEWIPC, .when = with_new_userns)),
	MUTANT("ipc-unshared-userns-unshares-ipc",
	       "unshare(CLONE_NEWUSER) unshares the IPC namespace, too",
	       BREAKS("ipc-objects-visible-to-all-members"),
	       PROBE("ksys_unshare", .entry = add_flags, .value = CLONE_NEWIPC, .when = with_new_userns)),
	MUTANT("ipc-msg-info-counts-all",
	       "msgctl(MSG_INFO) counts the message queues of all IPC namespaces",
	       BREAKS("ipc-new-namespace-empty"),
	       PROBE("newque", .exit = count_queue),
	       PROBE("freeque", .entry = uncount_queue),
	       PROBE(SYSCALL("msgctl"), .replacement = msgctl_counting_all)),
	MUTANT("ipc-proc-shm-empty-to-others",
	       "/proc/sysvipc/shm lists nothing to all but global root",
	       BREAKS("ipc-proc-sysvipc-lists-own-objects"),
	       PROBE("sysvipc_shm_proc_show", .entry = skip, .when = by_others)),
	MUTANT("ipc-msgmax-of-initial-limits-all",
	       "a message may be no longer than kernel.msgmax of the initial IPC namespace, whatever the sender's own",
	       BREAKS("ipc-sysctl-msg-per-namespace"),
	       PROBE("do_msgsnd", .entry = skip, .value = -EINVAL, .when = is_longer_than_initial_allows)),
	MUTANT("ipc-msg-max-of-initial-limits-all",
	       "a POSIX message queue may hold no more than msg_max of the initial IPC namespace, whatever its own",
	       BREAKS("ipc-sysctl-mqueue-per-namespace"),
	       PROBE("mqueue_get_inode", .entry = limit_by_initial)),
	MUTANT("ipc-new-userns-inherits-msg-max",
	       "a new IPC namespace that an inner user namespace owns starts with the msg_max of its creator's",
	       BREAKS("ipc-mqueue-default-limits"),
	       PROBE("mq_init_ns", .exit = inherit_msg_max)),
	MUTANT("ipc-setns-holds-namespace-left",
	       "an IPC namespace that was left by setns is never destroyed",
	       BREAKS("ipc-objects-die-with-last-member"),
	       PROBE("ipcns_install", .entry = hold_namespace_left)),
	MUTANT("ipc-shm-owner-cap-permitted-suffices",
	       "for shared memory, a CAP_IPC_OWNER that is permitted and not in effect suffices",
	       BREAKS("ipc-shm-cap-ipc-owner-in-owner"),
	       PROBE("ns_capable", .entry = skip, .value = true, .when = for_permitted_cap,
		     IN_SYSCALL(__NR_shmget, __NR_shmat, __NR_shmctl))),
	MUTANT("ipc-stat-below-maps-to-owning-userns",
	       "IPC_STAT tells uids to a child of the user namespace that owns the IPC namespace as that has them",
	       BREAKS("ipc-stat-ids-mapped-to-caller"),
	       PROBE("kernel_to_ipc64_perm", .exit = map_to_owning_userns, .when = is_below_owner)),
	MUTANT("ipc-shm-stat-any-maps-to-owning-userns",
	       "shmctl(SHM_STAT_ANY) maps uids into the user namespace that owns the IPC namespace, not the caller's",
	       BREAKS("ipc-stat-ids-mapped-to-caller"),
	       PROBE("kernel_to_ipc64_perm", .exit = map_to_owning_userns, .when = stats_any, IN_SYSCALL(__NR_shmctl))),
	MUTANT("ipc-sysctls-open-for-both",
	       "all users may open for reading and writing what only root may write in /proc/sys",
	       BREAKS("ipc-sysctl-unprivileged-write-refused"),
	       PROBE("proc_sys_permission", .exit = swap_result, .instead_of = -EACCES, .when = opens_both_ways)),
	{}
};
