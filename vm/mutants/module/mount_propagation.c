// SPDX-License-Identifier: GPL-2.0-only
/* Lies about mount propagation: what goes where, and what a mount is to others. */
#include <linux/dcache.h>
#include <linux/fs_struct.h>
#include <linux/idr.h>
#include <linux/percpu.h>
#include <uapi/linux/mount.h>

#include "known_mount.h"

/* Flags of copy_tree and clone_mnt. */
#define COPY_UNBINDABLE 0x04
#define COPY_PRIVATE 0x10

static bool moves(const struct call *call)
{
	return syscall_arg(3) & MS_MOVE;
}

static bool detaches(const struct call *call)
{
	return syscall_arg(1) & 2; /* MNT_DETACH */
}

static bool is_slave_of_slave(const struct call *call)
{
	struct known_mount *master = mount_of(call)->master;

	return master && master->master;
}

/* For clone_mnt(old, root, flags). */
static bool binds_directory_below(const struct call *call)
{
	return syscall_arg(3) & MS_BIND && (struct dentry *)call->arg[1] != mount_of(call)->mnt.mnt_root;
}

/* At the exit of propagate_mount_busy(mount, count). */
static enum deed forget_receivers_use(struct call *call, const struct probe *probe)
{
	struct known_mount *mount = mount_of(call);
	int cpu, count = 0;

	for_each_possible_cpu(cpu)
		count += *per_cpu_ptr(mount->count, cpu);
	if (!call->result || !list_empty(&mount->mounts) || count > (int)call->arg[1])
		return TRUTH;
	call->result = 0;
	return LIE;
}

/* For get_dominating_id(mount, root). */
static enum deed below_readers_root(struct call *call, const struct probe *probe)
{
	call->arg[1] = (unsigned long)&current->fs->root;
	return LIE;
}

/* For ida_alloc_range(ida, min, max, gfp). */
static enum deed number_from_1000(struct call *call, const struct probe *probe)
{
	if (call->arg[1] != 1 || (unsigned int)call->arg[2] != ~0U)
		return TRUTH;
	call->arg[1] = 1000;
	return LIE;
}

/* For change_mnt_propagation(mount, type). */

static bool becomes(const struct call *call, int type)
{
	return (int)call->arg[1] == type;
}

static bool is_shared(const struct call *call)
{
	return mount_of(call)->mnt.mnt_flags & 0x1000; /* MNT_SHARED */
}

static bool lone_becomes_slave(const struct call *call)
{
	return becomes(call, MS_SLAVE) && is_shared(call) && list_empty(&mount_of(call)->share) && !mount_of(call)->master;
}

static enum deed cut_off(struct call *call, const struct probe *probe)
{
	struct known_mount *mount = mount_of(call);

	if (!becomes(call, MS_SHARED) || !mount->master)
		return TRUTH;
	list_del_init(&mount->slave);
	mount->master = NULL;
	return LIE;
}

static bool changed_one;

static enum deed begin(struct call *call, const struct probe *probe)
{
	WRITE_ONCE(changed_one, false);
	return TRUTH;
}

static enum deed private_below(struct call *call, const struct probe *probe)
{
	bool below = READ_ONCE(changed_one);

	WRITE_ONCE(changed_one, true);
	if (!below || !becomes(call, MS_UNBINDABLE))
		return TRUTH;
	call->arg[1] = MS_PRIVATE;
	return LIE;
}

/* What mounts were last made, of those that were made slaves. */
static struct {
	unsigned long mount;
	bool shared;
} slaves[64];

static enum deed private_but_slave(struct call *call, const struct probe *probe)
{
	bool set = in_syscall(__NR_mount) || in_syscall(__NR_mount_setattr);
	static unsigned int next;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slaves) && slaves[i].mount != call->arg[0]; i++)
		;
	if (i == ARRAY_SIZE(slaves)) {
		if (set && becomes(call, MS_SLAVE))
			slaves[next++ % ARRAY_SIZE(slaves)] = (typeof(slaves[0])){ .mount = call->arg[0] };
		return TRUTH;
	}
	if (set && becomes(call, MS_PRIVATE) && slaves[i].shared) {
		slaves[i].shared = false;
		call->arg[1] = MS_SLAVE;
		return LIE;
	}
	slaves[i].shared = becomes(call, MS_SHARED);
	if (!becomes(call, MS_SHARED) && !becomes(call, MS_SLAVE))
		slaves[i].mount = 0;
	return TRUTH;
}

