// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what root of a user namespace may see of proc and sysfs by mounting them. */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/user_namespace.h>
#include <uapi/linux/mount.h>

#include "mutant.h"

/* What mount_too_revealing is given: a super block, and where the new mount's flags are. */
static bool of_proc(const struct call *call)
{
	return ((struct super_block *)call->arg[0])->s_magic == PROC_SUPER_MAGIC && current_user_ns() != &init_user_ns;
}

static bool of_sysfs(const struct call *call)
{
	return ((struct super_block *)call->arg[0])->s_magic == SYSFS_MAGIC && current_user_ns() != &init_user_ns;
}

static bool for_writing(const struct call *call)
{
	return current_user_ns() != &init_user_ns && !(syscall_arg(3) & MS_RDONLY);
}

static enum deed pretend_read_only(struct call *call, const struct probe *probe)
{
	*(int *)call->arg[1] |= MNT_READONLY;
	return LIE;
}

static enum deed make_writable(struct call *call, const struct probe *probe)
{
	*(int *)call->arg[1] &= ~MNT_READONLY;
	return TRUTH;
}

const struct mutant user_revealing_mutants[] = {
	MUTANT("user-mount-proc-reveals-all",
	       "root of a user namespace may mount proc whatever of it is in sight",
	       BREAKS("user-mount-proc-sysfs-reveal-no-more"),
	       PROBE("mount_too_revealing", .entry = skip, .when = of_proc)),
	MUTANT("user-mount-sysfs-reveals-all",
	       "root of a user namespace may mount sysfs whatever of it is in sight",
	       BREAKS("user-mount-proc-sysfs-reveal-no-more"),
	       PROBE("mount_too_revealing", .entry = skip, .when = of_sysfs)),
	MUTANT("user-mount-proc-in-sight-eperm",
	       "root of a user namespace may not mount proc even where all of it is in sight",
	       BREAKS("user-mount-proc-sysfs-reveal-no-more"),
	       PROBE("mount_too_revealing", .entry = skip, .value = 1, .when = of_proc)),
	MUTANT("user-mount-writable-where-read-only-in-sight",
	       "root of a user namespace may mount for writing what is in sight for reading only",
	       BREAKS("user-mount-proc-sysfs-reveal-no-more"),
	       PROBE("mount_too_revealing", .entry = pretend_read_only, .when = for_writing, IN_SYSCALL(__NR_mount)),
	       PROBE("mount_too_revealing", .exit = make_writable, .when = for_writing, IN_SYSCALL(__NR_mount))),
	{}
};
