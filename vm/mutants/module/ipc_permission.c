// SPDX-License-Identifier: GPL-2.0-only
/* Lies about who may use and change System V objects, and whose they are. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/sem.h>
#include <linux/stat.h>
#include <linux/user_namespace.h>

#include <uapi/linux/shm.h>

#include "ipc.h"
#include "mutant.h"

static bool for_ipc_owner(const struct call *call)
{
	return call->arg[1] == CAP_IPC_OWNER;
}

static enum deed ask_callers_userns(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static enum deed ask_initial_userns(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)&init_user_ns;
	return LIE;
}

static bool for_reading(const struct call *call)
{
	return (short)call->arg[2] == S_IRUGO;
}

static bool stats_shm_by_index(const struct call *call)
{
	return syscall_arg(1) == SHM_STAT;
}

static bool sets_all(const struct call *call)
{
	return syscall_arg(2) == SETALL;
}

static bool for_removal(const struct call *call)
{
	return call->arg[1] == CAP_SYS_ADMIN && syscall_arg(1) == IPC_RMID;
}

static enum deed set_mode_all_the_same(struct call *call, const struct probe *probe)
{
	const struct ipc64_perm *wanted = (const struct ipc64_perm *)call->arg[4];
	struct kern_ipc_perm *object;

	if (call->result != -EPERM || call->arg[3] != IPC_SET)
		return TRUTH;
	object = object_at((struct ipc_ids *)call->arg[1], call->arg[2]);
	object->mode = (object->mode & ~0777) | (wanted->mode & 0777);
	return LIE;
}

static enum deed refuse_creator(struct call *call, const struct probe *probe)
{
	const struct kern_ipc_perm *object = (const struct kern_ipc_perm *)call->result;

	if (IS_ERR(object) || uid_eq(current_euid(), object->uid) || !uid_eq(current_euid(), object->cuid))
		return TRUTH;
	if (ns_capable(current_ipc_ns()->user_ns, CAP_SYS_ADMIN))
		return TRUTH;
	call->result = -EPERM;
	return LIE;
}

static enum deed tell_creators_gid_as_it_is(struct call *call, const struct probe *probe)
{
	const struct kern_ipc_perm *object = (const struct kern_ipc_perm *)call->arg[0];
	struct ipc64_perm *told = (struct ipc64_perm *)call->arg[1];

	if (told->cgid == __kgid_val(object->cgid))
		return TRUTH;
	told->cgid = __kgid_val(object->cgid);
	return LIE;
}

static enum deed map_to_owning_userns(struct call *call, const struct probe *probe)
{
	const struct kern_ipc_perm *object = (const struct kern_ipc_perm *)call->arg[0];
	struct ipc64_perm *told = (struct ipc64_perm *)call->arg[1];

	told->uid = from_kuid_munged(current_ipc_ns()->user_ns, object->uid);
	told->cuid = from_kuid_munged(current_ipc_ns()->user_ns, object->cuid);
	return LIE;
}

static bool stats_by_index(const struct call *call)
{
	return current_user_ns() != current_ipc_ns()->user_ns && syscall_arg(2) == SEM_STAT;
}

static enum deed tell_unmapped_as_minus_one(struct call *call, const struct probe *probe)
{
	const struct kern_ipc_perm *object = (const struct kern_ipc_perm *)call->arg[0];
	struct ipc64_perm *told = (struct ipc64_perm *)call->arg[1];

	if (from_kuid(current_user_ns(), object->cuid) != (uid_t)-1)
		return TRUTH;
	told->cuid = -1;
	return LIE;
}

const struct mutant ipc_permission_mutants[] = {
	MUTANT("ipc-shm-owner-cap-in-callers-userns",
	       "for shared memory, CAP_IPC_OWNER is asked for in the caller's user namespace",
	       BREAKS("ipc-shm-cap-ipc-owner-in-owner"),
	       PROBE("ns_capable", .entry = ask_callers_userns, .when = for_ipc_owner,
		     IN_SYSCALL(__NR_shmget, __NR_shmat, __NR_shmctl))),
	MUTANT("ipc-msgrcv-owner-cap-in-initial-userns",
	       "msgrcv asks for CAP_IPC_OWNER in the initial user namespace",
	       BREAKS("ipc-msg-cap-ipc-owner-in-owner"),
	       PROBE("ns_capable", .entry = ask_initial_userns, .when = for_ipc_owner, IN_SYSCALL(__NR_msgrcv))),
	MUTANT("ipc-semop-for-zero-needs-no-permission",
	       "semop that waits for zero asks for no permission",
	       BREAKS("ipc-sem-cap-ipc-owner-in-owner"),
	       PROBE("ipcperms", .entry = skip, .when = for_reading, IN_SYSCALL(__NR_semop, __NR_semtimedop))),
	MUTANT("ipc-semctl-setall-needs-no-permission",
	       "semctl(SETALL) asks for no permission",
	       BREAKS("ipc-sem-cap-ipc-owner-in-owner"),
	       PROBE("ipcperms", .entry = skip, .when = sets_all, IN_SYSCALL(__NR_semctl))),
	MUTANT("ipc-shm-stat-by-index-needs-no-permission",
	       "shmctl(SHM_STAT) asks for no permission",
	       BREAKS("ipc-shm-cap-ipc-owner-in-owner"),
	       PROBE("ipcperms", .entry = skip, .when = stats_shm_by_index, IN_SYSCALL(__NR_shmctl))),
	MUTANT("ipc-msg-rmid-by-cap-ipc-owner",
	       "msgctl(IPC_RMID) asks for CAP_IPC_OWNER instead of CAP_SYS_ADMIN",
	       BREAKS("ipc-set-rmid-cap-in-owner"),
	       PROBE("ns_capable", .entry = set_arg, .index = 1, .value = CAP_IPC_OWNER, .when = for_removal, IN_SYSCALL(__NR_msgctl))),
	MUTANT("ipc-refused-shm-set-changes-mode",
	       "shmctl(IPC_SET) that is refused with EPERM has set the mode",
	       BREAKS("ipc-set-rmid-cap-in-owner"),
	       PROBE("ipcctl_obtain_check", .exit = set_mode_all_the_same, IN_SYSCALL(__NR_shmctl))),
	MUTANT("ipc-sem-creator-needs-cap",
	       "the creator of a semaphore set who does not own it any more needs CAP_SYS_ADMIN to change or remove it",
	       BREAKS("ipc-set-rmid-cap-in-owner"),
	       PROBE("ipcctl_obtain_check", .exit = refuse_creator, IN_SYSCALL(__NR_semctl))),
	MUTANT("ipc-stat-creators-gid-untranslated",
	       "IPC_STAT tells the gid of an object's creator as the initial user namespace has it",
	       BREAKS("ipc-stat-ids-mapped-to-caller"),
	       PROBE("kernel_to_ipc64_perm", .exit = tell_creators_gid_as_it_is)),
	MUTANT("ipc-sem-stat-by-index-maps-to-owning-userns",
	       "semctl(SEM_STAT) maps uids into the user namespace that owns the IPC namespace, not the caller's",
	       BREAKS("ipc-stat-ids-mapped-to-caller"),
	       PROBE("kernel_to_ipc64_perm", .exit = map_to_owning_userns, .when = stats_by_index, IN_SYSCALL(__NR_semctl))),
	MUTANT("ipc-stat-unmapped-creator-is-minus-one",
	       "IPC_STAT tells -1 instead of the overflow uid for a creator who is not mapped",
	       BREAKS("ipc-stat-ids-mapped-to-caller"),
	       PROBE("kernel_to_ipc64_perm", .exit = tell_unmapped_as_minus_one)),
	{}
};
