// SPDX-License-Identifier: GPL-2.0-only
/* Lies about /proc/self and /proc/thread-self. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched/signal.h>

#include "mutant.h"

/* What a link in a procfs leads to: text that is only the caller's. */
static char *text_of(const struct call *call)
{
	return IS_ERR_OR_NULL((void *)call->result) ? NULL : (char *)call->result;
}

static struct pid_namespace *mounted(const struct call *call)
{
	return proc_sb_info(((struct inode *)call->arg[1])->i_sb)->pid_ns;
}

static enum deed name_thread(struct call *call, struct pid_namespace *tgid_in, struct pid_namespace *tid_in)
{
	pid_t tgid = task_tgid_nr_ns(current, tgid_in), tid = task_pid_nr_ns(current, tid_in);

	snprintf(text_of(call), sizeof("4194304/task/4194304"), "%u/task/%u", tgid, tid);
	return LIE;
}

static enum deed lead_by_initial_number(struct call *call, const struct probe *probe)
{
	snprintf(text_of(call), sizeof("4194304"), "%u", current->tgid);
	return LIE;
}

static enum deed lead_by_own_number(struct call *call, const struct probe *probe)
{
	snprintf(text_of(call), sizeof("4194304"), "%u", task_tgid_nr_ns(current, task_active_pid_ns(current)));
	return LIE;
}

static enum deed lead_to_thread(struct call *call, const struct probe *probe)
{
	snprintf(text_of(call), sizeof("4194304"), "%u", task_pid_nr_ns(current, mounted(call)));
	return LIE;
}

static enum deed lead_to_leader(struct call *call, const struct probe *probe)
{
	pid_t tgid = task_tgid_nr_ns(current, mounted(call));

	snprintf(text_of(call), sizeof("4194304/task/4194304"), "%u/task/%u", tgid, tgid);
	return LIE;
}

static enum deed lead_to_thread_by_initial_number(struct call *call, const struct probe *probe)
{
	return name_thread(call, mounted(call), &init_pid_ns);
}

static enum deed lead_to_thread_by_own_numbers(struct call *call, const struct probe *probe)
{
	return name_thread(call, task_active_pid_ns(current), task_active_pid_ns(current));
}

static bool is_nested(const struct call *call)
{
	return text_of(call) && task_active_pid_ns(current) != &init_pid_ns;
}

static bool is_in_thread(const struct call *call)
{
	return text_of(call) && current->pid != current->tgid;
}

const struct mutant procself_mutants[] = {
	MUTANT("procself-by-initial-number",
	       "/proc/self leads a member of a child PID namespace to its number in the initial one",
	       BREAKS("procself-numbered-by-procfs-mount"),
	       PROBE("proc_self_get_link", .exit = lead_by_initial_number, .when = is_nested)),
	MUTANT("procself-by-own-number",
	       "/proc/self leads a member of a child PID namespace to its number there, whatever procfs it looks into",
	       BREAKS("procself-numbered-by-procfs-mount"),
	       PROBE("proc_self_get_link", .exit = lead_by_own_number, .when = is_nested)),
	MUTANT("procself-of-thread",
	       "/proc/self leads a thread to itself, not to its process",
	       BREAKS("procself-numbered-by-procfs-mount"),
	       PROBE("proc_self_get_link", .exit = lead_to_thread, .when = is_in_thread)),
	MUTANT("thread-self-is-leader",
	       "/proc/thread-self leads to the first thread of the caller's process",
	       BREAKS("procself-thread-self"),
	       PROBE("proc_thread_self_get_link", .exit = lead_to_leader, .when = is_in_thread)),
	MUTANT("thread-self-by-initial-number",
	       "/proc/thread-self numbers the thread, not the process, by the initial PID namespace",
	       BREAKS("procself-thread-self"),
	       PROBE("proc_thread_self_get_link", .exit = lead_to_thread_by_initial_number, .when = is_nested)),
	MUTANT("thread-self-by-own-numbers",
	       "/proc/thread-self leads a member of a child PID namespace to its numbers there, whatever procfs it looks into",
	       BREAKS("procself-thread-self"),
	       PROBE("proc_thread_self_get_link", .exit = lead_to_thread_by_own_numbers, .when = is_nested)),
	{}
};
