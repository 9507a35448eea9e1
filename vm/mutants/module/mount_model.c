// SPDX-License-Identifier: GPL-2.0-only
/* Lies about mount propagation that take a certain state of several mounts to show. */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <uapi/linux/mount.h>

#include "known_mount.h"

/* Flags of copy_tree. */
#define MAKE_SLAVE 0x02
#define MAKE_SHARED 0x08

/* For propagate_one(receiver). */

static bool in_own_namespace(const struct call *call)
{
	return mount_of(call)->ns == current->nsproxy->mnt_ns;
}

static bool shows_directory_below(const struct call *call)
{
	return mount_of(call)->mnt.mnt_root != mount_of(call)->mnt.mnt_sb->s_root;
}

/* For copy_tree(root, dentry, flags). */

static bool for_sharing_slave(const struct call *call)
{
	return (call->arg[2] & (MAKE_SLAVE | MAKE_SHARED)) == (MAKE_SLAVE | MAKE_SHARED);
}

static void *copy_only_root(void *root, struct dentry *dentry, int flags)
{
	void *(*copy_tree)(void *, struct dentry *, int) = find_function("copy_tree");
	void *(*clone)(void *, struct dentry *, int) = find_function("clone_mnt");

	if (flags & MAKE_SLAVE && clone) {
		told_a_lie();
		return clone(root, dentry, flags);
	}
	let_through();
	return copy_tree(root, dentry, flags);
}

/* For propagate_umount(list), which are mounts that are no more on their parents' lists. */
static bool others_are_beside(const struct call *call)
{
	struct list_head *all = (struct list_head *)call->arg[0];

	return !list_empty(&list_first_entry(all, struct known_mount, list)->parent->mounts);
}

/* For change_mnt_propagation(mount, type), of a mount that has peers left. */
static enum deed cut_slaves_off(struct call *call, const struct probe *probe)
{
	struct known_mount *mount = mount_of(call), *slave, *next;

	if ((int)call->arg[1] == MS_SHARED || list_empty(&mount->share) || list_empty(&mount->slave_list))
		return TRUTH;
	list_for_each_entry_safe(slave, next, &mount->slave_list, slave) {
		list_del_init(&slave->slave);
		slave->master = NULL;
	}
	return LIE;
}

const struct mutant mount_model_mutants[] = {
	MUTANT("propagation-not-in-own-namespace",
	       "what is mounted on a shared mount does not propagate within the caller's mount namespace",
	       BREAKS("mount-under-shared-reaches-peers mount-slave-receives-from-master"),
	       PROBE("propagate_one.part.0|propagate_one", .entry = skip, .when = in_own_namespace)),
	MUTANT("propagation-not-to-bound-directories",
	       "what is mounted on a shared mount does not propagate to mounts that show a directory below the root",
	       BREAKS("mount-under-shared-reaches-peers mount-slave-receives-from-master"),
	       PROBE("propagate_one.part.0|propagate_one", .entry = skip, .when = shows_directory_below)),
	MUTANT("propagation-peer-of-sharing-slaves",
	       "what arrives at a slave that is shared, too, is no slave but a peer of the original",
	       BREAKS("mount-propagated-onto-slave-is-slave mount-slave-does-not-send-to-master"),
	       PROBE("copy_tree", .entry = drop_flags, .index = 2, .value = MAKE_SLAVE, .when = for_sharing_slave, IN_SYSCALL(__NR_mount))),
	MUTANT("propagation-slaves-get-only-root",
	       "of a tree that is bound or moved under a shared mount slaves receive the topmost mount alone",
	       BREAKS("mount-slave-receives-from-master mount-recursive-bind-types-per-mount mount-move-takes-subtree"),
	       PROBE("copy_tree", .replacement = copy_only_root, IN_SYSCALL(__NR_mount)),
	       PROBE("clone_mnt", .entry = look)),
	MUTANT("propagation-unmount-not-sent-beside-others",
	       "an unmount does not propagate as long as something else is mounted on the parent",
	       BREAKS("mount-unmount-under-shared-reaches-peers mount-umount-propagates-to-peers-and-slaves"),
	       PROBE("propagate_umount", .entry = skip, .when = others_are_beside, IN_SYSCALL(__NR_umount2)),
	       PROBE("propagate_one.part.0|propagate_one", .entry = look)),
	MUTANT("propagation-leaving-peer-loses-slaves",
	       "slaves of a mount that is unmounted, or leaves its group, are not taken over by its peers",
	       BREAKS("mount-slave-receives-from-master mount-unmount-leaves-peer-group mount-make-slave-of-shared-with-peers"),
	       PROBE("change_mnt_propagation", .entry = cut_slaves_off),
	       PROBE("propagate_one.part.0|propagate_one", .entry = look)),
	{}
};
