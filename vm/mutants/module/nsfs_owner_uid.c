// SPDX-License-Identifier: GPL-2.0-only
/* Lies about nsfs: NS_GET_OWNER_UID. */
#include <linux/errno.h>
#include <linux/highuid.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>

#include "nsfs.h"

static bool asks_uid(const struct call *call)
{
	return request_of(call) == NS_GET_OWNER_UID && kind_of(asked(call)) == CLONE_NEWUSER;
}

static bool asks_uid_of_pid(const struct call *call)
{
	return request_of(call) == NS_GET_OWNER_UID && kind_of(asked(call)) == CLONE_NEWPID;
}

static bool asks_uid_of_other(const struct call *call)
{
	return request_of(call) == NS_GET_OWNER_UID && kind_of(asked(call)) != CLONE_NEWUSER;
}

/* What follows replaces ns_ioctl. */

static struct user_namespace *user_behind(struct file *file)
{
	return container_of(get_proc_ns(file_inode(file)), struct user_namespace, ns);
}

static long store(uid_t uid, unsigned long arg)
{
	told_a_lie();
	return put_user(uid, (uid_t __user *)arg);
}

static long uid_as_mapped_initially(struct file *file, unsigned int request, unsigned long arg)
{
	return store(from_kuid_munged(&init_user_ns, user_behind(file)->owner), arg);
}

static long uid_as_mapped_inside(struct file *file, unsigned int request, unsigned long arg)
{
	return store(from_kuid_munged(user_behind(file), user_behind(file)->owner), arg);
}

static long uid_as_mapped_for_opener(struct file *file, unsigned int request, unsigned long arg)
{
	return store(from_kuid_munged(file->f_cred->user_ns, user_behind(file)->owner), arg);
}

/* As the user namespace right below the initial one maps it that the caller is in or below. */
static long uid_as_mapped_on_top(struct file *file, unsigned int request, unsigned long arg)
{
	struct user_namespace *top = current_user_ns();

	while (top->level > 1)
		top = top->parent;
	return store(from_kuid_munged(top, user_behind(file)->owner), arg);
}

static long uid_of_caller(struct file *file, unsigned int request, unsigned long arg)
{
	return store(from_kuid_munged(current_user_ns(), current_euid()), arg);
}

static long uid_or_minus_one(struct file *file, unsigned int request, unsigned long arg)
{
	return store(from_kuid(current_user_ns(), user_behind(file)->owner), arg);
}

static long uid_or_65534(struct file *file, unsigned int request, unsigned long arg)
{
	uid_t uid = from_kuid(current_user_ns(), user_behind(file)->owner);

	return store(uid == (uid_t)-1 ? DEFAULT_OVERFLOWUID : uid, arg);
}

static long uid_of_its_owner(struct file *file, unsigned int request, unsigned long arg)
{
	struct user_namespace *owner = owner_of(get_proc_ns(file_inode(file)));

	return store(from_kuid_munged(current_user_ns(), owner->owner), arg);
}

static long refuse_but_store(struct file *file, unsigned int request, unsigned long arg)
{
	store(0, arg);
	return -EINVAL;
}

/* At the exit of create_user_ns, whose argument are the creator's new credentials. */

static enum deed own_by_real_uid(struct call *call, const struct probe *probe)
{
	struct cred *cred = (struct cred *)call->arg[0];

	if ((int)call->result)
		return TRUTH;
	cred->user_ns->owner = cred->uid;
	return LIE;
}

static enum deed own_by_fsuid(struct call *call, const struct probe *probe)
{
	struct cred *cred = (struct cred *)call->arg[0];

	if ((int)call->result)
		return TRUTH;
	cred->user_ns->owner = cred->fsuid;
	return LIE;
}

