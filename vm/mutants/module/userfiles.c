// SPDX-License-Identifier: GPL-2.0-only
/* Lies about user namespaces: files and their ids. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "mutant.h"

/* What a function returns that returns bool: the rest of the register may be anything. */
static bool truth(const struct call *call)
{
	return (u8)call->result;
}

static bool uid_mapped(const struct inode *inode)
{
	return from_kuid(current_user_ns(), inode->i_uid) != (uid_t)-1;
}

static bool gid_mapped(const struct inode *inode)
{
	return from_kgid(current_user_ns(), inode->i_gid) != (gid_t)-1;
}

/* At the exit of capable_wrt_inode_uidgid, whose arguments are a mount's map, an inode and a capability. */

static enum deed allow_capable(struct call *call, bool inode_suffices)
{
	if (truth(call) || !inode_suffices || !ns_capable(current_user_ns(), (int)call->arg[2]))
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed capable_whatever_gid(struct call *call, const struct probe *probe)
{
	return allow_capable(call, uid_mapped((struct inode *)call->arg[1]));
}

static enum deed capable_whatever_uid(struct call *call, const struct probe *probe)
{
	return allow_capable(call, gid_mapped((struct inode *)call->arg[1]));
}

static bool about_search(const struct call *call)
{
	return (int)call->arg[2] == CAP_DAC_READ_SEARCH && S_ISDIR(((struct inode *)call->arg[1])->i_mode);
}

/* At the exit of inode_owner_or_capable, whose arguments are a mount's map and an inode. */

static enum deed fowner_whatever_uid(struct call *call, const struct probe *probe)
{
	if (truth(call) || !ns_capable(current_user_ns(), CAP_FOWNER))
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed fowner_with_gid_only(struct call *call, const struct probe *probe)
{
	struct inode *inode = (struct inode *)call->arg[1];

	if (!truth(call) || uid_eq(current_fsuid(), inode->i_uid) || gid_mapped(inode))
		return TRUTH;
	call->result = false;
	return LIE;
}

/* At the exit of cap_convert_nscap, which has stored a pointer to the new attribute where its third argument says. */

static enum deed store_root(struct call *call, const struct probe *probe)
{
	struct vfs_ns_cap_data *data = *(struct vfs_ns_cap_data **)call->arg[2];

	if ((int)call->result != sizeof(*data) || current_user_ns()->level != 1)
		return TRUTH;
	data->rootid = cpu_to_le32(probe->value);
	return LIE;
}

/* At the exit of from_kuid_munged: what the initial user namespace has. */
static enum deed untranslated(struct call *call, const struct probe *probe)
{
	if ((u32)call->result == (u32)call->arg[1])
		return TRUTH;
	call->result = (u32)call->arg[1];
	return LIE;
}

/* At the exit of make_kgid and from_kgid: the same number, where there is none. */
static enum deed mapped_after_all(struct call *call, const struct probe *probe)
{
	if ((u32)call->result != (u32)-1 || (u32)call->arg[1] == (u32)-1)
		return TRUTH;
	call->result = (u32)call->arg[1];
	return LIE;
}

const struct mutant userfiles_mutants[] = {
	MUTANT("userfiles-cap-whatever-gid",
	       "file-related capabilities act on files whose gid is not mapped",
	       BREAKS("user-file-caps-need-uid-and-gid-mapped user-file-caps-useless-on-unmapped-file"),
	       PROBE("capable_wrt_inode_uidgid", .exit = capable_whatever_gid)),
	MUTANT("userfiles-cap-whatever-uid",
	       "file-related capabilities act on files whose uid is not mapped",
	       BREAKS("user-file-caps-need-uid-and-gid-mapped user-file-caps-useless-on-unmapped-file"),
	       PROBE("capable_wrt_inode_uidgid", .exit = capable_whatever_uid)),
	MUTANT("userfiles-search-whatever-gid",
	       "CAP_DAC_READ_SEARCH lets directories be searched whose gid is not mapped",
	       BREAKS("user-file-caps-need-uid-and-gid-mapped"),
	       PROBE("capable_wrt_inode_uidgid", .exit = capable_whatever_gid, .when = about_search)),
	MUTANT("userfiles-fowner-whatever-uid",
	       "CAP_FOWNER lets the times of files be set whose uid is not mapped",
	       BREAKS("user-fowner-needs-only-uid-mapped"),
	       PROBE("inode_owner_or_capable", .exit = fowner_whatever_uid, IN_SYSCALL(__NR_utimensat))),
	MUTANT("userfiles-fowner-needs-gid",
	       "CAP_FOWNER does nothing with files whose gid is not mapped",
	       BREAKS("user-fowner-needs-only-uid-mapped user-noatime-fowner-needs-mapped-uid user-hardlink-fowner-needs-mapped-uid"),
	       PROBE("inode_owner_or_capable", .exit = fowner_with_gid_only)),
	MUTANT("userfiles-link-whatever-uid",
	       "CAP_FOWNER lets protected files be linked whose uid is not mapped",
	       BREAKS("user-hardlink-fowner-needs-mapped-uid"),
	       PROBE("inode_owner_or_capable", .exit = fowner_whatever_uid, IN_SYSCALL(__NR_linkat))),
	MUTANT("userfiles-filecap-root-of-machine",
	       "file capabilities that root of a user namespace sets are those of root of the machine",
	       BREAKS("user-filecap-v3-records-root-uid user-filecap-v2-write-converted-to-v3 user-filecap-v3-read-outside-as-v3"),
	       PROBE("cap_convert_nscap", .exit = store_root, .value = 0)),
	MUTANT("userfiles-set-gid-unmapped",
	       "set-group-ID programs whose gid is not mapped change to it all the same",
	       BREAKS("user-set-uid-program-unmapped-ignored user-set-uid-program-unmapped-gid-suffices"),
	       PROBE("from_kgid", .exit = mapped_after_all, IN_SYSCALL(__NR_execve))),
	MUTANT("userfiles-chown-unmapped-gid",
	       "files can be given to groups that are not mapped",
	       BREAKS("user-chown-to-unmapped-einval"),
	       PROBE("make_kgid", .exit = mapped_after_all, IN_SYSCALL(__NR_fchownat))),
	MUTANT("userfiles-creation-unmapped-gid",
	       "files can be created by who has no gid in the file system's user namespace",
	       BREAKS("user-file-creation-with-unmapped-ids-eoverflow"),
	       PROBE("from_kgid", .exit = mapped_after_all, IN_SYSCALL(__NR_mkdirat))),
	MUTANT("userfiles-statx-untranslated",
	       "statx shows uids as the initial user namespace has them",
	       BREAKS("user-overflow-ids-of-files"),
	       PROBE("from_kuid_munged", .exit = untranslated, IN_SYSCALL(__NR_statx))),
	MUTANT("userfiles-tkill-untranslated",
	       "signals sent by tkill have the sender's uid as the initial user namespace has it",
	       BREAKS("user-overflow-uid-in-signals"),
	       PROBE("from_kuid_munged", .exit = untranslated, IN_SYSCALL(__NR_tkill))),
	MUTANT("userfiles-waitid-untranslated",
	       "waitid shows uids as the initial user namespace has them",
	       BREAKS("user-overflow-uid-in-waitid"),
	       PROBE("from_kuid_munged", .exit = untranslated, IN_SYSCALL(__NR_waitid))),
	{}
};