const struct mutant mount_propagation_mutants[] = {
	MUTANT("propagation-moved-not-sent",
	       "what MS_MOVE moves under a shared mount does not propagate",
	       BREAKS("mount-under-shared-reaches-peers mount-slave-receives-from-master mount-move-under-shared-types"),
	       PROBE("propagate_mnt", .entry = skip, .when = moves, IN_SYSCALL(__NR_mount))),
	MUTANT("propagation-detach-not-sent",
	       "an unmount with MNT_DETACH does not propagate",
	       BREAKS("mount-unmount-under-shared-reaches-peers mount-umount-propagates-to-peers-and-slaves mount-unmount-propagated-spares-busy"),
	       PROBE("propagate_umount", .entry = skip, .when = detaches, IN_SYSCALL(__NR_umount2))),
	MUTANT("propagation-not-to-slaves-of-slaves",
	       "mounts do not propagate to the slaves of slaves",
	       BREAKS("mount-slave-and-shared-passes-on"),
	       PROBE("propagate_one.part.0|propagate_one", .entry = skip, .when = is_slave_of_slave)),
	MUTANT("propagation-receivers-use-forgotten",
	       "an unmount does not mind that a receiver's mount is in use",
	       BREAKS("mount-umount-propagates-to-peers-and-slaves"),
	       PROBE("propagate_mount_busy", .exit = forget_receivers_use, IN_SYSCALL(__NR_umount2)),
	       PROBE("propagate_one.part.0|propagate_one", .entry = look)),
	MUTANT("propagation-clone3-makes-private",
	       "the mounts of a mount namespace that clone3 makes are private",
	       BREAKS("mount-copy-joins-peer-group mount-copy-keeps-type-gets-new-id"),
	       PROBE("copy_tree", .entry = add_flags, .index = 2, .value = COPY_PRIVATE, IN_SYSCALL(__NR_clone3))),
	MUTANT("propagation-bound-directory-private",
	       "a bind mount of a directory below the root of a shared mount is private",
	       BREAKS("mount-bind-joins-peer-group"),
	       PROBE("clone_mnt", .entry = add_flags, .index = 2, .value = COPY_PRIVATE, .when = binds_directory_below, IN_SYSCALL(__NR_mount))),
	MUTANT("propagation-open-tree-takes-unbindable",
	       "open_tree with AT_RECURSIVE copies unbindable mounts as well",
	       BREAKS("mount-recursive-bind-omits-unbindable"),
	       PROBE("copy_tree", .entry = add_flags, .index = 2, .value = COPY_UNBINDABLE, IN_SYSCALL(__NR_open_tree))),
	MUTANT("propagation-unbindable-not-below",
	       "MS_UNBINDABLE with MS_REC makes the mounts below private",
	       BREAKS("mount-change-propagation-recursive"),
	       PROBE(SYSCALL("mount"), .entry = begin),
	       PROBE("change_mnt_propagation", .entry = private_below, IN_SYSCALL(__NR_mount))),
	MUTANT("propagation-private-stays-slave",
	       "a slave that is shared and is made private stays a slave",
	       BREAKS("mount-make-private-transitions mount-private-no-propagation"),
	       PROBE("change_mnt_propagation", .entry = private_but_slave)),
	MUTANT("propagation-sharing-slave-cut-off",
	       "a slave that is made shared is a slave no more",
	       BREAKS("mount-make-shared-transitions mount-slave-and-shared-passes-on"),
	       PROBE("change_mnt_propagation", .entry = cut_off, IN_SYSCALL(__NR_mount, __NR_mount_setattr)),
	       PROBE("propagate_one.part.0|propagate_one", .entry = look)),
	MUTANT("propagation-lone-sharer-stays-shared",
	       "a shared mount that is alone in its peer group and is made a slave stays shared",
	       BREAKS("mount-make-slave-of-lone-shared-is-private"),
	       PROBE("change_mnt_propagation", .entry = skip, .when = lone_becomes_slave),
	       PROBE("propagate_one.part.0|propagate_one", .entry = look)),
	MUTANT("propagation-from-below-readers-root",
	       "mountinfo shows in propagate_from what is below the root of who reads, not of the process",
	       BREAKS("mount-info-propagate-from-tag"),
	       PROBE("get_dominating_id", .entry = below_readers_root)),
	MUTANT("propagation-groups-from-1000",
	       "the ids of peer groups begin with 1000",
	       BREAKS("mount-info-peer-group-ids-positive"),
	       PROBE("ida_alloc_range", .entry = number_from_1000, IN_SYSCALL(__NR_mount, __NR_mount_setattr))),
	{}
};
