// SPDX-License-Identifier: GPL-2.0-only
/* Lies about whom the files in /proc/PID belong to. */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/stat.h>
#include <linux/string.h>

#include "nsfs.h"

/* task_dump_owner(task, mode, uid, gid) sets the last two. */

#define EVERYBODYS (S_IFDIR | 0555)

static kuid_t *uid_of(struct call *call)
{
	return (kuid_t *)call->arg[2];
}

static kgid_t *gid_of(struct call *call)
{
	return (kgid_t *)call->arg[3];
}

/* Has deal change the owner of a process's file, if that is hidden from its effective ids or not. */
static enum deed deal_with(struct call *call, bool hidden, void (*deal)(struct call *call, const struct cred *theirs))
{
	enum deed deed = TRUTH;
	const struct cred *theirs;

	rcu_read_lock();
	theirs = __task_cred((struct task_struct *)call->arg[0]);
	if ((umode_t)call->arg[1] != EVERYBODYS && hidden != uid_eq(*uid_of(call), theirs->euid)) {
		deal(call, theirs);
		deed = LIE;
	}
	rcu_read_unlock();
	return deed;
}

static void to_global_root(struct call *call, const struct cred *theirs)
{
	*uid_of(call) = GLOBAL_ROOT_UID;
	*gid_of(call) = GLOBAL_ROOT_GID;
}

static void group_to_global_root(struct call *call, const struct cred *theirs)
{
	*gid_of(call) = GLOBAL_ROOT_GID;
}

static void to_effective(struct call *call, const struct cred *theirs)
{
	*uid_of(call) = theirs->euid;
	*gid_of(call) = theirs->egid;
}

static void to_real(struct call *call, const struct cred *theirs)
{
	*uid_of(call) = theirs->uid;
	*gid_of(call) = theirs->gid;
}

static void group_to_saved(struct call *call, const struct cred *theirs)
{
	*gid_of(call) = theirs->sgid;
}

static void to_fsids(struct call *call, const struct cred *theirs)
{
	*uid_of(call) = theirs->fsuid;
	*gid_of(call) = theirs->fsgid;
}

/* The id 0 of the process's own user namespace, as far as it is mapped. */
static void to_root_of_userns(struct call *call, const struct cred *theirs)
{
	kuid_t uid = make_kuid(theirs->user_ns, 0);
	kgid_t gid = make_kgid(theirs->user_ns, 0);

	if (uid_valid(uid))
		*uid_of(call) = uid;
	if (gid_valid(gid))
		*gid_of(call) = gid;
}

#define DEAL(NAME, HIDDEN, HOW) \
	static enum deed NAME(struct call *call, const struct probe *probe) \
	{ \
		return deal_with(call, HIDDEN, HOW); \
	}

DEAL(hide_from_userns, true, to_global_root)
DEAL(hide_from_group, true, group_to_global_root)
DEAL(do_not_hide, true, to_effective)
DEAL(hide_for_current_userns, true, to_root_of_userns)
DEAL(give_to_real, false, to_real)
DEAL(give_to_saved_group, false, group_to_saved)
DEAL(give_to_fsids, false, to_fsids)
DEAL(give_to_root_of_userns, false, to_root_of_userns)

/* pid_revalidate, which newer kernels give the directory and the name first, brings a cached file's owner up to date. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define REVALIDATED 0
#else
#define REVALIDATED 2
#endif

static bool is_roots_comm(const struct call *call)
{
	const struct dentry *entry = (const struct dentry *)call->arg[REVALIDATED];
	const struct inode *inode = READ_ONCE(entry->d_inode);

	return inode && uid_eq(inode->i_uid, GLOBAL_ROOT_UID) && !strcmp(entry->d_name.name, "comm");
}

const struct mutant procfiles_mutants[] = {
	MUTANT("procpid-hidden-owner-is-global-root",
	       "the files of a non-dumpable process belong to global root, whatever user namespace it called execve in",
	       BREAKS("procpid-owner-non-dumpable-in-userns"),
	       PROBE("task_dump_owner", .exit = hide_from_userns)),
	MUTANT("procpid-hidden-group-is-global-root",
	       "the files of a non-dumpable process have global root's group, whatever user namespace it called execve in",
	       BREAKS("procpid-owner-non-dumpable-in-userns"),
	       PROBE("task_dump_owner", .exit = hide_from_group)),
	MUTANT("procpid-hidden-owner-is-effective",
	       "the files of a non-dumpable process belong to its effective ids",
	       BREAKS("procpid-owner-non-dumpable-in-userns"),
	       PROBE("task_dump_owner", .exit = do_not_hide)),
	MUTANT("procpid-hidden-owner-by-current-userns",
	       "the files of a non-dumpable process belong to root of its user namespace, not of that of its last execve",
	       BREAKS("procpid-owner-non-dumpable-in-userns"),
	       PROBE("task_dump_owner", .exit = hide_for_current_userns)),
	MUTANT("procpid-owner-is-real",
	       "the files of a dumpable process belong to its real ids",
	       BREAKS("procpid-owner-dumpable-effective-ids procpid-owner-dumpable-again"),
	       PROBE("task_dump_owner", .exit = give_to_real)),
	MUTANT("procpid-group-is-saved",
	       "the files of a dumpable process have its saved gid",
	       BREAKS("procpid-owner-dumpable-effective-ids procpid-owner-dumpable-again"),
	       PROBE("task_dump_owner", .exit = give_to_saved_group)),
	MUTANT("procpid-owner-is-for-file-system",
	       "the files of a dumpable process belong to its ids for the file system",
	       BREAKS("procpid-owner-dumpable-effective-ids procpid-owner-dumpable-again"),
	       PROBE("task_dump_owner", .exit = give_to_fsids)),
	MUTANT("procpid-owner-is-root-of-userns",
	       "the files of a dumpable process belong to root of its user namespace",
	       BREAKS("procpid-owner-dumpable-effective-ids procpid-owner-dumpable-again"),
	       PROBE("task_dump_owner", .exit = give_to_root_of_userns)),
	MUTANT("procpid-access-not-given-back",
	       "who may open a file is not decided anew when its process has become dumpable again",
	       BREAKS("procpid-owner-dumpable-again"),
	       PROBE("pid_revalidate", .entry = skip, .value = 1, .when = is_roots_comm)),
	{}
};
