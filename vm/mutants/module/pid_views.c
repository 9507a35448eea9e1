// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what a procfs shows of PID namespaces, and about the names of core files. */
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "pid.h"

static enum deed take_initial_pidns(struct call *call, const struct probe *probe)
{
	call->arg[probe->index] = (unsigned long)&init_pid_ns;
	return LIE;
}

static enum deed take_callers_pidns(struct call *call, const struct probe *probe)
{
	call->arg[probe->index] = (unsigned long)pidns_of(current);
	return LIE;
}

/* __task_pid_nr_ns(task, type, namespace); a null pointer stands for the caller's. */

static enum deed count_from_innermost(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->arg[0];

	if ((long)call->arg[1] != probe->value || !call->arg[2] || !task_pid(task))
		return TRUTH;
	call->arg[2] = (unsigned long)pidns_of(task);
	return LIE;
}

static enum deed number_invisible(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->arg[0];

	if (call->result || call->arg[1] != PIDTYPE_TGID || task == &init_task)
		return TRUTH;
	call->result = task_pid(task)->numbers[task_pid(task)->level].nr;
	return LIE;
}

static enum deed outermost_number(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->arg[0];

	if (call->result || call->arg[1] != PIDTYPE_TGID || task == &init_task)
		return TRUTH;
	call->result = task->tgid;
	return LIE;
}

static enum deed count_for_reader(struct call *call, const struct probe *probe)
{
	if (call->arg[1] != PIDTYPE_TGID || !asks_for_caller(call) || !call->arg[2])
		return TRUTH;
	call->arg[2] = 0;
	return LIE;
}

static enum deed own_is_initial(struct call *call, const struct probe *probe)
{
	if (!(current->flags & PF_DUMPCORE) || call->arg[1] != PIDTYPE_TGID)
		return TRUTH;
	call->result = task_tgid_nr(current);
	return LIE;
}

static enum deed take_userns(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)(probe->value ? current_user_ns() : &init_user_ns);
	return LIE;
}

