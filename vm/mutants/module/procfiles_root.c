// SPDX-License-Identifier: GPL-2.0-only
/* Lies about /proc/PID/root: what it shows, and to whom. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/fs_struct.h>
#include <linux/nsproxy.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>

#include "nsfs.h"
#include "procfiles.h"

/* What follows replaces proc_root_link(entry, path), which newer kernels give the task, too. */

static int show_callers_root(struct dentry *entry, struct path *path)
{
	told_a_lie();
	get_fs_root(current->fs, path);
	return 0;
}

static int show_working_directory(struct dentry *entry, struct path *path)
{
	struct task_struct *task;
	int error = -ENOENT;

	told_a_lie();
	rcu_read_lock();
	task = whose(entry);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return error;
	task_lock(task);
	if (task->fs) {
		get_fs_pwd(task->fs, path);
		error = 0;
	}
	task_unlock(task);
	put_task_struct(task);
	return error;
}

static bool of_anothers(const struct call *call, bool (*check)(struct task_struct *task))
{
	struct task_struct *task;
	bool ok;

	rcu_read_lock();
	task = whose((const struct dentry *)call->arg[0]);
	ok = task && task != current && check(task);
	rcu_read_unlock();
	return ok;
}

static bool is_anybody(struct task_struct *task)
{
	return true;
}

static bool shares_mounts(struct task_struct *task)
{
	const struct nsproxy *proxy = READ_ONCE(task->nsproxy);

	return proxy && proxy->mnt_ns == current->nsproxy->mnt_ns;
}

static bool is_in_another_userns(struct task_struct *task)
{
	return __task_cred(task)->user_ns != current_user_ns();
}

static bool looks_at_another(const struct call *call)
{
	return of_anothers(call, is_anybody);
}

static bool looks_at_neighbour(const struct call *call)
{
	return of_anothers(call, shares_mounts);
}

static bool looks_into_userns(const struct call *call)
{
	return of_anothers(call, is_in_another_userns);
}

/* Who is on its way along a link; one at a time, as the specs have it. */
static struct task_struct *follower;

static enum deed set_out(struct call *call, const struct probe *probe)
{
	follower = current;
	return TRUTH;
}

static enum deed arrive(struct call *call, const struct probe *probe)
{
	follower = NULL;
	return TRUTH;
}

/* At the exit of ptrace_may_access(task, mode). */
static bool is_stopped(const struct call *call)
{
	return follower == current && !(u8)call->result;
}

static bool stopped_but(const struct call *call, bool (*check)(const struct cred *theirs))
{
	bool ok;

	rcu_read_lock();
	ok = check(__task_cred((struct task_struct *)call->arg[0]));
	rcu_read_unlock();
	return ok && is_stopped(call);
}

static bool have_same_ids(const struct cred *theirs)
{
	return uid_eq(current_fsuid(), theirs->euid) && uid_eq(current_fsuid(), theirs->uid) &&
	       gid_eq(current_fsgid(), theirs->egid) && gid_eq(current_fsgid(), theirs->gid) && theirs->user_ns == current_user_ns();
}

static bool holds_over(const struct cred *theirs, int capability)
{
	return cap_raised(current_cred()->cap_effective, capability) && in_or_below(theirs->user_ns, current_user_ns());
}

static bool searches_everything(const struct cred *theirs)
{
	return holds_over(theirs, CAP_DAC_READ_SEARCH);
}

static bool traces_in_userns(const struct cred *theirs)
{
	return holds_over(theirs, CAP_SYS_PTRACE);
}

static bool equal_is_stopped(const struct call *call)
{
	return stopped_but(call, have_same_ids);
}

static bool searcher_is_stopped(const struct call *call)
{
	return stopped_but(call, searches_everything);
}

static bool tracer_is_stopped(const struct call *call)
{
	return stopped_but(call, traces_in_userns);
}

#define LET_PASS .exit = set_result, .value = true

