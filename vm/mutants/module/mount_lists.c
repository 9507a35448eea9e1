// SPDX-License-Identifier: GPL-2.0-only
/* Lies about lists of mounts, and the calls that change them. */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/nsproxy.h>
#include <linux/path.h>
#include <linux/user_namespace.h>

#include <uapi/linux/mount.h>

#include "mutant.h"

/* Private to fs. */
#define COPY_UNBINDABLE 0x04 /* CL_COPY_UNBINDABLE */
#define COPY_MNT_NS_FILE 0x40 /* CL_COPY_MNT_NS_FILE */
#define DETACH 0x2 /* MNT_DETACH */
#define EXPIRE 0x4 /* MNT_EXPIRE */

#define ONE_MOUNT (MS_REMOUNT | MS_BIND)
#define ACCESS_TIMES (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME)

static bool with_uts(const struct call *call)
{
	return call->arg[0] & CLONE_NEWUTS && !(call->arg[0] & CLONE_NEWNS);
}

static bool of_part(const struct call *call)
{
	const struct path *source = (const struct path *)call->arg[0];

	return source->dentry != source->mnt->mnt_root && call->arg[1];
}

static bool of_another_namespace(const struct call *call)
{
	return (struct mnt_namespace *)call->arg[0] != current->nsproxy->mnt_ns;
}

static bool is_recursive(const struct call *call)
{
	return syscall_arg(3) & MS_REC;
}

static bool is_expiry(const struct call *call)
{
	return syscall_arg(1) & EXPIRE;
}

static bool is_detachment(const struct call *call)
{
	return syscall_arg(1) & DETACH;
}

/* Whether a call of ns_capable is about mounting and about something else than the caller's own user namespace. */
static bool asks_elsewhere(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_ADMIN && (struct user_namespace *)call->arg[0] != current_user_ns();
}

static bool remounts_one(const struct call *call)
{
	return (syscall_arg(3) & ONE_MOUNT) == ONE_MOUNT && asks_elsewhere(call);
}

static bool detaches_elsewhere(const struct call *call)
{
	return is_detachment(call) && asks_elsewhere(call);
}

static bool is_nested(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_CHROOT && current_user_ns()->level > 1;
}

static enum deed check_callers_own(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static enum deed check_initial(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)&init_user_ns;
	return LIE;
}

/* At the entry of path_mount: its second argument is the place, its fourth the flags. */
static enum deed keep_nodev(struct call *call, const struct probe *probe)
{
	const struct path *path = (const struct path *)call->arg[1];

	if ((call->arg[3] & ONE_MOUNT) != ONE_MOUNT || call->arg[3] & MS_NODEV || !(path->mnt->mnt_flags & MNT_NODEV))
		return TRUTH;
	call->arg[3] |= MS_NODEV;
	return LIE;
}

static enum deed reset_access_times(struct call *call, const struct probe *probe)
{
	if ((call->arg[3] & ONE_MOUNT) != MS_REMOUNT || call->arg[3] & ACCESS_TIMES)
		return TRUTH;
	call->arg[3] |= MS_RELATIME;
	return LIE;
}

const struct mutant mount_lists_mutants[] = {
	MUTANT("mount-clone3-leaves-unbindable",
	       "clone3 with CLONE_NEWNS leaves unbindable mounts out of the copy",
	       BREAKS("mount-clone-copies-list"),
	       PROBE("copy_tree", .entry = drop_flags, .index = 2, .value = COPY_UNBINDABLE, IN_SYSCALL(__NR_clone3))),
	MUTANT("mount-clone3-newuts-copies",
	       "clone3 with CLONE_NEWUTS makes a new mount namespace, too",
	       BREAKS("mount-namespace-kept-by-fork-and-execve"),
	       PROBE("copy_mnt_ns", .entry = add_flags, .index = 0, .value = CLONE_NEWNS, .when = with_uts, IN_SYSCALL(__NR_clone3))),
	MUTANT("mount-remount-one-checks-callers-own",
	       "mount with MS_REMOUNT and MS_BIND asks for the capability in the caller's user namespace",
	       BREAKS("mount-without-cap-in-owner-eperm"),
	       PROBE("ns_capable", .entry = check_callers_own, .when = remounts_one, IN_SYSCALL(__NR_mount))),
	MUTANT("mount-umount-detach-checks-callers-own",
	       "umount with MNT_DETACH asks for the capability in the caller's user namespace",
	       BREAKS("mount-umount-without-cap-in-owner-eperm"),
	       PROBE("ns_capable", .entry = check_callers_own, .when = detaches_elsewhere, IN_SYSCALL(__NR_umount2))),
	MUTANT("mount-bind-part-is-flat",
	       "a recursive bind mount of a directory that is no mount point leaves the mounts below it",
	       BREAKS("mount-bind-recursive-takes-submounts"),
	       PROBE("__do_loopback", .entry = set_arg, .index = 1, .value = 0, .when = of_part, IN_SYSCALL(__NR_mount))),
	MUTANT("mount-bind-mnt-file-propagates",
	       "a bind mount of a mount namespace's file propagates",
	       BREAKS("mount-bind-ns-mnt-propagating-einval"),
	       PROBE("copy_tree", .entry = add_flags, .index = 2, .value = COPY_MNT_NS_FILE, IN_SYSCALL(__NR_mount))),
	MUTANT("mount-max-not-of-receivers",
	       "fs.mount-max does not hold for mount namespaces to which a mount propagates",
	       BREAKS("mount-max-enospc"),
	       PROBE("count_mounts", .entry = skip, .when = of_another_namespace)),
	MUTANT("mount-max-not-of-subtrees",
	       "a recursive bind mount may exceed fs.mount-max",
	       BREAKS("mount-max-enospc"),
	       PROBE("count_mounts", .exit = succeed, .when = is_recursive, IN_SYSCALL(__NR_mount))),
	MUTANT("mount-remount-one-keeps-nodev",
	       "mount with MS_REMOUNT and MS_BIND does not clear nodev",
	       BREAKS("mount-remount-bind-clears-unlisted"),
	       PROBE("path_mount", .entry = keep_nodev)),
	MUTANT("mount-remount-resets-access-times",
	       "a remount of the file system without flags about the times of access makes them relative",
	       BREAKS("mount-remount-keeps-atime"),
	       PROBE("path_mount", .entry = reset_access_times)),
	MUTANT("mount-umount-expire-busy-eagain",
	       "umount with MNT_EXPIRE of a mount in use fails with EAGAIN",
	       BREAKS("mount-umount-busy-ebusy mount-umount-expire-twice"),
	       PROBE("path_umount", .exit = swap_result, .instead_of = -EBUSY, .value = -EAGAIN, .when = is_expiry)),
	MUTANT("mount-umount-nofollow-follows-to-detach",
	       "umount with UMOUNT_NOFOLLOW and MNT_DETACH follows a link",
	       BREAKS("mount-umount-nofollow"),
	       PROBE("user_path_at_empty|user_path_at", .entry = add_flags, .index = 2, .value = LOOKUP_FOLLOW, .when = is_detachment, IN_SYSCALL(__NR_umount2))),
	MUTANT("mount-chroot-asks-initial-of-nested",
	       "chroot asks for the capability in the initial user namespace of who is in a nested one",
	       BREAKS("mount-chroot-needs-cap"),
	       PROBE("ns_capable", .entry = check_initial, .when = is_nested, IN_SYSCALL(__NR_chroot))),
	{}
};
