// SPDX-License-Identifier: GPL-2.0-only
/* Lies about POSIX message queues: their file system and their limits. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mqueue.h>
#include <linux/pid.h>
#include <linux/stat.h>
#include <linux/user_namespace.h>

#include "ipc.h"
#include "mutant.h"

#define MQUEUE_MAGIC 0x19800202

static bool of_strangers_queues(const struct call *call)
{
	const struct super_block *sb = file_inode((struct file *)call->arg[0])->i_sb;

	return sb->s_magic == MQUEUE_MAGIC && sb->s_fs_info != current_ipc_ns();
}

/* The context's reference to the namespace that it does not get is never put. */
static enum deed mount_initial(struct call *call, const struct probe *probe)
{
	struct fs_context *fc = (struct fs_context *)call->arg[0];
	struct ipc_namespace **mounted = fc->fs_private;

	if (fc->sb_flags & SB_KERNMOUNT)
		return TRUTH;
	*mounted = get_ipc_ns(initial_ipc_ns());
	return LIE;
}

/* The directory that vfs_unlink removes from. */
static struct inode *directory_of(const struct call *call)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
	return (struct inode *)call->arg[1];
#else
	return (struct inode *)call->arg[0];
#endif
}

static bool in_mqueue(const struct call *call)
{
	return directory_of(call)->i_sb->s_magic == MQUEUE_MAGIC;
}

static enum deed hide_sticky_bit(struct call *call, const struct probe *probe)
{
	directory_of(call)->i_mode &= ~S_ISVTX;
	return LIE;
}

static enum deed show_sticky_bit(struct call *call, const struct probe *probe)
{
	directory_of(call)->i_mode |= S_ISVTX;
	return TRUTH;
}

static enum deed tell_global_pid(struct call *call, const struct probe *probe)
{
	call->result = pid_nr((struct pid *)call->arg[0]);
	return SKIP;
}

static enum deed limit_queue_as_in_initial(struct call *call, const struct probe *probe)
{
	call->arg[1] = (unsigned long)initial_ipc_ns();
	return LIE;
}

static enum deed inherit_queue_limits(struct call *call, const struct probe *probe)
{
	struct ipc_namespace *ns = (struct ipc_namespace *)call->arg[0];

	ns->mq_msgsize_max = current_ipc_ns()->mq_msgsize_max;
	return LIE;
}

/* The namespace of the queue that mqueue_create_attr makes. */
static struct ipc_namespace *namespace_of_queue(const struct call *call)
{
	return ((struct dentry *)call->arg[0])->d_sb->s_fs_info;
}

static enum deed raise_queues_max(struct call *call, const struct probe *probe)
{
	namespace_of_queue(call)->mq_queues_max++;
	return LIE;
}

static enum deed lower_queues_max(struct call *call, const struct probe *probe)
{
	namespace_of_queue(call)->mq_queues_max--;
	return TRUTH;
}

static bool with_cap_in_owner(const struct call *call)
{
	return !capable(CAP_SYS_RESOURCE) && ns_capable(namespace_of_queue(call)->user_ns, CAP_SYS_RESOURCE);
}

static enum deed count_refused_queue(struct call *call, const struct probe *probe)
{
	if ((int)call->result != -EINVAL)
		return TRUTH;
	namespace_of_queue(call)->mq_queues_count++;
	return LIE;
}

static bool for_resource(const struct call *call)
{
	return call->arg[0] == CAP_SYS_RESOURCE;
}

static enum deed answer_for_callers_userns(struct call *call, const struct probe *probe)
{
	call->result = ns_capable(current_user_ns(), CAP_SYS_RESOURCE);
	return SKIP;
}

static enum deed accept_one_message_more(struct call *call, const struct probe *probe)
{
	struct mq_attr *attr = (struct mq_attr *)call->arg[3];

	if (!attr || attr->mq_maxmsg != HARD_MSGMAX + 1)
		return TRUTH;
	attr->mq_maxmsg--;
	return LIE;
}

