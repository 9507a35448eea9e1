// SPDX-License-Identifier: GPL-2.0-only
/* Lies about idmapped mounts. */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <linux/xattr.h>
#include <uapi/linux/mount.h>

#include "mutant.h"

/* What functions that take a mount's mapping are given for one that is not idmapped. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/mnt_idmapping.h>
#define NO_MAPPING ((unsigned long)&nop_mnt_idmap)
#else
#define NO_MAPPING ((unsigned long)&init_user_ns)
#endif

/* Before 5.12 the functions take none; then no spec applies. */
#define MAPPINGS (LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0))

static bool translates(const struct call *call)
{
	return MAPPINGS && call->arg[0] != NO_MAPPING;
}

static enum deed untranslated(struct call *call, const struct probe *probe)
{
	if (!translates(call))
		return TRUTH;
	call->arg[0] = NO_MAPPING;
	return LIE;
}

/* What generic_fillattr is given: a mask is between since 6.6. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define INODE 2
#else
#define INODE 1
#endif

static enum deed stored_group(struct call *call, const struct probe *probe)
{
	struct inode *inode = (struct inode *)call->arg[INODE];
	struct kstat *stat = (struct kstat *)call->arg[INODE + 1];

	if (!translates(call))
		return TRUTH;
	stat->gid = inode->i_gid;
	return LIE;
}

static enum deed unmapped_is_root(struct call *call, const struct probe *probe)
{
	struct kstat *stat = (struct kstat *)call->arg[INODE + 1];

	if (!translates(call) || gid_valid(stat->gid))
		return TRUTH;
	stat->gid = GLOBAL_ROOT_GID;
	return LIE;
}

static enum deed links_owner(struct call *call, const struct probe *probe)
{
	struct inode *inode = (struct inode *)call->arg[1];

	if (!translates(call) || !S_ISLNK((umode_t)call->arg[3]))
		return TRUTH;
	inode->i_uid = current_fsuid();
	return LIE;
}

static bool only_group(const struct call *call)
{
	const struct iattr *attr = (const struct iattr *)call->arg[2];

	return MAPPINGS && (attr->ia_valid & (ATTR_UID | ATTR_GID)) == ATTR_GID;
}

static bool is_default_acl(const struct call *call)
{
	return !strcmp((const char *)call->arg[2], XATTR_NAME_POSIX_ACL_DEFAULT);
}

static enum deed no_group_is_root(struct call *call, const struct probe *probe)
{
	if ((u32)call->result != (u32)-1)
		return TRUTH;
	call->result = 0;
	return LIE;
}

/* At the exit of copy_mnt_idmap; before 6.3, of make_kuid. */
static enum deed one_extent_less(struct call *call, const struct probe *probe)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	struct uid_gid_map *map = (struct uid_gid_map *)call->arg[1];

	if (call->result || map->nr_extents != UID_GID_MAP_MAX_EXTENTS)
		return TRUTH;
	map->nr_extents--;
#else
	const struct user_namespace *ns = (const struct user_namespace *)call->arg[0];

	if (ns->uid_map.nr_extents != UID_GID_MAP_MAX_EXTENTS || (u32)call->arg[1] != UID_GID_MAP_MAX_EXTENTS - 1)
		return TRUTH;
	call->result = -1;
#endif
	return LIE;
}

static enum deed any_root_may(struct call *call, const struct probe *probe)
{
	if ((u8)call->result || call->arg[0] != (unsigned long)&init_user_ns || current_user_ns() == &init_user_ns)
		return TRUTH;
	call->result = true;
	return LIE;
}

static bool makes_slave(const struct call *call)
{
	return (int)call->arg[1] == MS_SLAVE;
}

const struct mutant idmap_mutants[] = {
	MUTANT("idmap-stat-stored-group",
	       "stat through an idmapped mount shows gids as they are stored",
	       BREAKS("idmap-stat-shows-mapped-ids"),
	       PROBE("generic_fillattr", .exit = stored_group)),
	MUTANT("idmap-fstat-stored",
	       "fstat of a file opened through an idmapped mount shows ids as they are stored",
	       BREAKS("idmap-stat-shows-mapped-ids"),
	       PROBE("generic_fillattr", .entry = untranslated, IN_SYSCALL(__NR_fstat))),
	MUTANT("idmap-symlinks-owner",
	       "symbolic links created through an idmapped mount are stored with the caller's uid",
	       BREAKS("idmap-creation-stores-inverse"),
	       PROBE("inode_init_owner", .exit = links_owner)),
	MUTANT("idmap-chown-group-only",
	       "chown of the gid alone through an idmapped mount stores it as it is",
	       BREAKS("idmap-chown-stores-inverse"),
	       PROBE("setattr_copy", .entry = untranslated, .when = only_group)),
	MUTANT("idmap-mkdir-unmapped-group",
	       "directories created through an idmapped mount with an unmapped fsgid belong to gid 0",
	       BREAKS("idmap-creation-with-unmapped-ids-eoverflow"),
	       PROBE("from_vfsgid|from_kgid", .exit = no_group_is_root, IN_SYSCALL(__NR_mkdirat))),
	MUTANT("idmap-unmapped-group-is-root",
	       "gids without a mapping show as 0 through an idmapped mount",
	       BREAKS("idmap-unmapped-ids-overflow"),
	       PROBE("generic_fillattr", .exit = unmapped_is_root)),
	MUTANT("idmap-acl-access-stored",
	       "access through an idmapped mount goes by the stored users and groups of POSIX ACLs",
	       BREAKS("idmap-posix-acl-translated"),
	       PROBE("posix_acl_permission", .entry = untranslated)),
	MUTANT("idmap-default-acl-stored",
	       "default ACLs set through an idmapped mount are stored as they are",
	       BREAKS("idmap-posix-acl-translated"),
	       PROBE("vfs_set_acl|vfs_setxattr", .entry = untranslated, .when = is_default_acl)),
	MUTANT("idmap-file-capabilities-stored-root",
	       "programs executed through an idmapped mount get capabilities by the stored root id",
	       BREAKS("idmap-file-capability-root-id-translated"),
	       PROBE("get_vfs_caps_from_disk", .entry = untranslated)),
	MUTANT("idmap-set-group-id-stored",
	       "set-group-ID programs executed through an idmapped mount get the stored gid",
	       BREAKS("idmap-set-id-programs-translated"),
	       PROBE("make_vfsgid|make_kgid", .entry = untranslated, IN_SYSCALL(__NR_execve))),
	MUTANT("idmap-339-mappings",
	       "the last of 340 mappings does not count for an idmapped mount",
	       BREAKS("idmap-340-mappings"),
	       PROBE("copy_mnt_idmap|make_kuid", .exit = one_extent_less)),
	MUTANT("idmap-by-any-root",
	       "root of any user namespace can idmap file systems mounted in the initial one",
	       BREAKS("idmap-without-cap-in-file-systems-userns-eperm"),
	       PROBE("ns_capable", .exit = any_root_may, IN_SYSCALL(__NR_mount_setattr))),
	MUTANT("idmap-setattr-slave-is-private",
	       "mount_setattr makes mounts private that it is to make slaves",
	       BREAKS("idmap-setattr-propagation"),
	       PROBE("change_mnt_propagation", .entry = set_arg, .index = 1, .value = MS_PRIVATE, .when = makes_slave,
		     IN_SYSCALL(__NR_mount_setattr))),
	{}
};
