// SPDX-License-Identifier: GPL-2.0-only
/* Lies about nsfs on newer kernels: ids, and steps from one mount namespace to the next. */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/version.h>

#include <net/net_namespace.h>

#include "newer.h"

/* They have no such ioctl either. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define close_fd(fd) ((void)(fd))
#endif

static bool asks_mntns_id(const struct call *call)
{
	return request_of(call) == MNTNS_ID;
}

static bool asks_unique_id(const struct call *call)
{
	return request_of(call) == UNIQUE_ID;
}

static bool asks_id_of_time(const struct call *call)
{
	return asks_unique_id(call) && kind_of(asked(call)) == CLONE_NEWTIME;
}

static bool asks_id_from_below(const struct call *call)
{
	return asks_unique_id(call) && current_user_ns() != &init_user_ns;
}

static bool asks_info(const struct call *call)
{
	return request_of(call) == MNT_INFO;
}

static bool steps_on(const struct call *call)
{
	return request_of(call) == MNT_NEXT;
}

static bool steps_back(const struct call *call)
{
	return request_of(call) == MNT_PREV;
}

static bool is_stepping(const struct call *call)
{
	return asks(MNT_NEXT) || asks(MNT_PREV);
}

static bool has_no_step(const struct call *call)
{
	return steps_on(call) && kind_of(asked(call)) != CLONE_NEWNS;
}

/* Replacements of ns_ioctl. */

static long tell_inode(struct file *file, unsigned int request, unsigned long arg)
{
	long err = ioctl_truly(file, request, arg);

	if (err)
		return err;
	told_a_lie();
	return put_user((u64)file_inode(file)->i_ino, (u64 __user *)arg);
}

static long tell_one_more(struct file *file, unsigned int request, unsigned long arg)
{
	long err = ioctl_truly(file, request, arg);
	u64 id;

	if (err || get_user(id, (u64 __user *)arg))
		return err;
	told_a_lie();
	return put_user(id + 1, (u64 __user *)arg);
}

static long count_root(struct file *file, unsigned int request, unsigned long arg)
{
	struct told_info __user *info = (void __user *)arg;
	long err = ioctl_truly(file, request, arg);
	u32 mounts;

	if (err || get_user(mounts, &info->mounts))
		return err;
	told_a_lie();
	return put_user(mounts + 1, &info->mounts);
}

static long step_twice(struct file *file, unsigned int request, unsigned long arg)
{
	long first = ioctl_truly(file, request, arg), second;
	struct file *next;

	next = first < 0 ? NULL : fget(first);
	if (!next)
		return first;
	second = ioctl_truly(next, request, arg);
	fput(next);
	if (second < 0)
		return first;
	told_a_lie();
	close_fd(first);
	return second;
}

static enum deed other_inode_of_initial_net(struct call *call, const struct probe *probe)
{
	struct inode *inode = (struct inode *)call->arg[0];

	if (inode->i_private != &init_net.ns)
		return TRUTH;
	inode->i_ino = 4026531992;
	return LIE;
}

const struct mutant newer_mutants[] = {
	MUTANT("newer-mntns-id-is-inode",
	       "NS_GET_MNTNS_ID stores the inode number",
	       BREAKS("nsfs-mntns-id"),
	       PROBE("ns_ioctl", .replacement = tell_inode, .when = asks_mntns_id)),
	MUTANT("newer-mntns-id-of-any-kind",
	       "NS_GET_MNTNS_ID succeeds on namespaces of other types",
	       BREAKS("nsfs-mntns-id"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -EINVAL, .value = 0, .when = asks_mntns_id)),
	MUTANT("newer-mntns-id-refused-enotty",
	       "NS_GET_MNTNS_ID gives ENOTTY for other types",
	       BREAKS("nsfs-mntns-id"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -EINVAL, .value = -ENOTTY, .when = asks_mntns_id)),
	MUTANT("newer-id-is-inode",
	       "NS_GET_ID stores the inode number, which is used again",
	       BREAKS("nsfs-unique-id"),
	       PROBE("ns_ioctl", .replacement = tell_inode, .when = asks_unique_id)),
	MUTANT("newer-id-differs-below",
	       "NS_GET_ID tells members of other user namespaces another id",
	       BREAKS("nsfs-unique-id"),
	       PROBE("ns_ioctl", .replacement = tell_one_more, .when = asks_id_from_below)),
	MUTANT("newer-id-not-of-time",
	       "NS_GET_ID does not know time namespaces",
	       BREAKS("nsfs-unique-id"),
	       PROBE("ns_ioctl", .entry = skip, .value = -EINVAL, .when = asks_id_of_time)),
	MUTANT("newer-initial-net-inode",
	       "the inode number of the initial network namespace is as of old",
	       BREAKS("nsfs-initial-inodes-fixed"),
	       PROBE("nsfs_init_inode", .exit = other_inode_of_initial_net)),
	MUTANT("newer-mntns-info-counts-root",
	       "NS_MNT_GET_INFO counts the root mount",
	       BREAKS("nsfs-mntns-info-and-iteration"),
	       PROBE("ns_ioctl", .replacement = count_root, .when = asks_info)),
	MUTANT("newer-mntns-next-goes-back",
	       "NS_MNT_GET_NEXT opens the previous mount namespace",
	       BREAKS("nsfs-mntns-info-and-iteration"),
	       PROBE("ns_ioctl", .entry = set_arg, .index = 1, .value = MNT_PREV, .when = steps_on)),
	MUTANT("newer-mntns-prev-leaves-out-one",
	       "NS_MNT_GET_PREV steps over one mount namespace",
	       BREAKS("nsfs-mntns-info-and-iteration"),
	       PROBE("ns_ioctl", .replacement = step_twice, .when = steps_back)),
	MUTANT("newer-mntns-next-ends-with-esrch",
	       "NS_MNT_GET_NEXT on the last mount namespace gives ESRCH",
	       BREAKS("nsfs-mntns-info-and-iteration"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -ENOENT, .value = -ESRCH, .when = steps_on)),
	MUTANT("newer-mntns-next-of-any-kind",
	       "NS_MNT_GET_NEXT on a namespace of another type gives ENOENT, as at the end",
	       BREAKS("nsfs-mntns-info-and-iteration"),
	       PROBE("ns_ioctl", .exit = set_result, .value = -ENOENT, .when = has_no_step)),
	MUTANT("newer-mntns-steps-without-check",
	       "NS_MNT_GET_NEXT and NS_MNT_GET_PREV lead anybody anywhere",
	       BREAKS("nsfs-mntns-info-and-iteration"),
	       PROBE("ns_capable_noaudit", .exit = set_result, .value = true, .when = is_stepping)),
	MUTANT("newer-mntns-steps-in-any-pidns",
	       "NS_MNT_GET_NEXT and NS_MNT_GET_PREV lead root anywhere whatever PID namespace he is in",
	       BREAKS("nsfs-mntns-info-and-iteration"),
	       PROBE("may_see_all_namespaces", .exit = in_any_pidns, .when = is_stepping)),
	MUTANT("newer-mntns-steps-refused-enoent",
	       "NS_MNT_GET_NEXT and NS_MNT_GET_PREV are at the end for who may not step",
	       BREAKS("nsfs-mntns-info-and-iteration"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -EPERM, .value = -ENOENT, .when = is_stepping)),
	{}
};
