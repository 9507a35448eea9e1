// SPDX-License-Identifier: GPL-2.0-only
/* Lies about /proc/PID/ns: where its links lead, and by what one tells namespaces apart. */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/pid_namespace.h>
#include <linux/stat.h>
#include <linux/string.h>

#include "procns.h"

static bool leads_to_net(const struct call *call)
{
	return !strcmp(((const struct proc_ns_operations *)call->arg[2])->name, "net");
}

/* Numbers of namespaces that the kernel has not given, as yet. */
#define COMMON_NUMBER 0xf7777777u

static bool unshares_uts(const struct call *call)
{
	return syscall_arg(0) == CLONE_NEWUTS;
}

static enum deed give_common_number(struct call *call, const struct probe *probe)
{
	if ((int)call->result)
		return TRUTH;
	*(unsigned int *)call->arg[0] = COMMON_NUMBER;
	return LIE;
}

static bool frees_foreign_number(const struct call *call)
{
	return (unsigned int)call->arg[0] >= 0xf0800000u;
}

static enum deed renumber(struct call *call, const struct probe *probe)
{
	struct ns_common *ns = ((struct inode *)call->arg[0])->i_private;

	if (ns->inum < 0xf0000000u)
		return TRUTH; /* an initial one */
	ns->inum = (ns->inum | 0x00800000u) + 0x01000000u;
	if (ns->inum < 0xf0000000u)
		ns->inum |= 0xf0000000u;
	return LIE;
}

static enum deed number_device_by_pidns(struct call *call, const struct probe *probe)
{
	const struct path *path = (const struct path *)call->arg[0];

	if (path->dentry->d_sb->s_magic != NSFS_MAGIC || task_active_pid_ns(current) == &init_pid_ns)
		return TRUTH;
	((struct kstat *)call->arg[1])->dev++;
	return LIE;
}

/* Namespace files have no use for private_data. */
static const char received[] = "over a socket";

static enum deed mark_received(struct call *call, const struct probe *probe)
{
	struct file *file = (struct file *)call->arg[1];

	if (file_inode(file)->i_sb->s_magic != NSFS_MAGIC)
		return TRUTH;
	file->private_data = (void *)received;
	return LIE;
}

static bool is_received(const struct call *call)
{
	return ((struct file *)call->arg[0])->private_data == received;
}

const struct mutant procns_identity_mutants[] = {
	MUTANT("procns-net-leads-to-followers",
	       "another process's ns/net leads to the network namespace of whoever follows it",
	       BREAKS("procns-same-inode-iff-same-namespace procns-link-inode-matches-stat"),
	       PROBE("ns_get_path", .entry = take_caller, .index = 1, .when = leads_to_net)),

	MUTANT("procns-inode-of-all-unshared-uts",
	       "all UTS namespaces made by unshare have the same inode number",
	       BREAKS("procns-same-inode-iff-same-namespace"),
	       PROBE("proc_alloc_inum", .exit = give_common_number, .when = unshares_uts, IN_SYSCALL(__NR_unshare)),
	       PROBE("proc_free_inum", .entry = skip, .when = frees_foreign_number)),
	MUTANT("procns-inode-changes-when-closed",
	       "a namespace gets another inode number when the last descriptor of it has been closed",
	       BREAKS("procns-same-inode-iff-same-namespace procns-link-inode-matches-stat"),
	       PROBE("nsfs_evict", .entry = renumber),
	       PROBE("proc_free_inum", .entry = skip, .when = frees_foreign_number)),
	MUTANT("procns-device-varies-by-pidns",
	       "stat of a ns link gives another device to members of PID namespaces than to everybody else",
	       BREAKS("procns-same-inode-iff-same-namespace"),
	       PROBE("vfs_getattr_nosec", .exit = number_device_by_pidns, IN_SYSCALL(__NR_newfstatat, __NR_statx))),

	MUTANT("procns-fd-useless-to-receiver",
	       "setns refuses a descriptor of a namespace that has come over a socket with EINVAL",
	       BREAKS("procns-fd-usable-by-receiver"),
	       PROBE("fd_install", .entry = mark_received, IN_SYSCALL(__NR_recvmsg)),
	       PROBE("proc_ns_file", .exit = set_result, .value = false, .when = is_received)),
	{}
};