const struct mutant pid_views_mutants[] = {
	MUTANT("pid-procfs-of-initial-namespace",
	       "a new procfs shows the initial PID namespace, whoever mounts it",
	       BREAKS("pid-procfs-shows-mounters-namespace pid-procfs-numbers-by-own-namespace pid-procfs-mounted-over-proc"),
	       PROBE("task_active_pid_ns", .exit = initial_pidns, IN_SYSCALL(__NR_mount))),
	MUTANT("pid-procfs-of-childrens-namespace",
	       "a new procfs shows the PID namespace for its mounter's children",
	       BREAKS("pid-procfs-shows-mounters-namespace"),
	       PROBE("task_active_pid_ns", .exit = childrens_pidns, IN_SYSCALL(__NR_mount))),
	MUTANT("pid-proc-self-in-readers-namespace",
	       "/proc/self names the reader by the number in his own PID namespace",
	       BREAKS("pid-proc-self-in-procfs-namespace"),
	       PROBE("__task_pid_nr_ns", .entry = count_for_reader, IN_SYSCALL(__NR_readlinkat))),
	MUTANT("pid-proc-self-of-invisible-readers",
	       "/proc/self names a reader that the procfs cannot show by the number in his own PID namespace",
	       BREAKS("pid-proc-self-of-invisible-caller"),
	       PROBE("__task_pid_nr_ns", .exit = number_invisible, .when = asks_for_caller, IN_SYSCALL(__NR_readlinkat))),
	MUTANT("pid-status-by-initial-namespace",
	       "/proc/PID/status shows the numbers of all levels, whatever the procfs",
	       BREAKS("pid-status-hides-outer-levels pid-status-ppid-and-tracer-in-procfs-namespace pid-status-nspid-column-per-level"),
	       PROBE("proc_pid_status", .entry = take_initial_pidns, .index = 1)),
	MUTANT("pid-status-by-readers-namespace",
	       "/proc/PID/status shows the numbers that the reader's PID namespace sees",
	       BREAKS("pid-status-hides-outer-levels pid-status-ppid-and-tracer-in-procfs-namespace"),
	       PROBE("proc_pid_status", .entry = take_callers_pidns, .index = 1)),
	MUTANT("pid-status-ppid-of-outer-parent",
	       "/proc/PID/status shows the outermost number of a parent or tracer that the procfs cannot show",
	       BREAKS("pid-status-ppid-and-tracer-in-procfs-namespace"),
	       PROBE("__task_pid_nr_ns", .exit = outermost_number, IN_SYSCALL(__NR_read))),
	MUTANT("pid-status-nstgid-innermost",
	       "NStgid of /proc/PID/status repeats the innermost number",
	       BREAKS("pid-status-nstgid-column-per-level"),
	       PROBE("__task_pid_nr_ns", .entry = count_from_innermost, .value = PIDTYPE_TGID, .when = caller_inside, IN_SYSCALL(__NR_read))),
	MUTANT("pid-status-nspid-innermost",
	       "NSpid of /proc/PID/status repeats the innermost number",
	       BREAKS("pid-status-nspid-column-per-level"),
	       PROBE("__task_pid_nr_ns", .entry = count_from_innermost, .value = PIDTYPE_PID, .when = caller_inside, IN_SYSCALL(__NR_read))),
	MUTANT("pid-status-nspgid-innermost",
	       "NSpgid of /proc/PID/status repeats the innermost number",
	       BREAKS("pid-status-nspgid-column-per-level"),
	       PROBE("__task_pid_nr_ns", .entry = count_from_innermost, .value = PIDTYPE_PGID, .when = caller_inside, IN_SYSCALL(__NR_read))),
	MUTANT("pid-status-nssid-innermost",
	       "NSsid of /proc/PID/status repeats the innermost number",
	       BREAKS("pid-status-nssid-column-per-level"),
	       PROBE("__task_pid_nr_ns", .entry = count_from_innermost, .value = PIDTYPE_SID, .when = caller_inside, IN_SYSCALL(__NR_read))),
	MUTANT("pid-status-uid-of-initial-userns",
	       "Uid of /proc/PID/status is in terms of the initial user namespace",
	       BREAKS("pid-status-ids-in-readers-userns"),
	       PROBE("from_kuid_munged", .entry = take_userns, IN_SYSCALL(__NR_read))),
	MUTANT("pid-status-gid-of-initial-userns",
	       "Gid and Groups of /proc/PID/status are in terms of the initial user namespace",
	       BREAKS("pid-status-ids-in-readers-userns"),
	       PROBE("from_kgid_munged", .entry = take_userns, IN_SYSCALL(__NR_read))),
	MUTANT("pid-status-uid-of-whoever-reads",
	       "Uid of /proc/PID/status is in terms of the user namespace of who reads, not of who opened",
	       BREAKS("pid-status-ids-in-readers-userns"),
	       PROBE("from_kuid_munged", .entry = take_userns, .value = true, IN_SYSCALL(__NR_read))),
	MUTANT("pid-locks-unfiltered",
	       "/proc/locks lists all locks, whatever the procfs",
	       BREAKS("pid-proc-locks-filtered"),
	       PROBE("locks_translate_pid", .exit = swap_result, .value = 77777, .instead_of = 0)),
	MUTANT("pid-locks-by-initial-namespace",
	       "/proc/locks lists all locks with outermost numbers, whatever the procfs",
	       BREAKS("pid-proc-locks-filtered"),
	       PROBE("locks_translate_pid", .entry = take_initial_pidns, .index = 1)),
	MUTANT("pid-locks-by-readers-namespace",
	       "/proc/locks lists the locks that the reader's PID namespace sees",
	       BREAKS("pid-proc-locks-filtered"),
	       PROBE("locks_translate_pid", .entry = take_callers_pidns, .index = 1)),

	MUTANT("pid-core-own-number-is-initial",
	       "%p of core_pattern is the number in the initial PID namespace",
	       BREAKS("pid-core-pattern-initial-and-own-ids"),
	       PROBE("__task_pid_nr_ns", .exit = own_is_initial)),
	{}
};
