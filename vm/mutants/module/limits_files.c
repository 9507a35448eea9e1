// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the files of limits, in /proc/sys/user. */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/user_namespace.h>

#include "mutant.h"

typedef typeof(init_user_ns.ucount_max[0]) limit_t;

static const char *const names[] = {
	[UCOUNT_USER_NAMESPACES] = "max_user_namespaces",
	[UCOUNT_PID_NAMESPACES] = "max_pid_namespaces",
	[UCOUNT_UTS_NAMESPACES] = "max_uts_namespaces",
	[UCOUNT_IPC_NAMESPACES] = "max_ipc_namespaces",
	[UCOUNT_NET_NAMESPACES] = "max_net_namespaces",
	[UCOUNT_MNT_NAMESPACES] = "max_mnt_namespaces",
	[UCOUNT_CGROUP_NAMESPACES] = "max_cgroup_namespaces",
	[UCOUNT_TIME_NAMESPACES] = "max_time_namespaces",
};

/*
 * The kind whose limit a table has, or -1. A table is the first argument of what
 * reads and writes its file: proc_dointvec_minmax before Linux 5.14. The second
 * says whether to write.
 */
static int kind_of(const struct ctl_table *table)
{
	int kind;

	for (kind = 0; kind < ARRAY_SIZE(names); kind++)
		if (!strcmp(table->procname, names[kind]))
			return kind;
	return -1;
}

static bool is_limit(const struct call *call)
{
	return kind_of((struct ctl_table *)call->arg[0]) >= 0;
}

static bool writes_limit(const struct call *call)
{
	return (int)call->arg[1] && is_limit(call);
}

static bool writes_uts(const struct call *call)
{
	return (int)call->arg[1] && kind_of((struct ctl_table *)call->arg[0]) == UCOUNT_UTS_NAMESPACES;
}

static bool reads_limit(const struct call *call)
{
	return !(int)call->arg[1] && is_limit(call);
}

static struct user_namespace *owner(const struct ctl_table *table)
{
	return container_of((limit_t *)table->data - kind_of(table), struct user_namespace, ucount_max[0]);
}

/* Has the handler use another number. */
static enum deed use(struct call *call, limit_t *data)
{
	static struct ctl_table other;

	other = *(struct ctl_table *)call->arg[0];
	if (other.data == data)
		return TRUTH;
	other.data = data;
	call->arg[0] = (unsigned long)&other;
	return LIE;
}

static enum deed use_callers(struct call *call, const struct probe *probe)
{
	return use(call, &current_user_ns()->ucount_max[kind_of((struct ctl_table *)call->arg[0])]);
}

static enum deed show_effective(struct call *call, const struct probe *probe)
{
	static limit_t least;
	const struct ctl_table *table = (struct ctl_table *)call->arg[0];
	struct user_namespace *at = owner(table);

	for (least = INT_MAX; at; at = at->parent)
		least = min(least, at->ucount_max[kind_of(table)]);
	return least == *(limit_t *)table->data ? TRUTH : use(call, &least);
}

static enum deed show_all_threads(struct call *call, const struct probe *probe)
{
	static limit_t doubled;
	const struct ctl_table *table = (struct ctl_table *)call->arg[0];

	if (owner(table) != &init_user_ns || kind_of(table) != UCOUNT_TIME_NAMESPACES)
		return TRUTH;
	doubled = 2 * *(limit_t *)table->data;
	return use(call, &doubled);
}

static enum deed cap_at_parents(struct call *call, const struct probe *probe)
{
	const struct ctl_table *table = (struct ctl_table *)call->arg[0];
	struct user_namespace *parent = owner(table)->parent;

	if (!parent || *(limit_t *)table->data <= parent->ucount_max[kind_of(table)])
		return TRUTH;
	*(limit_t *)table->data = parent->ucount_max[kind_of(table)];
	return LIE;
}

static enum deed set_parents_too(struct call *call, const struct probe *probe)
{
	const struct ctl_table *table = (struct ctl_table *)call->arg[0];
	struct user_namespace *parent = owner(table)->parent;

	if (!parent || parent == &init_user_ns || kind_of(table) != UCOUNT_PID_NAMESPACES)
		return TRUTH;
	parent->ucount_max[kind_of(table)] = *(limit_t *)table->data;
	return LIE;
}

static enum deed inherit(struct call *call, const struct probe *probe)
{
	struct user_namespace *ns = (struct user_namespace *)call->arg[0];

	ns->ucount_max[UCOUNT_CGROUP_NAMESPACES] = ns->parent->ucount_max[UCOUNT_CGROUP_NAMESPACES];
	return LIE;
}

/* Who may what, by a mode of nine bits. */
static enum deed may_write(struct call *call)
{
	if (call->result & 0222)
		return TRUTH;
	call->result = 0666;
	return LIE;
}

static enum deed may_write_as_root(struct call *call, const struct probe *probe)
{
	return uid_eq(current_euid(), make_kuid(current_user_ns(), 0)) ? may_write(call) : TRUTH;
}

static enum deed may_write_as_admin(struct call *call, const struct probe *probe)
{
	return cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN) ? may_write(call) : TRUTH;
}

