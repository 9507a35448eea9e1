// SPDX-License-Identifier: GPL-2.0-only
/* Lies about nsfs: NS_GET_NSTYPE, returned descriptors, unknown ioctls. */
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "nsfs.h"

static bool asks_type_of_cgroup(const struct call *call)
{
	return request_of(call) == NS_GET_NSTYPE && kind_of(asked(call)) == CLONE_NEWCGROUP;
}

static bool asks_type_of_time(const struct call *call)
{
	return request_of(call) == NS_GET_NSTYPE && kind_of(asked(call)) == CLONE_NEWTIME;
}

static bool asks_type_out_of_scope(const struct call *call)
{
	return request_of(call) == NS_GET_NSTYPE && !in_or_below(owner_of(asked(call)), current_user_ns()) &&
	       current_user_ns() != &init_user_ns;
}

static bool asks_related(const struct call *call)
{
	return asks(NS_GET_USERNS) || asks(NS_GET_PARENT);
}

static bool asks_parent(const struct call *call)
{
	return asks(NS_GET_PARENT);
}

/* Namespace files have no use for private_data. */
static const char returned[] = "from an ioctl";

static enum deed mark_returned(struct call *call, const struct probe *probe)
{
	((struct file *)call->arg[1])->private_data = (void *)returned;
	return LIE;
}

static bool is_returned(const struct call *call)
{
	return ((struct file *)call->arg[0])->private_data == returned;
}

static enum deed count_inode_up(struct call *call, const struct probe *probe)
{
	struct file *file = container_of((struct path *)call->arg[0], struct file, f_path);

	if (file->private_data != returned)
		return TRUTH;
	((struct kstat *)call->arg[1])->ino++;
	return LIE;
}

static bool asks_anything(const struct call *call)
{
	return asks_related(call) || asks(NS_GET_NSTYPE) || asks(NS_GET_OWNER_UID);
}

static bool asks_type(const struct call *call)
{
	return asks(NS_GET_NSTYPE);
}

static enum deed unknown_is_einval(struct call *call, const struct probe *probe)
{
	if (call->result != -ENOTTY && call->result != -ENOIOCTLCMD)
		return TRUTH;
	call->result = -EINVAL;
	return LIE;
}

/* Direction and size are ignored for the requests of old, which have neither. */
static enum deed go_by_number(struct call *call, const struct probe *probe)
{
	unsigned int request = call->arg[1], known = _IO(NSIO, _IOC_NR(request));

	if (_IOC_TYPE(request) != NSIO || request == known || known < NS_GET_USERNS || known > NS_GET_OWNER_UID)
		return TRUTH;
	call->arg[1] = known;
	return LIE;
}

const struct mutant nsfs_answers_mutants[] = {
	MUTANT("nsfs-nstype-of-cgroup-is-zero",
	       "NS_GET_NSTYPE on a cgroup namespace returns 0",
	       BREAKS("nsfs-nstype-is-clone-flag"),
	       PROBE("ns_ioctl", .exit = set_result, .value = 0, .when = asks_type_of_cgroup)),
	MUTANT("nsfs-nstype-out-of-scope-eperm",
	       "NS_GET_NSTYPE fails with EPERM when the owner is outside the caller's scope",
	       BREAKS("nsfs-nstype-is-clone-flag nsfs-nstype-of-time"),
	       PROBE("ns_ioctl", .entry = skip, .value = -EPERM, .when = asks_type_out_of_scope)),
	MUTANT("nsfs-nstype-of-time-is-uts",
	       "NS_GET_NSTYPE on a time namespace returns CLONE_NEWUTS",
	       BREAKS("nsfs-nstype-of-time"),
	       PROBE("ns_ioctl", .exit = set_result, .value = CLONE_NEWUTS, .when = asks_type_of_time)),

	MUTANT("nsfs-parent-fd-inherited",
	       "the descriptor from NS_GET_PARENT is not close-on-exec",
	       BREAKS("nsfs-returned-fd-rdonly-cloexec"),
	       PROBE("get_unused_fd_flags", .entry = drop_flags, .index = 0, .value = O_CLOEXEC, .when = asks_parent)),
	MUTANT("nsfs-returned-fd-rdwr",
	       "the descriptors from NS_GET_USERNS and NS_GET_PARENT are open for writing, too",
	       BREAKS("nsfs-returned-fd-rdonly-cloexec"),
	       PROBE("dentry_open", .entry = add_flags, .index = 1, .value = O_RDWR, .when = asks_related)),
	MUTANT("nsfs-returned-fd-other-inode",
	       "fstat of a descriptor from NS_GET_USERNS and NS_GET_PARENT gives another inode than the file in /proc has",
	       BREAKS("nsfs-returned-fd-same-inode-as-proc"),
	       PROBE("fd_install", .entry = mark_returned, .when = asks_related),
	       PROBE("vfs_getattr_nosec", .exit = count_inode_up, IN_SYSCALL(__NR_fstat))),
	MUTANT("nsfs-returned-fd-not-joinable",
	       "setns refuses the descriptors from NS_GET_USERNS and NS_GET_PARENT with EINVAL",
	       BREAKS("nsfs-returned-fd-usable-and-pins"),
	       PROBE("fd_install", .entry = mark_returned, .when = asks_related),
	       PROBE("proc_ns_file", .exit = set_result, .value = false, .when = is_returned)),
	MUTANT("nsfs-returned-fd-takes-no-ioctl",
	       "the descriptors from NS_GET_USERNS and NS_GET_PARENT know no ioctl",
	       BREAKS("nsfs-returned-fd-usable-and-pins"),
	       PROBE("fd_install", .entry = mark_returned, .when = asks_related),
	       PROBE("ns_ioctl", .entry = skip, .value = -ENOTTY, .when = is_returned)),

	MUTANT("nsfs-ioctl-on-other-file-einval",
	       "the ioctls of namespace files fail with EINVAL on every other file",
	       BREAKS("nsfs-ioctl-on-other-file-enotty"),
	       PROBE(SYSCALL("ioctl"), .exit = swap_result, .instead_of = -ENOTTY, .value = -EINVAL, .when = asks_anything)),
	MUTANT("nsfs-ioctl-on-other-file-is-typeless",
	       "NS_GET_NSTYPE on every other file returns 0",
	       BREAKS("nsfs-ioctl-on-other-file-enotty"),
	       PROBE(SYSCALL("ioctl"), .exit = swap_result, .instead_of = -ENOTTY, .value = 0, .when = asks_type)),
	MUTANT("nsfs-ioctl-on-socket-einval",
	       "the ioctls of namespace files fail with EINVAL on a socket",
	       BREAKS("nsfs-ioctl-on-other-file-enotty"),
	       PROBE("sock_ioctl", .exit = swap_result, .instead_of = -ENOTTY, .value = -EINVAL, .when = asks_anything)),
	MUTANT("nsfs-unknown-ioctl-einval",
	       "an unknown ioctl of a namespace file fails with EINVAL",
	       BREAKS("nsfs-unknown-ioctl-enotty"),
	       PROBE("ns_ioctl", .exit = unknown_is_einval)),
	MUTANT("nsfs-unknown-ioctl-goes-by-number",
	       "ioctls of namespace files are known by their numbers, whatever their sizes and directions",
	       BREAKS("nsfs-unknown-ioctl-enotty"),
	       PROBE("ns_ioctl", .entry = go_by_number)),
	{}
};