const struct mutant nsfs_owner_uid_mutants[] = {
	MUTANT("nsfs-owner-uid-untranslated",
	       "NS_GET_OWNER_UID stores the uid as the initial user namespace knows it",
	       BREAKS("nsfs-owner-uid-is-creators-euid nsfs-owner-uid-unmapped-overflow"),
	       PROBE("ns_ioctl", .replacement = uid_as_mapped_initially, .when = asks_uid)),
	MUTANT("nsfs-owner-uid-mapped-inside",
	       "NS_GET_OWNER_UID stores the uid as the user namespace itself maps it",
	       BREAKS("nsfs-owner-uid-is-creators-euid nsfs-owner-uid-unmapped-overflow"),
	       PROBE("ns_ioctl", .replacement = uid_as_mapped_inside, .when = asks_uid)),
	MUTANT("nsfs-owner-uid-mapped-for-opener",
	       "NS_GET_OWNER_UID stores the uid as mapped for whoever opened the descriptor",
	       BREAKS("nsfs-owner-uid-is-creators-euid nsfs-owner-uid-unmapped-overflow"),
	       PROBE("ns_ioctl", .replacement = uid_as_mapped_for_opener, .when = asks_uid)),
	MUTANT("nsfs-owner-uid-mapped-once",
	       "NS_GET_OWNER_UID stores the uid as translated by one map, however many lie between",
	       BREAKS("nsfs-owner-uid-is-creators-euid nsfs-owner-uid-unmapped-overflow"),
	       PROBE("ns_ioctl", .replacement = uid_as_mapped_on_top, .when = asks_uid)),
	MUTANT("nsfs-owner-uid-is-callers",
	       "NS_GET_OWNER_UID stores the caller's effective uid",
	       BREAKS("nsfs-owner-uid-is-creators-euid"),
	       PROBE("ns_ioctl", .replacement = uid_of_caller, .when = asks_uid)),
	MUTANT("nsfs-owner-uid-unmapped-minus-one",
	       "NS_GET_OWNER_UID stores -1 for an owner without a mapping",
	       BREAKS("nsfs-owner-uid-unmapped-overflow"),
	       PROBE("ns_ioctl", .replacement = uid_or_minus_one, .when = asks_uid)),
	MUTANT("nsfs-owner-uid-unmapped-65534",
	       "NS_GET_OWNER_UID stores 65534 for an owner without a mapping, whatever the overflow uid is",
	       BREAKS("nsfs-owner-uid-unmapped-overflow"),
	       PROBE("ns_ioctl", .replacement = uid_or_65534, .when = asks_uid)),
	MUTANT("nsfs-owner-uid-of-clone-is-real",
	       "the real uid of whoever makes a user namespace by clone owns it",
	       BREAKS("nsfs-owner-uid-is-creators-euid"),
	       PROBE("create_user_ns", .exit = own_by_real_uid, IN_SYSCALL(__NR_clone, __NR_clone3))),
	MUTANT("nsfs-owner-uid-of-unshare-is-fsuid",
	       "the file system uid of whoever makes a user namespace by unshare owns it",
	       BREAKS("nsfs-owner-uid-is-creators-euid"),
	       PROBE("create_user_ns", .exit = own_by_fsuid, IN_SYSCALL(__NR_unshare))),
	MUTANT("nsfs-owner-uid-of-pid-stored",
	       "NS_GET_OWNER_UID on a PID namespace stores the uid of the owner of its user namespace",
	       BREAKS("nsfs-owner-uid-of-non-user-einval"),
	       PROBE("ns_ioctl", .replacement = uid_of_its_owner, .when = asks_uid_of_pid)),
	MUTANT("nsfs-owner-uid-refused-yet-stored",
	       "NS_GET_OWNER_UID on a namespace that is not a user namespace fails, and stores 0",
	       BREAKS("nsfs-owner-uid-of-non-user-einval"),
	       PROBE("ns_ioctl", .replacement = refuse_but_store, .when = asks_uid_of_other)),
	MUTANT("nsfs-owner-uid-of-non-user-enotty",
	       "NS_GET_OWNER_UID on a namespace that is not a user namespace fails with ENOTTY",
	       BREAKS("nsfs-owner-uid-of-non-user-einval"),
	       PROBE("ns_ioctl", .entry = skip, .value = -ENOTTY, .when = asks_uid_of_other)),
	{}
};
