// SPDX-License-Identifier: GPL-2.0-only
/* Lies about pivot_root. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs_struct.h>
#include <linux/path.h>

#include "mutant.h"

static enum deed capable_anywhere(struct call *call, const struct probe *probe)
{
	if ((u8)call->result || !cap_raised(current_cred()->cap_effective, call->arg[1]))
		return TRUTH;
	call->result = true;
	return LIE;
}

/* Both replace chroot_fs_refs. */

static void move_caller(const struct path *old, const struct path *new)
{
	void (*set_root)(struct fs_struct *fs, const struct path *path) = find_function("set_fs_root");
	void (*set_pwd)(struct fs_struct *fs, const struct path *path) = find_function("set_fs_pwd");

	told_a_lie();
	if (path_equal(&current->fs->root, old))
		set_root(current->fs, new);
	if (path_equal(&current->fs->pwd, old))
		set_pwd(current->fs, new);
}

static void move_callers_work(const struct path *old, const struct path *new)
{
	void (*move)(const struct path *old, const struct path *new) = find_function("chroot_fs_refs");
	void (*set_pwd)(struct fs_struct *fs, const struct path *path) = find_function("set_fs_pwd");

	let_through();
	move(old, new);
	if (path_equal(&current->fs->pwd, new))
		return;
	told_a_lie();
	set_pwd(current->fs, new);
}

const struct mutant pivotroot_mutants[] = {
	MUTANT("pivotroot-needs-callers-own-capability",
	       "pivot_root only needs CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("mount-pivot-root-without-cap-eperm"),
	       PROBE("ns_capable", .exit = capable_anywhere, IN_SYSCALL(__NR_pivot_root))),
	MUTANT("pivotroot-moves-caller-alone",
	       "pivot_root leaves all but the caller and who shares its root at the old root",
	       BREAKS("mount-pivot-root-moves-tasks"),
	       PROBE("chroot_fs_refs", .replacement = move_caller)),
	MUTANT("pivotroot-moves-callers-work",
	       "pivot_root makes the new root the caller's working directory, wherever that was",
	       BREAKS("mount-pivot-root-leaves-other-cwd"),
	       PROBE("chroot_fs_refs", .replacement = move_callers_work)),
	{}
};
