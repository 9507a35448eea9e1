// SPDX-License-Identifier: GPL-2.0-only
/* Lies of the calls and files that show and set the names of a UTS namespace. */
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/nsproxy.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>

#include "mutant.h"

static enum deed ask_callers_userns(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

static bool by_global_root(const struct call *call)
{
	return uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

static bool by_uid_of_others(const struct call *call)
{
	return !uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

static bool in_inner_userns(const struct call *call)
{
	return current_user_ns() != &init_user_ns;
}

/* Empties a name though the call that should set it is refused so. */
static enum deed empty_hostname(struct call *call, const struct probe *probe)
{
	if (call->result != probe->instead_of)
		return TRUTH;
	memset(utsname()->nodename, 0, sizeof(utsname()->nodename));
	return LIE;
}

static enum deed empty_domainname(struct call *call, const struct probe *probe)
{
	if (call->result != probe->instead_of)
		return TRUTH;
	memset(utsname()->domainname, 0, sizeof(utsname()->domainname));
	return LIE;
}

static bool length_is_greatest(const struct call *call)
{
	return (int)syscall_arg(1) == __NEW_UTS_LEN;
}

static bool length_is_negative(const struct call *call)
{
	return (int)syscall_arg(1) < 0;
}

typedef long (*syscall_function)(const struct pt_regs *);

static long true_call(const char *name, const struct pt_regs *regs)
{
	static syscall_function function;

	if (!function)
		function = find_function(name);
	let_through();
	return function(regs);
}

static long sethostname_of(const struct pt_regs *regs, unsigned long length)
{
	struct pt_regs changed = *regs;

#if defined(CONFIG_X86_64)
	changed.si = length;
#elif defined(CONFIG_ARM64)
	changed.regs[1] = length;
#endif
	told_a_lie();
	return true_call(SYSCALL("sethostname"), &changed);
}

static long sethostname_cutting(const struct pt_regs *regs)
{
	return sethostname_of(regs, __NEW_UTS_LEN);
}

static bool length_is_one_too_great(const struct call *call)
{
	return (int)syscall_arg(1) == __NEW_UTS_LEN + 1;
}

static long sethostname_of_one_more(const struct pt_regs *regs)
{
	return sethostname_of(regs, syscall_arg(1) + 1);
}

static bool length_may_grow(const struct call *call)
{
	int length = syscall_arg(1);

	return length > 0 && length < __NEW_UTS_LEN;
}

static long sethostname_keeping_tail(const struct pt_regs *regs)
{
	char before[__NEW_UTS_LEN + 1];
	size_t length = syscall_arg(1);
	long result;

	memcpy(before, utsname()->nodename, sizeof(before));
	result = true_call(SYSCALL("sethostname"), regs);
	if (!result && length < strlen(before)) {
		memcpy(utsname()->nodename + length, before + length, sizeof(before) - length);
		told_a_lie();
	}
	return result;
}

static long uname_cutting_domainname(const struct pt_regs *regs)
{
	struct new_utsname __user *name = (void __user *)syscall_arg(0);
	long result = true_call(SYSCALL("newuname"), regs);

	if (!result) {
		told_a_lie();
		result = put_user(0, &name->domainname[__NEW_UTS_LEN - 1]);
	}
	return result;
}

static long uname_with_initial_hostname(const struct pt_regs *regs)
{
	struct new_utsname __user *name = (void __user *)syscall_arg(0);
	long result = true_call(SYSCALL("newuname"), regs);

	if (!result) {
		told_a_lie();
		if (copy_to_user(name->nodename, init_uts_ns.name.nodename, sizeof(name->nodename)))
			result = -EFAULT;
	}
	return result;
}

/* Who has set a hostname last, and where. */
static struct task_struct *setter;
static struct uts_namespace *set_in;

static enum deed remember_setter(struct call *call, const struct probe *probe)
{
	if (!call->result && utsname() != &init_uts_ns.name) {
		WRITE_ONCE(setter, current);
		WRITE_ONCE(set_in, current->nsproxy->uts_ns);
	}
	return TRUTH;
}

static bool by_other_member(const struct call *call)
{
	return current->nsproxy && current->nsproxy->uts_ns == READ_ONCE(set_in) && current != READ_ONCE(setter);
}

/* Reads or writes the initial namespace's name: the function adds what is taken away here. */
static int initial_sysctl(struct ctl_table *table, int write, void *buffer, size_t *length, loff_t *position)
{
	static int (*function)(struct ctl_table *, int, void *, size_t *, loff_t *);
	struct ctl_table changed = *table;

	if (!function)
		function = find_function("proc_do_uts_string");
	changed.data += (char *)&init_uts_ns - (char *)current->nsproxy->uts_ns;
	told_a_lie();
	let_through();
	return function(&changed, write, buffer, length, position);
}

static bool domainname_is_read(const struct call *call)
{
	const struct ctl_table *table = (const struct ctl_table *)call->arg[0];

	return !call->arg[1] && !strcmp(table->procname, "domainname");
}

static bool hostname_is_written(const struct call *call)
{
	const struct ctl_table *table = (const struct ctl_table *)call->arg[0];

	return call->arg[1] && !strcmp(table->procname, "hostname");
}

const struct mutant uts_names_mutants[] = {
	MUTANT("uts-uname-cuts-domainname",
	       "uname shows 63 bytes of the domain name at most",
	       BREAKS("uts-domainname-per-namespace"),
	       PROBE(SYSCALL("newuname"), .replacement = uname_cutting_domainname)),
	MUTANT("uts-uname-initial-hostname-to-others",
	       "uname shows the hostname of the initial UTS namespace to all but root",
	       BREAKS("uts-hostname-per-namespace"),
	       PROBE(SYSCALL("newuname"), .replacement = uname_with_initial_hostname, .when = by_uid_of_others)),
	MUTANT("uts-uname-initial-hostname-in-inner-userns",
	       "uname shows the hostname of the initial UTS namespace to members in an inner user namespace",
	       BREAKS("uts-hostname-per-namespace"),
	       PROBE(SYSCALL("newuname"), .replacement = uname_with_initial_hostname, .when = in_inner_userns)),
	MUTANT("uts-hostname-shows-to-its-setter-only",
	       "a hostname shows to the process that has set it, to other members that of the initial UTS namespace",
	       BREAKS("ns-change-visible-to-members uts-hostname-per-namespace"),
	       PROBE(SYSCALL("sethostname"), .exit = remember_setter),
	       PROBE(SYSCALL("newuname"), .replacement = uname_with_initial_hostname, .when = by_other_member)),

	MUTANT("uts-sethostname-eperm-is-eacces",
	       "sethostname without privilege fails with EACCES",
	       BREAKS("uts-sethostname-cap-in-owner"),
	       PROBE(SYSCALL("sethostname"), .exit = swap_result, .instead_of = -EPERM, .value = -EACCES)),
	MUTANT("uts-sethostname-cap-in-callers-userns",
	       "sethostname asks for CAP_SYS_ADMIN in the caller's user namespace, not in that which owns the UTS namespace",
	       BREAKS("uts-sethostname-cap-in-owner uts-sethostname-parent-uts-eperm"),
	       PROBE("ns_capable", .entry = ask_callers_userns, IN_SYSCALL(__NR_sethostname))),
	MUTANT("uts-setdomainname-root-needs-no-cap",
	       "setdomainname lets uid 0 pass without CAP_SYS_ADMIN",
	       BREAKS("uts-setdomainname-cap-in-owner"),
	       PROBE("ns_capable", .entry = skip, .value = true, .when = by_global_root, IN_SYSCALL(__NR_setdomainname))),
	MUTANT("uts-refused-sethostname-empties",
	       "sethostname by root of an inner user namespace fails with EPERM and empties the hostname",
	       BREAKS("uts-sethostname-cap-in-owner uts-sethostname-parent-uts-eperm"),
	       PROBE(SYSCALL("sethostname"), .exit = empty_hostname, .instead_of = -EPERM, .when = in_inner_userns)),

	MUTANT("uts-sethostname-accepts-65",
	       "sethostname takes a length of 65 for 64",
	       BREAKS("uts-sethostname-length-einval"),
	       PROBE(SYSCALL("sethostname"), .replacement = sethostname_cutting, .when = length_is_one_too_great)),
	MUTANT("uts-setdomainname-refuses-64",
	       "setdomainname fails with EINVAL for a name of 64 bytes",
	       BREAKS("uts-setdomainname-length-einval"),
	       PROBE(SYSCALL("setdomainname"), .entry = skip, .value = -EINVAL, .when = length_is_greatest)),
	MUTANT("uts-setdomainname-negative-empties",
	       "setdomainname with a negative length fails with EINVAL and empties the domain name",
	       BREAKS("uts-setdomainname-length-einval"),
	       PROBE(SYSCALL("setdomainname"), .exit = empty_domainname, .instead_of = -EINVAL, .when = length_is_negative)),
	MUTANT("uts-sethostname-bad-pointer-succeeds",
	       "sethostname with a bad pointer succeeds and changes nothing",
	       BREAKS("uts-sethostname-efault"),
	       PROBE(SYSCALL("sethostname"), .exit = swap_result, .instead_of = -EFAULT)),
	MUTANT("uts-setdomainname-bad-pointer-empties",
	       "setdomainname with a bad pointer fails with EFAULT and empties the domain name",
	       BREAKS("uts-setdomainname-efault"),
	       PROBE(SYSCALL("setdomainname"), .exit = empty_domainname, .instead_of = -EFAULT)),
	MUTANT("uts-sethostname-takes-one-more",
	       "sethostname takes one byte more than it is told",
	       BREAKS("uts-sethostname-needs-no-nul"),
	       PROBE(SYSCALL("sethostname"), .replacement = sethostname_of_one_more, .when = length_may_grow)),
	MUTANT("uts-sethostname-keeps-tail",
	       "what a longer hostname had at its end stays behind a shorter one",
	       BREAKS("uts-sethostname-needs-no-nul"),
	       PROBE(SYSCALL("sethostname"), .replacement = sethostname_keeping_tail)),

	MUTANT("uts-sysctl-shows-initial-domainname",
	       "/proc/sys/kernel/domainname shows the domain name of the initial UTS namespace",
	       BREAKS("uts-sysctl-shows-readers-names"),
	       PROBE("proc_do_uts_string", .replacement = initial_sysctl, .when = domainname_is_read)),
	MUTANT("uts-sysctl-sets-initial-hostname",
	       "what is written to /proc/sys/kernel/hostname becomes the hostname of the initial UTS namespace",
	       BREAKS("uts-sysctl-write-sets-writers-names"),
	       PROBE("proc_do_uts_string", .replacement = initial_sysctl, .when = hostname_is_written)),
	MUTANT("uts-sysctl-opens-for-inner-root",
	       "root of an inner user namespace may open for writing what only global root may in /proc/sys, hostname and domainname too",
	       BREAKS("uts-sysctl-userns-root-eacces"),
	       PROBE("proc_sys_permission", .exit = swap_result, .instead_of = -EACCES, .when = in_inner_userns)),
	{}
};