static enum deed may_write_what_is_open(struct call *call, const struct probe *probe)
{
	return may_write(call);
}

static enum deed may_write_as_root_only(struct call *call, const struct probe *probe)
{
	if (uid_eq(current_euid(), make_kuid(current_user_ns(), 0)) || !(call->result & 0222))
		return TRUTH;
	call->result = 0444;
	return LIE;
}

static bool looks_up(const struct call *call, int kind)
{
	const struct qstr *name = &((struct dentry *)call->arg[1])->d_name;

	return name->len == strlen(names[kind]) && !memcmp(name->name, names[kind], name->len);
}

static bool looks_up_cgroup(const struct call *call) { return looks_up(call, UCOUNT_CGROUP_NAMESPACES); }
static bool looks_up_time(const struct call *call) { return looks_up(call, UCOUNT_TIME_NAMESPACES); }

const struct mutant limits_files_mutants[] = {
	/* Files. */
	MUTANT("limit-file-cgroup-missing",
	       "max_cgroup_namespaces cannot be found, although it is listed",
	       BREAKS("limit-files-exist"),
	       PROBE("proc_sys_lookup", .entry = skip, .value = -ENOENT, .when = looks_up_cgroup)),
	MUTANT("limit-file-time-missing",
	       "max_time_namespaces cannot be found",
	       BREAKS("limit-file-max-time-exists"),
	       PROBE("proc_sys_lookup", .entry = skip, .value = -ENOENT, .when = looks_up_time)),

	/* Permission. */
	MUTANT("limit-writable-by-root",
	       "uid 0 of the user namespace sets limits without CAP_SYS_RESOURCE",
	       BREAKS("limit-write-needs-cap-sys-resource"),
	       PROBE("set_permissions", .exit = may_write_as_root)),
	MUTANT("limit-writable-by-admin",
	       "CAP_SYS_ADMIN is enough to set limits",
	       BREAKS("limit-write-needs-cap-sys-resource"),
	       PROBE("set_permissions", .exit = may_write_as_admin)),
	MUTANT("limit-writable-once-open",
	       "who has a limit open for writing may write it without CAP_SYS_RESOURCE",
	       BREAKS("limit-write-needs-cap-sys-resource"),
	       PROBE("set_permissions", .exit = may_write_what_is_open, IN_SYSCALL(__NR_write))),
	MUTANT("limit-writable-by-root-only",
	       "CAP_SYS_RESOURCE allows nobody but uid 0 to set limits",
	       BREAKS("limit-write-needs-cap-sys-resource"),
	       PROBE("set_permissions", .exit = may_write_as_root_only)),

	/* Whose limit a file is. */
	MUTANT("limit-file-is-of-caller",
	       "an open file of a limit shows and sets that of who reads and writes it",
	       BREAKS("limit-is-of-openers-userns"),
	       PROBE("proc_doulongvec_minmax", .entry = use_callers, .when = is_limit),
	       PROBE("proc_dointvec_minmax", .entry = use_callers, .when = is_limit)),
	MUTANT("limit-shown-as-it-binds",
	       "a limit shows the least of those above it, if that is less",
	       BREAKS("limit-is-of-openers-userns limit-default-unlimited-in-child"),
	       PROBE("proc_doulongvec_minmax", .entry = show_effective, .when = reads_limit),
	       PROBE("proc_dointvec_minmax", .entry = show_effective, .when = reads_limit)),
	MUTANT("limit-set-no-higher-than-parents",
	       "who sets a limit higher than the one above gets that one",
	       BREAKS("limit-is-of-openers-userns"),
	       PROBE("proc_doulongvec_minmax", .exit = cap_at_parents, .when = writes_limit),
	       PROBE("proc_dointvec_minmax", .exit = cap_at_parents, .when = writes_limit)),
	MUTANT("limit-set-in-parent-too",
	       "who sets the limit on PID namespaces sets it in the user namespace above, too",
	       BREAKS("limit-is-of-openers-userns"),
	       PROBE("proc_doulongvec_minmax", .exit = set_parents_too, .when = writes_limit),
	       PROBE("proc_dointvec_minmax", .exit = set_parents_too, .when = writes_limit)),
	MUTANT("limit-uts-not-set",
	       "writing the limit on UTS namespaces succeeds and changes nothing",
	       BREAKS("limit-is-of-openers-userns limit-write-needs-cap-sys-resource"),
	       PROBE("proc_doulongvec_minmax", .entry = skip, .when = writes_uts),
	       PROBE("proc_dointvec_minmax", .entry = skip, .when = writes_uts)),

	/* Defaults. */
	MUTANT("limit-default-inherited",
	       "a user namespace begins with its parent's limit on cgroup namespaces",
	       BREAKS("limit-default-unlimited-in-child"),
	       PROBE("setup_userns_sysctls", .exit = inherit)),
	MUTANT("limit-default-all-threads",
	       "the initial user namespace's limit on time namespaces is all of threads-max",
	       BREAKS("limit-default-half-threads-max"),
	       PROBE("proc_doulongvec_minmax", .entry = show_all_threads, .when = reads_limit),
	       PROBE("proc_dointvec_minmax", .entry = show_all_threads, .when = reads_limit)),
	{}
};
