// SPDX-License-Identifier: GPL-2.0-only
/* Lies about new ways to make mount namespaces, about copies of them, and about binfmt_misc. */
#include <linux/fs_context.h>

#include "newer.h"

#define EMPTY_MNTNS (1ULL << 37) /* CLONE_EMPTY_MNTNS */
#define COPY_MNT_NS_FILE 0x40 /* CL_COPY_MNT_NS_FILE */
#define NAMESPACE 2 /* OPEN_TREE_NAMESPACE, FSMOUNT_NAMESPACE */
#define RECURSIVE 0x8000 /* AT_RECURSIVE */

static void set_syscall_arg(struct call *call, unsigned int index, unsigned long value)
{
	struct pt_regs *regs = (struct pt_regs *)call->arg[0];

#if defined(CONFIG_X86_64)
	*(index == 1 ? &regs->si : &regs->dx) = value;
#elif defined(CONFIG_ARM64)
	regs->regs[index] = value;
#endif
}

static enum deed drop_syscall_flag(struct call *call, const struct probe *probe)
{
	unsigned long flags = syscall_arg(probe->index);

	if (!(flags & NAMESPACE) || !(flags & probe->value))
		return TRUTH;
	set_syscall_arg(call, probe->index, flags & ~probe->value);
	return LIE;
}

static bool from_below(const struct call *call)
{
	return current_user_ns() != &init_user_ns;
}

#define FOR_OTHER_OWNER 0x22 /* CL_SLAVE, CL_SHARED_TO_SLAVE */

static bool copies_for_other_owner(const struct call *call)
{
	return call->arg[2] & FOR_OTHER_OWNER;
}

static bool is_two_below(const struct call *call)
{
	return current_user_ns()->level > 2;
}

const struct mutant newer_mounts_mutants[] = {
	MUTANT("newer-empty-mntns-unshare-copies",
	       "unshare with UNSHARE_EMPTY_MNTNS copies the mount namespace",
	       BREAKS("clone-empty-mntns"),
	       PROBE("copy_mnt_ns", .entry = drop_flags, .index = 0, .value = EMPTY_MNTNS, IN_SYSCALL(__NR_unshare))),
	MUTANT("newer-empty-mntns-clone3-copies",
	       "clone3 with CLONE_EMPTY_MNTNS copies the mount namespace",
	       BREAKS("clone-empty-mntns"),
	       PROBE("copy_mnt_ns", .entry = drop_flags, .index = 0, .value = EMPTY_MNTNS, IN_SYSCALL(__NR_clone3))),
	MUTANT("newer-open-tree-namespace-flat",
	       "open_tree with OPEN_TREE_NAMESPACE and AT_RECURSIVE copies one mount",
	       BREAKS("open-tree-namespace"),
	       PROBE(SYSCALL("open_tree"), .entry = drop_syscall_flag, .index = 2, .value = RECURSIVE)),
	MUTANT("newer-fsmount-namespace-is-mount",
	       "fsmount with FSMOUNT_NAMESPACE returns a descriptor of a mount",
	       BREAKS("fsmount-namespace"),
	       PROBE(SYSCALL("fsmount"), .entry = drop_syscall_flag, .index = 1, .value = NAMESPACE)),
	MUTANT("newer-mount-copy-keeps-mnt-files",
	       "a copy of a mount namespace has the mounts of mount namespaces' files",
	       BREAKS("mount-copy-drops-bound-mnt-files"),
	       PROBE("copy_tree", .entry = add_flags, .index = 2, .value = COPY_MNT_NS_FILE)),
	MUTANT("newer-mount-copy-keeps-by-clone",
	       "a copy of a mount namespace by clone has the mounts of mount namespaces' files",
	       BREAKS("mount-copy-drops-bound-mnt-files"),
	       PROBE("copy_tree", .entry = add_flags, .index = 2, .value = COPY_MNT_NS_FILE, IN_SYSCALL(__NR_clone))),
	MUTANT("newer-mount-copy-keeps-for-other-owner",
	       "a copy of a mount namespace that another user namespace owns has the mounts of mount namespaces' files",
	       BREAKS("mount-copy-drops-bound-mnt-files"),
	       PROBE("copy_tree", .entry = add_flags, .index = 2, .value = COPY_MNT_NS_FILE, .when = copies_for_other_owner)),
	MUTANT("newer-binfmt-misc-one-below",
	       "the formats of a user namespace's binfmt_misc hold for its children, and not for theirs",
	       BREAKS("user-mount-binfmt-misc-per-userns"),
	       PROBE("load_misc_binary", .entry = skip, .value = -ENOEXEC, .when = is_two_below)),
	MUTANT("newer-binfmt-misc-initial-only",
	       "binfmt_misc cannot be mounted in a user namespace",
	       BREAKS("user-mount-binfmt-misc-per-userns"),
	       PROBE("bm_get_tree", .entry = skip, .value = -EPERM, .when = from_below)),
	{}
};
