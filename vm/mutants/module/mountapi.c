// SPDX-License-Identifier: GPL-2.0-only
/* Lies about mounts by descriptor, and about what is told of them by id. */
#include <linux/cred.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "limits.h"
#include "mutant.h"

#define PRIVATE_COPY 0x10	/* CL_PRIVATE */
#define ATTACHED 0x01000000	/* FAN_MNT_ATTACH */
#define DETACHED 0x02000000	/* FAN_MNT_DETACH */

/* struct mnt_id_req */
struct wanted {
	u32 size, fd;
	u64 mount, param, ns;
};

/* struct statmount, as far as mnt_ns_id */
struct told {
	u32 size, options;
	u64 mask;
	u32 device[2];
	u64 magic;
	u32 super_flags, type;
	u64 mount, parent;
	u32 old_mount, old_parent;
	u64 attributes, propagation, peers, master, from;
};

static bool ends(const struct call *call)
{
	return current->flags & PF_EXITING;
}

static enum deed check_in_own(struct call *call, const struct probe *probe)
{
	if (call->arg[0] == (unsigned long)current_user_ns())
		return TRUTH;
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static enum deed tell_attach_alone(struct call *call, const struct probe *probe)
{
	if ((call->arg[0] & (ATTACHED | DETACHED)) != (ATTACHED | DETACHED))
		return TRUTH;
	call->arg[0] &= ~(unsigned long)DETACHED;
	return LIE;
}

static bool is_refused(const struct call *call)
{
	return !(u8)call->result;
}

static long truly(const char *name, const struct pt_regs *regs)
{
	long (*function)(const struct pt_regs *) = find_function(name);

	let_through();
	return function(regs);
}

/* Replaces statmount. */
static long tell_master_for_from(const struct pt_regs *regs)
{
	struct told __user *told = (void __user *)syscall_arg(1);
	long result = truly(SYSCALL("statmount"), regs);
	u64 master, from;

	if (result || syscall_arg(2) < sizeof(*told) || get_user(master, &told->master) || get_user(from, &told->from))
		return result;
	if (!from || !master || from == master)
		return result;
	told_a_lie();
	return put_user(master, &told->from);
}

/* Likewise. */
static long tell_no_master_of_shared(const struct pt_regs *regs)
{
	struct told __user *told = (void __user *)syscall_arg(1);
	long result = truly(SYSCALL("statmount"), regs);
	u64 master, peers;

	if (result || syscall_arg(2) < sizeof(*told) || get_user(master, &told->master) || get_user(peers, &told->peers))
		return result;
	if (!peers || !master)
		return result;
	told_a_lie();
	return put_user(0ULL, &told->master);
}

/* Replaces listmount. */
static long list_last_again(const struct pt_regs *regs)
{
	struct wanted __user *wanted = (void __user *)syscall_arg(0);
	u64 after;
	long result;

	if (syscall_arg(3) || get_user(after, &wanted->param) || !after)
		return truly(SYSCALL("listmount"), regs);
	if (put_user(after - 1, &wanted->param))
		return -EFAULT;
	told_a_lie();
	result = truly(SYSCALL("listmount"), regs);
	return put_user(after, &wanted->param) ? -EFAULT : result;
}

const struct mutant mountapi_mutants[] = {
	MUTANT("mount-tree-copied-flat",
	       "open_tree with OPEN_TREE_CLONE and AT_RECURSIVE copies one mount",
	       BREAKS("mount-open-tree-clone-detached"),
	       PROBE("__do_loopback", .entry = set_arg, .index = 1, .value = 0, IN_SYSCALL(__NR_open_tree))),
	MUTANT("mount-tree-copied-private",
	       "what open_tree copies is private, whatever the original is",
	       BREAKS("mount-move-mount-attaches-detached"),
	       PROBE("clone_mnt", .entry = add_flags, .index = 2, .value = PRIVATE_COPY, IN_SYSCALL(__NR_open_tree))),
	MUTANT("mount-tree-attached-here-alone",
	       "what move_mount attaches does not propagate",
	       BREAKS("mount-move-mount-attaches-detached"),
	       PROBE("propagate_mnt", .entry = skip, .value = 0, IN_SYSCALL(__NR_move_mount))),
	MUTANT("mount-tree-outlives-owner",
	       "a tree that is mounted nowhere does not end with the process that has its descriptor",
	       BREAKS("mount-open-tree-dissolved-on-close"),
	       PROBE("dissolve_on_fput", .entry = skip, .when = ends)),
	MUTANT("mount-tree-copied-by-any-root",
	       "open_tree with OPEN_TREE_CLONE needs CAP_SYS_ADMIN in the caller's user namespace, whoever owns the mount namespace",
	       BREAKS("mount-open-tree-clone-without-cap-eperm"),
	       PROBE("ns_capable", .entry = check_in_own, IN_SYSCALL(__NR_open_tree))),
	MUTANT("mount-created-by-any-root",
	       "fsconfig creates any file system for root of any user namespace",
	       BREAKS("mount-fsopen-fsmount-without-cap-eperm"),
	       PROBE("mount_capable", .exit = set_result, .value = true, .when = is_refused, IN_SYSCALL(__NR_fsconfig))),
	MUTANT("mount-attached-keeps-charge",
	       "a tree that has been mounted stays charged as a mount namespace",
	       BREAKS("mount-open-tree-charged-as-namespace-enospc mount-fsmount-charged-as-namespace-enospc"),
	       PROBE("dec_ucount", .entry = skip, .when = returns_mnt, IN_SYSCALL(__NR_move_mount))),
	MUTANT("mount-beneath-propagation-unchecked",
	       "MOVE_MOUNT_BENEATH does not mind to what the parent propagates",
	       BREAKS("mount-move-mount-beneath-propagating-einval"),
	       PROBE("propagation_would_overmount", .exit = set_result, .value = false, IN_SYSCALL(__NR_move_mount))),

	MUTANT("mount-stat-for-any-root",
	       "statmount tells of any mount who has CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("mount-statmount-unprivileged-on-reachable mount-statmount-other-namespace-by-id"),
	       PROBE("ns_capable_noaudit", .entry = check_in_own, IN_SYSCALL(__NR_statmount))),
	MUTANT("mount-stat-from-is-master",
	       "statmount tells the master as the peer group that a slave gets from, be it outside of the caller's root",
	       BREAKS("mount-statmount-matches-mountinfo-tags"),
	       PROBE(SYSCALL("statmount"), .replacement = tell_master_for_from)),
	MUTANT("mount-stat-no-master-of-shared",
	       "statmount tells no master of a slave that is shared, too",
	       BREAKS("mount-statmount-matches-mountinfo-tags"),
	       PROBE(SYSCALL("statmount"), .replacement = tell_no_master_of_shared)),
	MUTANT("mount-list-last-again",
	       "listmount goes on with the mount that it is given, not after it",
	       BREAKS("mount-listmount-resumes-after-id"),
	       PROBE(SYSCALL("listmount"), .replacement = list_last_again)),
	MUTANT("mount-fanotify-move-is-attach",
	       "fanotify reports a move as if the mount were new",
	       BREAKS("mount-fanotify-attach-and-detach"),
	       PROBE("fsnotify_mnt", .entry = tell_attach_alone)),
	{}
};
