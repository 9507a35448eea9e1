// SPDX-License-Identifier: GPL-2.0-only
/* Lies about new UTS namespaces, and about which names change. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/nsproxy.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "mutant.h"

/* What copy_utsname has made; NULL where it shares or refuses. */
static struct uts_namespace *copied(const struct call *call)
{
	bool made = call->arg[0] & CLONE_NEWUTS && !IS_ERR_VALUE(call->result);

	return made ? (struct uts_namespace *)call->result : NULL;
}

static bool makes_copy(const struct call *call)
{
	return call->arg[0] & CLONE_NEWUTS;
}

static bool has_copied(const struct call *call)
{
	return copied(call);
}

static enum deed copy_initial(struct call *call, const struct probe *probe)
{
	call->arg[2] = (unsigned long)&init_uts_ns;
	return LIE;
}

static bool makes_copy_for_new_userns(const struct call *call)
{
	return makes_copy(call) && call->arg[0] & CLONE_NEWUSER;
}

static enum deed lose_domainname(struct call *call, const struct probe *probe)
{
	memset(copied(call)->name.domainname, 0, __NEW_UTS_LEN);
	return LIE;
}

static enum deed cut_hostname(struct call *call, const struct probe *probe)
{
	copied(call)->name.nodename[__NEW_UTS_LEN - 1] = 0;
	return LIE;
}

static enum deed change_version(struct call *call, const struct probe *probe)
{
	copied(call)->name.version[0] = '?';
	return LIE;
}

/* The latest copy, and what it is a copy of; both are kept for ever. */
static struct uts_namespace *latest, *original;

static enum deed remember_copy(struct call *call, const struct probe *probe)
{
	latest = copied(call);
	original = (struct uts_namespace *)call->arg[2];
	get_uts_ns(latest);
	get_uts_ns(original);
	return TRUTH;
}

static enum deed copy_again(struct call *call, const struct probe *probe)
{
	if (call->result || current->nsproxy->uts_ns != original)
		return TRUTH;
	memcpy(latest->name.nodename, utsname()->nodename, sizeof(utsname()->nodename));
	return LIE;
}

/* Only where the original is itself a copy. */
static enum deed set_in_original(struct call *call, const struct probe *probe)
{
	if (call->result || !latest || current->nsproxy->uts_ns != latest || original == &init_uts_ns)
		return TRUTH;
	memcpy(original->name.nodename, utsname()->nodename, sizeof(utsname()->nodename));
	return LIE;
}

static enum deed change_release(struct call *call, const struct probe *probe)
{
	if (!(call->arg[0] & CLONE_NEWUSER))
		return TRUTH;
	copied(call)->name.release[0] = '?';
	return LIE;
}

static bool joins_by_pidfd(const struct call *call)
{
	struct file *file = fget(syscall_arg(0));
	bool by_pidfd;

	if (!file)
		return false;
	by_pidfd = file_inode(file)->i_sb->s_magic != NSFS_MAGIC;
	fput(file);
	return by_pidfd;
}

static enum deed set_initial_domainname(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	memcpy(init_uts_ns.name.domainname, utsname()->domainname, sizeof(utsname()->domainname));
	return LIE;
}

const struct mutant uts_mutants[] = {
	MUTANT("uts-unshare-shares",
	       "unshare and clone with CLONE_NEWUTS go on sharing the UTS namespace",
	       BREAKS("uts-clone-copies-names uts-change-invisible-elsewhere uts-copy-independent-of-creator"),
	       PROBE("copy_utsname", .entry = drop_flags, .value = CLONE_NEWUTS)),
	MUTANT("uts-copies-initial",
	       "a new UTS namespace starts with the names of the initial one, not of its creator's",
	       BREAKS("uts-clone-copies-names uts-unshare-copies-names"),
	       PROBE("copy_utsname", .entry = copy_initial, .when = makes_copy)),
	MUTANT("uts-copies-initial-for-new-userns",
	       "a UTS namespace made together with a user namespace starts with the names of the initial one",
	       BREAKS("uts-clone-copies-names uts-unshare-copies-names"),
	       PROBE("copy_utsname", .entry = copy_initial, .when = makes_copy_for_new_userns)),
	MUTANT("uts-clone3-loses-domainname",
	       "a UTS namespace made by clone3 starts with an empty domain name",
	       BREAKS("uts-clone-copies-names"),
	       PROBE("copy_utsname", .exit = lose_domainname, .when = has_copied, IN_SYSCALL(__NR_clone3))),
	MUTANT("uts-unshare-cuts-hostname",
	       "unshare copies 63 bytes of the hostname at most",
	       BREAKS("uts-unshare-copies-names"),
	       PROBE("copy_utsname", .exit = cut_hostname, .when = has_copied, IN_SYSCALL(__NR_unshare))),
	MUTANT("uts-unshare-changes-version",
	       "uname reports another version of the kernel in a UTS namespace made by unshare",
	       BREAKS("uts-release-and-machine-shared"),
	       PROBE("copy_utsname", .exit = change_version, .when = has_copied, IN_SYSCALL(__NR_unshare))),
	MUTANT("uts-release-differs-for-new-userns",
	       "uname reports another release in a UTS namespace made together with a user namespace",
	       BREAKS("uts-release-and-machine-shared"),
	       PROBE("copy_utsname", .exit = change_release, .when = has_copied)),
	MUTANT("uts-copy-follows-creator",
	       "a hostname set in a UTS namespace is also set in the latest copy of that namespace",
	       BREAKS("uts-copy-independent-of-creator uts-change-invisible-elsewhere"),
	       PROBE("copy_utsname", .exit = remember_copy, .when = has_copied),
	       PROBE(SYSCALL("sethostname"), .exit = copy_again)),
	MUTANT("uts-setdomainname-reaches-initial",
	       "setdomainname also sets the domain name of the initial UTS namespace",
	       BREAKS("uts-change-invisible-elsewhere"),
	       PROBE(SYSCALL("setdomainname"), .exit = set_initial_domainname)),
	MUTANT("uts-copy-of-copy-sets-original",
	       "a hostname set in the latest copy of a UTS namespace that is a copy itself is also set in that",
	       BREAKS("uts-change-invisible-elsewhere"),
	       PROBE("copy_utsname", .exit = remember_copy, .when = has_copied),
	       PROBE(SYSCALL("sethostname"), .exit = set_in_original)),
	MUTANT("uts-setns-by-pidfd-does-nothing",
	       "setns to the UTS namespace of a process, by its pidfd, succeeds and changes nothing",
	       BREAKS("uts-hostname-per-namespace uts-domainname-per-namespace"),
	       PROBE("utsns_install", .entry = skip, .when = joins_by_pidfd, IN_SYSCALL(__NR_setns))),
	MUTANT("uts-setns-does-nothing",
	       "setns to a UTS namespace succeeds and changes nothing",
	       BREAKS("uts-change-invisible-elsewhere"),
	       PROBE("utsns_install", .entry = skip)),
	{}
};
