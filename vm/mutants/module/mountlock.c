// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what a less privileged mount namespace may do, and about removed mount points. */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/path.h>
#include <linux/user_namespace.h>
#include <uapi/linux/mount.h>

#include "mutant.h"

#define SHARED_TO_SLAVE 0x22 /* CL_SHARED_TO_SLAVE, CL_SLAVE */
#define TO_PRIVATE 0x10 /* CL_PRIVATE */

/* The part that others may know of a struct mount, which begins with its hash, parent and mount point. */
static struct vfsmount *known_part(unsigned long mount)
{
	return (struct vfsmount *)(mount + sizeof(struct hlist_node) + 2 * sizeof(void *));
}

static enum deed unlock(struct vfsmount *mnt, int locks)
{
	if (!(mnt->mnt_flags & locks))
		return TRUTH;
	mnt->mnt_flags &= ~locks;
	return LIE;
}

/* Of a path that is argument index. */
static enum deed unlock_path(struct call *call, const struct probe *probe)
{
	return unlock(((struct path *)call->arg[probe->index])->mnt, probe->value);
}

static enum deed unlock_copy(struct call *call, const struct probe *probe)
{
	return IS_ERR((void *)call->result) ? TRUTH : unlock(known_part(call->result), probe->value);
}

/* For a probe of what has to be there. */
static enum deed serve(struct call *call, const struct probe *probe)
{
	return TRUTH;
}

static bool by_initial_user(const struct call *call)
{
	return current_user_ns() == &init_user_ns;
}

static bool moves(const struct call *call)
{
	return syscall_arg(3) & MS_MOVE;
}

static bool binds(const struct call *call)
{
	return (syscall_arg(3) & (MS_BIND | MS_REMOUNT)) == MS_BIND;
}

static bool sets_nodiratime(const struct call *call)
{
	return call->arg[3] & MS_REMOUNT && call->arg[3] & MS_NODIRATIME;
}

static bool is_recursive(const struct call *call)
{
	return syscall_arg(2) & AT_RECURSIVE;
}

static bool is_of_file(const struct call *call)
{
	return !d_is_dir(((struct path *)call->arg[0])->dentry);
}

static bool is_file(const struct call *call)
{
	return !d_is_dir((struct dentry *)call->arg[0]);
}

static enum deed make_private(struct call *call, const struct probe *probe)
{
	if (!(call->arg[2] & SHARED_TO_SLAVE))
		return TRUTH;
	call->arg[2] = (call->arg[2] & ~SHARED_TO_SLAVE) | TO_PRIVATE;
	return LIE;
}

const struct mutant mountlock_mutants[] = {
	MUTANT("mountlock-not-from-above",
	       "a copy of a mount namespace whose owner is the initial user namespace locks nothing, whoever owns the original",
	       BREAKS("mount-copy-under-other-owner-less-privileged"),
	       PROBE("lock_mnt_tree", .entry = skip, .when = by_initial_user, IN_SYSCALL(__NR_unshare))),
	MUTANT("mountlock-shared-becomes-private",
	       "clone3 makes what is shared private in a less privileged copy",
	       BREAKS("mount-less-privileged-shared-becomes-slave"),
	       PROBE("copy_tree", .entry = make_private, IN_SYSCALL(__NR_clone3))),
	MUTANT("mountlock-files-unmountable",
	       "a locked mount on a file can be unmounted",
	       BREAKS("mount-locked-single-unmount-einval"),
	       PROBE("path_umount", .entry = unlock_path, .index = 0, .value = MNT_LOCKED, .when = is_of_file)),
	MUTANT("mountlock-moved-tree-unlocked",
	       "a tree of mounts that propagates since it was moved can be unmounted in parts",
	       BREAKS("mount-locked-tree-part-unmount-einval"),
	       PROBE("lock_mnt_tree", .entry = skip, .when = moves, IN_SYSCALL(__NR_mount))),
	MUTANT("mountlock-move-mount-separates",
	       "move_mount moves a locked mount away",
	       BREAKS("mount-locked-not-separated-einval"),
	       PROBE("do_move_mount", .entry = unlock_path, .index = 0, .value = MNT_LOCKED, IN_SYSCALL(__NR_move_mount))),
	MUTANT("mountlock-bind-forgets-nosuid",
	       "nosuid is not locked in a bind mount of a mount in which it is",
	       BREAKS("mount-locked-nosuid-eperm"),
	       PROBE("clone_mnt", .exit = unlock_copy, .value = MNT_LOCK_NOSUID, .when = binds, IN_SYSCALL(__NR_mount))),
	MUTANT("mountlock-recursive-setattr-clears",
	       "mount_setattr with AT_RECURSIVE clears locked flags",
	       BREAKS("mount-locked-readonly-eperm mount-locked-noexec-eperm mount-locked-nodev-but-not-nosymfollow"),
	       PROBE("can_change_locked_flags|can_change_locked_flags.isra.0", .exit = set_result, .value = true, .when = is_recursive,
		     IN_SYSCALL(__NR_mount_setattr)),
	       PROBE(SYSCALL("mount_setattr"), .entry = serve)),
	MUTANT("mountlock-nodiratime-changeable",
	       "a remount may set nodiratime although the setting for access times is locked",
	       BREAKS("mount-locked-atime-eperm"),
	       PROBE("path_mount", .entry = unlock_path, .index = 1, .value = MNT_LOCK_ATIME, .when = sets_nodiratime)),
	MUTANT("mountlock-rename-elsewhere-ebusy",
	       "a mount point of any mount namespace can be renamed in none",
	       BREAKS("mount-point-elsewhere-renamable mount-point-removal-removes-mount"),
	       PROBE("__is_local_mountpoint", .exit = set_result, .value = true, IN_SYSCALL(__NR_renameat2))),
	MUTANT("mountlock-unlinked-file-keeps-mount",
	       "a file that is unlinked or replaced stays a mount point of other mount namespaces",
	       BREAKS("mount-point-removal-removes-mount"),
	       PROBE("__detach_mounts", .entry = skip, .when = is_file)),
	{}
};
