// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what a name of a UTS namespace becomes, and what its sysctl shows and sets. */
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/nsproxy.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>

#include "mutant.h"

static long true_setdomainname(const struct pt_regs *regs)
{
	static long (*function)(const struct pt_regs *);

	if (!function)
		function = find_function(SYSCALL("setdomainname"));
	let_through();
	return function(regs);
}

static long setdomainname_keeping_tail(const struct pt_regs *regs)
{
	char before[__NEW_UTS_LEN + 1];
	size_t length = syscall_arg(1);
	long result;

	memcpy(before, utsname()->domainname, sizeof(before));
	result = true_setdomainname(regs);
	if (!result && length < strlen(before)) {
		memcpy(utsname()->domainname + length, before + length, sizeof(before) - length);
		told_a_lie();
	}
	return result;
}

/* A name is stored byte by byte, until one cannot be read. */
static long setdomainname_bytewise(const struct pt_regs *regs)
{
	const char __user *name = (const char __user *)syscall_arg(0);
	long result = true_setdomainname(regs);
	char byte;
	int i;

	if (result != -EFAULT)
		return result;
	for (i = 0; i < (int)syscall_arg(1) && !get_user(byte, name + i); i++) {
		told_a_lie();
		utsname()->domainname[i] = byte;
	}
	return result;
}

static enum deed set_domainname_too(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	memcpy(utsname()->domainname, utsname()->nodename, sizeof(utsname()->domainname));
	return LIE;
}

static enum deed clear_high_bits(struct call *call, const struct probe *probe)
{
	enum deed deed = TRUTH;
	char *c;

	for (c = utsname()->nodename; !call->result && *c; c++) {
		if (!(*c & 0x80))
			continue;
		*c &= 0x7f;
		deed = LIE;
	}
	return deed;
}

static int (*do_uts_string)(struct ctl_table *, int, void *, size_t *, loff_t *);

static int true_sysctl(struct ctl_table *table, int write, void *buffer, size_t *length, loff_t *position)
{
	if (!do_uts_string)
		do_uts_string = find_function("proc_do_uts_string");
	let_through();
	return do_uts_string(table, write, buffer, length, position);
}

static bool domainname_is_read(const struct call *call)
{
	const struct ctl_table *table = (const struct ctl_table *)call->arg[0];

	return !call->arg[1] && !strcmp(table->procname, "domainname");
}

static int read_cut(struct ctl_table *table, int write, void *buffer, size_t *length, loff_t *position)
{
	struct ctl_table changed = *table;

	if (strnlen(utsname()->domainname, __NEW_UTS_LEN) == __NEW_UTS_LEN) {
		changed.maxlen = __NEW_UTS_LEN - 1;
		told_a_lie();
	}
	return true_sysctl(&changed, write, buffer, length, position);
}

/* Of another namespace than the caller's: the function adds what is taken away here. */
static int sysctl_of(struct uts_namespace *ns, struct ctl_table *table, int write, void *buffer, size_t *length, loff_t *position)
{
	struct ctl_table changed = *table;

	changed.data += (char *)ns - (char *)current->nsproxy->uts_ns;
	told_a_lie();
	return true_sysctl(&changed, write, buffer, length, position);
}

static bool is_read_without_privilege(const struct call *call)
{
	return !call->arg[1] && !uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

static int read_initial(struct ctl_table *table, int write, void *buffer, size_t *length, loff_t *position)
{
	return sysctl_of(&init_uts_ns, table, write, buffer, length, position);
}

/* Where a file of /proc/sys has been opened last; kept for ever. */
static struct uts_namespace *opener;

static enum deed remember_opener(struct call *call, const struct probe *probe)
{
	opener = current->nsproxy->uts_ns;
	get_uts_ns(opener);
	return TRUTH;
}

static bool is_written_elsewhere(const struct call *call)
{
	return call->arg[1] && opener && opener != current->nsproxy->uts_ns;
}

static int write_openers(struct ctl_table *table, int write, void *buffer, size_t *length, loff_t *position)
{
	return sysctl_of(opener, table, write, buffer, length, position);
}

const struct mutant uts_values_mutants[] = {
	MUTANT("uts-setdomainname-keeps-tail",
	       "what a longer domain name had at its end stays behind a shorter one",
	       BREAKS("uts-domainname-per-namespace"),
	       PROBE(SYSCALL("setdomainname"), .replacement = setdomainname_keeping_tail)),
	MUTANT("uts-setdomainname-stores-up-to-fault",
	       "setdomainname with a name that ends in memory which is not there fails with EFAULT and stores its beginning",
	       BREAKS("uts-setdomainname-efault"),
	       PROBE(SYSCALL("setdomainname"), .replacement = setdomainname_bytewise)),
	MUTANT("uts-sethostname-sets-domainname-too",
	       "sethostname sets the domain name, too",
	       BREAKS("uts-hostname-per-namespace uts-domainname-per-namespace"),
	       PROBE(SYSCALL("sethostname"), .exit = set_domainname_too)),
	MUTANT("uts-sethostname-takes-seven-bits",
	       "sethostname takes seven bits of every byte",
	       BREAKS("uts-sethostname-needs-no-nul"),
	       PROBE(SYSCALL("sethostname"), .exit = clear_high_bits)),
	MUTANT("uts-sysctl-cuts-domainname",
	       "/proc/sys/kernel/domainname shows 63 bytes of the name at most",
	       BREAKS("uts-sysctl-shows-readers-names"),
	       PROBE("proc_do_uts_string", .replacement = read_cut, .when = domainname_is_read)),
	MUTANT("uts-sysctl-shows-initial-to-others",
	       "/proc/sys/kernel/hostname and domainname show those of the initial UTS namespace to all but global root",
	       BREAKS("uts-sysctl-shows-readers-names"),
	       PROBE("proc_do_uts_string", .replacement = read_initial, .when = is_read_without_privilege)),
	MUTANT("uts-sysctl-sets-openers-names",
	       "what is written to /proc/sys/kernel/hostname or domainname sets the name where the file was opened",
	       BREAKS("uts-sysctl-write-sets-writers-names"),
	       PROBE("proc_sys_open", .entry = remember_opener),
	       PROBE("proc_do_uts_string", .replacement = write_openers, .when = is_written_elsewhere)),
	{}
};