const struct mutant procfiles_root_mutants[] = {
	MUTANT("procroot-is-followers",
	       "/proc/PID/root leads to the root of whoever follows it",
	       BREAKS("procroot-shows-targets-mounts"),
	       PROBE("proc_root_link", .replacement = show_callers_root, .when = looks_at_another)),
	MUTANT("procroot-ignores-chroot",
	       "/proc/PID/root of a process in the follower's mount namespace leads to the follower's root",
	       BREAKS("procroot-shows-targets-mounts"),
	       PROBE("proc_root_link", .replacement = show_callers_root, .when = looks_at_neighbour)),
	MUTANT("procroot-of-userns-is-followers",
	       "/proc/PID/root of a process in another user namespace leads to the follower's root",
	       BREAKS("procroot-shows-targets-mounts"),
	       PROBE("proc_root_link", .replacement = show_callers_root, .when = looks_into_userns)),
	MUTANT("procroot-is-working-directory",
	       "/proc/PID/root leads to the process's working directory",
	       BREAKS("procroot-shows-targets-mounts"),
	       PROBE("proc_root_link", .replacement = show_working_directory)),

	MUTANT("procroot-followed-by-anybody",
	       "anybody may follow /proc/PID/root",
	       BREAKS("procroot-needs-ptrace-read"),
	       PROBE("proc_pid_get_link", .entry = set_out),
	       PROBE("proc_pid_get_link", .exit = arrive),
	       PROBE("ptrace_may_access", LET_PASS, .when = is_stopped)),
	MUTANT("procroot-read-by-anybody",
	       "anybody may read the link /proc/PID/root",
	       BREAKS("procroot-needs-ptrace-read"),
	       PROBE("proc_pid_readlink", .entry = set_out),
	       PROBE("proc_pid_readlink", .exit = arrive),
	       PROBE("ptrace_may_access", LET_PASS, .when = is_stopped)),
	MUTANT("procroot-of-hidden-followed-by-equals",
	       "/proc/PID/root of a non-dumpable process may be followed by others with its ids",
	       BREAKS("procroot-needs-ptrace-read"),
	       PROBE("proc_pid_get_link", .entry = set_out),
	       PROBE("proc_pid_get_link", .exit = arrive),
	       PROBE("ptrace_may_access", LET_PASS, .when = equal_is_stopped)),
	MUTANT("procroot-of-hidden-by-current-userns",
	       "CAP_SYS_PTRACE in a non-dumpable process's user namespace suffices for following its /proc/PID/root, wherever it called execve",
	       BREAKS("procroot-needs-ptrace-read"),
	       PROBE("proc_pid_get_link", .entry = set_out),
	       PROBE("proc_pid_get_link", .exit = arrive),
	       PROBE("ptrace_may_access", LET_PASS, .when = tracer_is_stopped)),
	MUTANT("procroot-followed-by-dac-read-search",
	       "CAP_DAC_READ_SEARCH does for following /proc/PID/root what CAP_SYS_PTRACE does",
	       BREAKS("procroot-needs-ptrace-read"),
	       PROBE("proc_pid_get_link", .entry = set_out),
	       PROBE("proc_pid_get_link", .exit = arrive),
	       PROBE("ptrace_may_access", LET_PASS, .when = searcher_is_stopped)),
	MUTANT("procroot-follow-eperm",
	       "following /proc/PID/root of a process that one may not look into fails with EPERM",
	       BREAKS("procroot-needs-ptrace-read"),
	       PROBE("proc_pid_get_link", .exit = swap_result, .instead_of = -EACCES, .value = -EPERM)),
	MUTANT("procroot-readlink-enoent",
	       "reading the link /proc/PID/root of a process that one may not look into fails with ENOENT",
	       BREAKS("procroot-needs-ptrace-read"),
	       PROBE("proc_pid_readlink", .exit = swap_result, .instead_of = -EACCES, .value = -ENOENT)),
	{}
};