const struct mutant ipc_mqueue_mutants[] = {
	MUTANT("ipc-mqueue-mount-shows-initial",
	       "every mount of mqueue shows the queues of the initial IPC namespace",
	       BREAKS("ipc-mqueue-fs-per-namespace ipc-mqueue-mount-shows-mounters-queues"),
	       PROBE("mqueue_get_tree", .entry = mount_initial)),
	MUTANT("ipc-mqueue-mount-empty-to-strangers",
	       "a mount of mqueue looks empty to who is in another IPC namespace",
	       BREAKS("ipc-mqueue-mount-shows-mounters-queues"),
	       PROBE("dcache_readdir", .entry = skip, .when = of_strangers_queues)),
	MUTANT("ipc-mqueue-root-not-sticky",
	       "the root directory of mqueue has no sticky bit",
	       BREAKS("ipc-mqueue-root-sticky"),
	       PROBE("mqueue_get_inode", .entry = drop_flags, .index = 2, .value = S_ISVTX)),
	MUTANT("ipc-mqueue-sticky-bit-ignored",
	       "the sticky bit of mqueue's root directory keeps nobody from removing another's queue",
	       BREAKS("ipc-mqueue-root-sticky"),
	       PROBE("vfs_unlink", .entry = hide_sticky_bit, .when = in_mqueue),
	       PROBE("vfs_unlink", .exit = show_sticky_bit, .when = in_mqueue)),
	MUTANT("ipc-mq-unlink-ignores-sticky-bit",
	       "mq_unlink lets everybody remove another's queue",
	       BREAKS("ipc-mqueue-root-sticky"),
	       PROBE("vfs_unlink", .entry = hide_sticky_bit, .when = in_mqueue, IN_SYSCALL(__NR_mq_unlink)),
	       PROBE("vfs_unlink", .exit = show_sticky_bit, .when = in_mqueue, IN_SYSCALL(__NR_mq_unlink))),
	MUTANT("ipc-mqueue-notify-pid-is-global",
	       "a queue's file tells the pid of whom it notifies as the initial PID namespace has it",
	       BREAKS("ipc-mqueue-file-notify-pid-of-reader"),
	       PROBE("pid_vnr", .entry = tell_global_pid, IN_SYSCALL(__NR_read, __NR_pread64))),

	MUTANT("ipc-queue-limits-of-initial-hold",
	       "the sizes of a POSIX message queue are limited by the sysctls of the initial IPC namespace",
	       BREAKS("ipc-sysctl-mqueue-per-namespace"),
	       PROBE("mqueue_get_inode", .entry = limit_queue_as_in_initial)),
	MUTANT("ipc-new-namespace-inherits-msgsize-max",
	       "a new IPC namespace starts with the msgsize_max of its creator's",
	       BREAKS("ipc-mqueue-default-limits"),
	       PROBE("mq_init_ns", .exit = inherit_queue_limits)),
	MUTANT("ipc-queues-max-allows-one-more",
	       "an IPC namespace may have one POSIX message queue more than queues_max",
	       BREAKS("ipc-mqueue-queues-max-per-namespace"),
	       PROBE("mqueue_create_attr", .entry = raise_queues_max),
	       PROBE("mqueue_create_attr", .exit = lower_queues_max)),
	MUTANT("ipc-refused-queue-counts",
	       "a POSIX message queue that was refused with EINVAL counts against queues_max",
	       BREAKS("ipc-mqueue-queues-max-per-namespace"),
	       PROBE("mqueue_create_attr", .exit = count_refused_queue)),
	MUTANT("ipc-queues-max-exceeded-by-owners-cap",
	       "CAP_SYS_RESOURCE in the user namespace that owns the IPC namespace suffices to exceed queues_max by one",
	       BREAKS("ipc-mqueue-cap-sys-resource-exceeds-limits"),
	       PROBE("mqueue_create_attr", .entry = raise_queues_max, .when = with_cap_in_owner),
	       PROBE("mqueue_create_attr", .exit = lower_queues_max, .when = with_cap_in_owner)),
	MUTANT("ipc-queue-limits-exceeded-by-own-cap",
	       "mq_open asks for CAP_SYS_RESOURCE in the caller's user namespace",
	       BREAKS("ipc-mqueue-cap-sys-resource-exceeds-limits"),
	       PROBE("capable", .entry = answer_for_callers_userns, .when = for_resource, IN_SYSCALL(__NR_mq_open))),
	MUTANT("ipc-hard-msg-max-is-one-greater",
	       "a POSIX message queue of one message more than the hard ceiling is not refused",
	       BREAKS("ipc-mqueue-cap-sys-resource-exceeds-limits"),
	       PROBE("mqueue_get_inode", .entry = accept_one_message_more)),
	{}
};
