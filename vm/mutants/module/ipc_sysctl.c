// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the sysctls of IPC namespaces. */
#include <linux/cred.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/user_namespace.h>

#include "ipc.h"
#include "mutant.h"

static enum deed show_initial_msgmnb(struct call *call, const struct probe *probe)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 19, 0) /* before, all namespaces had one table */
	struct ipc_namespace *ns = (struct ipc_namespace *)call->arg[0];
	struct ctl_table *entry = (struct ctl_table *)ns->ipc_sysctls->ctl_table_arg;

	while (strcmp(entry->procname, "msgmnb"))
		entry++;
	entry->data = &initial_ipc_ns()->msg_ctlmnb;
	return LIE;
#else
	return TRUTH;
#endif
}

/* How many message queues there are in all namespaces, of those made since the lie began. */
static int all_queues;

static enum deed count_queue(struct call *call, const struct probe *probe)
{
	all_queues += (int)call->result >= 0;
	return TRUTH;
}

static enum deed uncount_queue(struct call *call, const struct probe *probe)
{
	all_queues--;
	return TRUTH;
}

static enum deed limit_all_queues(struct call *call, const struct probe *probe)
{
	call->arg[2] -= all_queues - ((struct ipc_ids *)call->arg[0])->in_use;
	return LIE;
}

static bool adds_segment(const struct call *call)
{
	return call->arg[0] == (unsigned long)&current_ipc_ns()->ids[SHM];
}

static enum deed limit_as_in_initial(struct call *call, const struct probe *probe)
{
	call->arg[2] = initial_ipc_ns()->shm_ctlmni;
	return LIE;
}

static bool writes(const struct call *call)
{
	return call->arg[1];
}

static enum deed set_in_initial_too(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	memcpy(initial_ipc_ns()->sem_ctls, current_ipc_ns()->sem_ctls, sizeof(initial_ipc_ns()->sem_ctls));
	return LIE;
}

/* Whether shm_rmid_forced has been set anywhere, and a namespace that acts as if it were there. */
static bool forced_somewhere;
static struct ipc_namespace *acting;

static enum deed remember_force(struct call *call, const struct probe *probe)
{
	forced_somewhere = true;
	return TRUTH;
}

static enum deed act_forced(struct call *call, const struct probe *probe)
{
	struct ipc_namespace *ns = current_ipc_ns();

	if (!forced_somewhere || acting || ns->shm_rmid_forced || !ns->ids[SHM].in_use)
		return TRUTH;
	acting = ns;
	ns->shm_rmid_forced = true;
	return LIE;
}

static enum deed act_normally(struct call *call, const struct probe *probe)
{
	if (acting == current_ipc_ns()) {
		acting->shm_rmid_forced = false;
		acting = NULL;
	}
	return TRUTH;
}

static enum deed remember_auto_msgmni(struct call *call, const struct probe *probe)
{
	static bool on;
	char *buffer = (char *)call->arg[2];
	const size_t *length = (const size_t *)call->arg[3];

	if (call->result || !*length)
		return TRUTH;
	if (call->arg[1])
		on = *buffer == '1';
	if (call->arg[1] || !on)
		return TRUTH;
	*buffer = '1';
	return LIE;
}

static bool by_root_of_own_userns(const struct call *call)
{
	return current_user_ns() != &init_user_ns && uid_eq(current_euid(), make_kuid(current_user_ns(), 0));
}

static enum deed allow_writing(struct call *call, const struct probe *probe)
{
	call->result |= 0222;
	return LIE;
}

static enum deed forbid_writing(struct call *call, const struct probe *probe)
{
	call->result &= ~0222;
	return LIE;
}

static bool in_owned_by_inner_userns(const struct call *call)
{
	return current_ipc_ns()->user_ns != &init_user_ns;
}

const struct mutant ipc_sysctl_mutants[] = {
	MUTANT("ipc-msgmnb-is-that-of-initial",
	       "/proc/sys/kernel/msgmnb shows and sets the limit of the initial IPC namespace",
	       BREAKS("ipc-sysctl-msg-per-namespace"),
	       PROBE("setup_ipc_sysctls", .exit = show_initial_msgmnb)),
	MUTANT("ipc-msgmni-limits-all-namespaces",
	       "kernel.msgmni limits the message queues of all IPC namespaces together",
	       BREAKS("ipc-sysctl-msg-per-namespace"),
	       PROBE("ipc_addid", .entry = limit_all_queues, IN_SYSCALL(__NR_msgget)),
	       PROBE("ipc_addid", .exit = count_queue, IN_SYSCALL(__NR_msgget)),
	       PROBE("freeque", .entry = uncount_queue)),
	MUTANT("ipc-shmmni-of-initial-holds",
	       "kernel.shmmni is per IPC namespace, but only that of the initial one limits",
	       BREAKS("ipc-sysctl-shm-per-namespace"),
	       PROBE("ipc_addid", .entry = limit_as_in_initial, .when = adds_segment)),
	MUTANT("ipc-sem-limits-also-set-in-initial",
	       "a write to /proc/sys/kernel/sem also sets the limits of the initial IPC namespace",
	       BREAKS("ipc-sysctl-sem-per-namespace"),
	       PROBE("proc_ipc_sem_dointvec", .exit = set_in_initial_too, .when = writes)),
	MUTANT("ipc-shm-rmid-forced-everywhere",
	       "once kernel.shm_rmid_forced is set in one IPC namespace, segments die with their makers in all",
	       BREAKS("ipc-sysctl-shm-rmid-forced-per-namespace"),
	       PROBE("shm_destroy_orphaned", .entry = remember_force),
	       PROBE("exit_shm", .entry = act_forced),
	       PROBE("exit_shm", .exit = act_normally)),
	MUTANT("ipc-auto-msgmni-remembers",
	       "kernel.auto_msgmni reads 1 after 1 was written to it",
	       BREAKS("ipc-sysctl-auto-msgmni-inert"),
	       PROBE("proc_ipc_auto_msgmni", .exit = remember_auto_msgmni)),
	MUTANT("ipc-mqueue-sysctls-writable-by-inner-root",
	       "the root of any inner user namespace may write to the files in /proc/sys/fs/mqueue",
	       BREAKS("ipc-sysctl-unprivileged-write-refused"),
	       PROBE("mq_permissions", .exit = allow_writing, .when = by_root_of_own_userns)),
	MUTANT("ipc-sysctls-read-only-in-inner-userns",
	       "nobody may write to the System V sysctls of an IPC namespace that an inner user namespace owns",
	       BREAKS("ipc-sysctl-owner-root-writable"),
	       PROBE("ipc_permissions", .exit = forbid_writing, .when = in_owned_by_inner_userns)),
	{}
};
