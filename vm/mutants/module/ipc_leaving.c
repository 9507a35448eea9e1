// SPDX-License-Identifier: GPL-2.0-only
/* Lies about leaving an IPC namespace, and about how long its objects live. */
#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "ipc.h"
#include "mutant.h"

static int unshare_undoing(unsigned long flags)
{
	static int (*function)(unsigned long);
	static void (*undo)(struct task_struct *);
	int result;

	if (!undo) {
		function = find_function("ksys_unshare");
		undo = find_function("exit_sem");
	}
	let_through();
	result = function(flags);
	if (result == -EPERM && flags & CLONE_NEWIPC) {
		told_a_lie();
		undo(current);
	}
	return result;
}

/* What a file of shared memory begins its private data with. */
struct shared_memory {
	int id;
	struct ipc_namespace *ns;
};

static bool of_namespace_left(const struct call *call)
{
	const struct vm_fault *fault = (const struct vm_fault *)call->arg[0];
	const struct shared_memory *memory = fault->vma->vm_file->private_data;

	return memory->ns != current_ipc_ns();
}

/* The files of segments are named after their keys. */
static bool is_memory_of_segment(const struct vm_area_struct *area)
{
	return area->vm_file && !strncmp(area->vm_file->f_path.dentry->d_name.name, "SYSV", 4);
}

/* Where memory of a segment begins at addr or above; its length, or 0. */
static size_t find_memory(unsigned long *addr)
{
	struct vm_area_struct *area;
	size_t length = 0;

	mmap_read_lock(current->mm);
	while (!length && (area = find_vma(current->mm, *addr))) {
		*addr = area->vm_end;
		if (is_memory_of_segment(area)) {
			*addr = area->vm_start;
			length = area->vm_end - area->vm_start;
		}
	}
	mmap_read_unlock(current->mm);
	return length;
}

static long setns_detaching(const struct pt_regs *regs)
{
	static long (*function)(const struct pt_regs *);
	const struct ipc_namespace *before = current_ipc_ns();
	unsigned long addr = 0;
	size_t length;
	long result;

	if (!function)
		function = find_function(SYSCALL("setns"));
	let_through();
	result = function(regs);
	while (!result && current_ipc_ns() != before && (length = find_memory(&addr))) {
		told_a_lie();
		vm_munmap(addr, length);
	}
	return result;
}

static bool holds_segments(const struct call *call)
{
	const struct ipc_namespace *ns = (const struct ipc_namespace *)call->arg[0];

	return ns != initial_ipc_ns() && ns->ids[SHM].in_use;
}

static bool has_other_members(struct ipc_namespace *ns)
{
	struct task_struct *process, *thread;
	bool found = false;

	rcu_read_lock();
	for_each_process_thread(process, thread) {
		if (thread == current)
			continue;
		task_lock(thread);
		found |= thread->nsproxy && thread->nsproxy->ipc_ns == ns;
		task_unlock(thread);
	}
	rcu_read_unlock();
	return found;
}

/* Destroys all objects of a kind. */
static void destroy(struct ipc_namespace *ns, int kind, const char *free_one)
{
	static void (*function)(struct ipc_namespace *, struct ipc_ids *, void *);

	if (!ns->ids[kind].in_use || ns == initial_ipc_ns())
		return;
	if (!function)
		function = find_function("free_ipcs");
	told_a_lie();
	function(ns, &ns->ids[kind], find_function(free_one));
}

static void exit_sem_truly(struct task_struct *task)
{
	static void (*function)(struct task_struct *);

	if (!function)
		function = find_function("exit_sem");
	let_through();
	function(task);
}

static bool ends(const struct call *call)
{
	return current->flags & PF_EXITING && thread_group_empty(current);
}

static void end_with_semaphores(struct task_struct *task)
{
	exit_sem_truly(task);
	destroy(current_ipc_ns(), SEM, "freeary");
}

static void end_with_messages_of_the_last(struct task_struct *task)
{
	exit_sem_truly(task);
	if (!has_other_members(current_ipc_ns()))
		destroy(current_ipc_ns(), MSG, "freeque");
}

const struct mutant ipc_leaving_mutants[] = {
	MUTANT("ipc-unshare-carries-adjustments",
	       "unshare(CLONE_NEWIPC) does not undo the semaphore adjustments, which are left for the caller's end",
	       BREAKS("ipc-sem-undo-applied-on-leaving"),
	       PROBE("exit_sem", .entry = skip, IN_SYSCALL(__NR_unshare))),
	MUTANT("ipc-setns-carries-adjustments",
	       "setns to another IPC namespace does not undo the semaphore adjustments",
	       BREAKS("ipc-sem-undo-applied-on-leaving"),
	       PROBE("exit_sem", .entry = skip, IN_SYSCALL(__NR_setns))),
	MUTANT("ipc-refused-unshare-undoes",
	       "unshare(CLONE_NEWIPC) undoes the semaphore adjustments though it fails with EPERM",
	       BREAKS("ipc-sem-undo-applied-on-leaving"),
	       PROBE("ksys_unshare", .replacement = unshare_undoing)),
	MUTANT("ipc-untouched-memory-lost-on-leaving",
	       "pages of attached shared memory that were not used before its IPC namespace was left are lost",
	       BREAKS("ipc-attached-shm-usable-after-leaving"),
	       PROBE("shm_fault", .entry = skip, .value = VM_FAULT_SIGBUS, .when = of_namespace_left)),
	MUTANT("ipc-setns-detaches",
	       "setns to another IPC namespace detaches shared memory",
	       BREAKS("ipc-attached-shm-usable-after-leaving"),
	       PROBE(SYSCALL("setns"), .replacement = setns_detaching)),

	MUTANT("ipc-segments-hold-namespace",
	       "an IPC namespace with a shared memory segment is never destroyed",
	       BREAKS("ipc-objects-die-with-last-member"),
	       PROBE("put_ipc_ns", .entry = skip, .when = holds_segments)),
	MUTANT("ipc-semaphores-die-with-any-member",
	       "the semaphore sets of an IPC namespace are destroyed when any process of it ends",
	       BREAKS("ipc-objects-die-with-last-member"),
	       PROBE("exit_sem", .replacement = end_with_semaphores, .when = ends)),
	MUTANT("ipc-pin-does-not-hold-messages",
	       "the message queues of an IPC namespace are destroyed with its last process, even if it is pinned",
	       BREAKS("ipc-objects-survive-while-pinned"),
	       PROBE("exit_sem", .replacement = end_with_messages_of_the_last, .when = ends)),
	{}
};
