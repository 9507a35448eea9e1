// SPDX-License-Identifier: GPL-2.0-only
/* Lies about /proc/PID/ns: its entries and what they say. */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "procns.h"

static bool is_named(unsigned long dentry, const char *name)
{
	return !strcmp(((struct dentry *)dentry)->d_name.name, name);
}

static bool looks_up_cgroup(const struct call *call)
{
	return is_named(call->arg[1], "cgroup");
}

static bool lists_uts(const struct call *call)
{
	return call->arg[3] == strlen("uts") && !memcmp((char *)call->arg[2], "uts", strlen("uts"));
}

/* At proc_ns_dir_lookup: the process whose /proc/PID/ns is looked into. Under RCU. */
static struct task_struct *whose(const struct call *call)
{
	const struct dentry *entry = (const struct dentry *)call->arg[1];
	int pid;

	if (kstrtoint(entry->d_parent->d_parent->d_name.name, 10, &pid))
		return NULL;
	return pid_task(find_pid_ns(pid, proc_sb_info(entry->d_sb)->pid_ns), PIDTYPE_PID);
}

static bool looks_up_anothers_time_for_children(const struct call *call)
{
	bool anothers;

	rcu_read_lock();
	anothers = whose(call) != current;
	rcu_read_unlock();
	return anothers && is_named(call->arg[1], "time_for_children");
}

static bool looks_up_parted_pid_for_children(const struct call *call)
{
	const struct nsproxy *proxy;
	struct task_struct *task;
	bool parted = false;

	rcu_read_lock();
	task = whose(call);
	proxy = task ? READ_ONCE(task->nsproxy) : NULL;
	if (proxy)
		parted = proxy->pid_ns_for_children != task_active_pid_ns(task);
	rcu_read_unlock();
	return parted && is_named(call->arg[1], "pid_for_children");
}

static bool looks_up_user_of_nested(const struct call *call)
{
	struct task_struct *task;
	bool nested;

	rcu_read_lock();
	task = whose(call);
	nested = task && __task_cred(task)->user_ns != &init_user_ns;
	rcu_read_unlock();
	return nested && is_named(call->arg[1], "user");
}

static bool is_ipc(unsigned long operations)
{
	return !strcmp(((const struct proc_ns_operations *)operations)->name, "ipc");
}

static enum deed take_uts_for_ipc(struct call *call, const struct probe *probe)
{
	if (!is_ipc(call->arg[probe->index]))
		return TRUTH;
	call->arg[probe->index] = (unsigned long)current->nsproxy->uts_ns->ns.ops;
	return LIE;
}

static enum deed keep_from_others(struct call *call, const struct probe *probe)
{
	struct dentry *dentry = (struct dentry *)call->arg[probe->index];

	if (IS_ERR_VALUE(call->result) || !d_inode(dentry))
		return TRUTH;
	d_inode(dentry)->i_mode &= ~077;
	return LIE;
}

/* What follows replaces ns_get_name. */

static int say(char *text, size_t size, struct task_struct *task, const struct proc_ns_operations *ops,
	       const char *name, const char *format)
{
	struct ns_common *ns = ops->get(task);
	int length;

	if (!ns)
		return -ENOENT;
	told_a_lie();
	length = snprintf(text, size, format, name, ns->inum);
	ops->put(ns);
	return length;
}

static const char *name_of(const struct proc_ns_operations *ops)
{
	return ops->real_ns_name ?: ops->name;
}

static int say_hexadecimal(char *text, size_t size, struct task_struct *task, const struct proc_ns_operations *ops)
{
	return say(text, size, task, ops, name_of(ops), "%s:[%x]");
}

static int say_signed(char *text, size_t size, struct task_struct *task, const struct proc_ns_operations *ops)
{
	return say(text, size, task, ops, name_of(ops), "%s:[%d]");
}

static int say_all_but_last(char *text, size_t size, struct task_struct *task, const struct proc_ns_operations *ops)
{
	return say(text, size, task, ops, name_of(ops), "%s:[%u");
}

static int say_files_name(char *text, size_t size, struct task_struct *task, const struct proc_ns_operations *ops)
{
	return say(text, size, task, ops, ops->name, "%s:[%u]");
}

static const char *kind_named(const struct call *call)
{
	return ((const struct proc_ns_operations *)call->arg[3])->name;
}

static bool says_mnt(const struct call *call)
{
	return !strcmp(kind_named(call), "mnt");
}

static bool says_uts(const struct call *call)
{
	return !strcmp(kind_named(call), "uts");
}

const struct mutant procns_mutants[] = {
	MUTANT("procns-cgroup-not-found",
	       "/proc/PID/ns has no cgroup, though it lists it",
	       BREAKS("procns-cgroup-exists procns-one-link-per-type"),
	       PROBE("proc_ns_dir_lookup", .entry = skip, .value = -ENOENT, .when = looks_up_cgroup)),
	MUTANT("procns-uts-not-listed",
	       "/proc/PID/ns does not list uts, though it is there",
	       BREAKS("procns-one-link-per-type"),
	       PROBE("proc_fill_cache", .entry = skip, .value = true, .when = lists_uts)),
	MUTANT("procns-time-for-children-only-own",
	       "only a process itself finds time_for_children in its /proc/PID/ns",
	       BREAKS("procns-time-and-for-children-exist"),
	       PROBE("proc_ns_dir_lookup", .entry = skip, .value = -ENOENT, .when = looks_up_anothers_time_for_children)),
	MUTANT("procns-pid-for-children-gone-after-unshare",
	       "a process whose children are to be in another PID namespace has no pid_for_children",
	       BREAKS("procns-pid-for-children-exists"),
	       PROBE("proc_ns_dir_lookup", .entry = skip, .value = -ENOENT, .when = looks_up_parted_pid_for_children)),
	MUTANT("procns-user-only-in-initial",
	       "members of user namespaces other than the initial one have no ns/user",
	       BREAKS("procns-mnt-pid-user-exist procns-one-link-per-type"),
	       PROBE("proc_ns_dir_lookup", .entry = skip, .value = -ENOENT, .when = looks_up_user_of_nested)),
	MUTANT("procns-ipc-leads-to-uts",
	       "/proc/PID/ns/ipc leads to the UTS namespace",
	       BREAKS("procns-ipc-net-uts-exist procns-link-format procns-same-inode-iff-same-namespace"),
	       PROBE("ns_get_path", .entry = take_uts_for_ipc, .index = 2),
	       PROBE("ns_get_name", .entry = take_uts_for_ipc, .index = 3)),
	MUTANT("procns-links-kept-from-others",
	       "the mode of ns links is lrwx------",
	       BREAKS("procns-entries-are-symlinks"),
	       PROBE("proc_ns_dir_lookup", .exit = keep_from_others, .index = 1),
	       PROBE("proc_ns_instantiate", .exit = keep_from_others)),

	MUTANT("procns-link-in-hexadecimal",
	       "the content of ns/mnt has the inode number in hexadecimal",
	       BREAKS("procns-link-format procns-link-inode-matches-stat"),
	       PROBE("ns_get_name", .replacement = say_hexadecimal, .when = says_mnt)),
	MUTANT("procns-link-inode-signed",
	       "the content of ns links has the inode number as if it had a sign",
	       BREAKS("procns-link-format procns-link-inode-matches-stat"),
	       PROBE("ns_get_name", .replacement = say_signed)),
	MUTANT("procns-link-cut-short",
	       "the content of ns links lacks its last character",
	       BREAKS("procns-link-format procns-for-children-link-prefix"),
	       PROBE("ns_get_name", .replacement = say_all_but_last)),
	MUTANT("procns-link-says-files-name",
	       "the content of pid_for_children and time_for_children begins with these names",
	       BREAKS("procns-for-children-link-prefix procns-link-format"),
	       PROBE("ns_get_name", .replacement = say_files_name)),
	MUTANT("procns-link-says-readers",
	       "the content of another process's ns/uts is that of the reader's own",
	       BREAKS("procns-link-inode-matches-stat"),
	       PROBE("ns_get_name", .entry = take_caller, .index = 2, .when = says_uts)),
	{}
};
