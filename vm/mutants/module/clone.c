// SPDX-License-Identifier: GPL-2.0-only
/* Lies about clone's flags: which go together. */
#include <linux/pid_namespace.h>

#include "clone.h"

static bool newns_fs(const struct call *call)
{
	return has_all(call, CLONE_NEWNS | CLONE_FS);
}

static bool newuser_fs_uts(const struct call *call)
{
	return has_all(call, CLONE_NEWUSER | CLONE_FS | CLONE_NEWUTS);
}

static bool newuser_fs_alone(const struct call *call)
{
	return has_all(call, CLONE_NEWUSER | CLONE_FS) && !(given(call)->flags & CLONE_NEWUTS);
}

static bool newpid_thread(const struct call *call)
{
	return has_all(call, CLONE_NEWPID | THREAD_FLAGS);
}

static bool newuser_thread(const struct call *call)
{
	return has_all(call, CLONE_NEWUSER | THREAD_FLAGS);
}

static bool newipc_sysvsem(const struct call *call)
{
	return has_all(call, CLONE_NEWIPC | CLONE_SYSVSEM);
}

static bool newipc_sysvsem_newuser(const struct call *call)
{
	return has_all(call, CLONE_NEWIPC | CLONE_SYSVSEM | CLONE_NEWUSER);
}

static bool thread_and_vm_without_sighand(const struct call *call)
{
	return has_all(call, CLONE_THREAD | CLONE_VM) && !(given(call)->flags & CLONE_SIGHAND);
}

static bool thread_alone(const struct call *call)
{
	return has_all(call, CLONE_THREAD) && !(given(call)->flags & (CLONE_SIGHAND | CLONE_VM));
}

static bool sighand_without_vm(const struct call *call)
{
	return has_all(call, CLONE_SIGHAND) && !(given(call)->flags & (CLONE_VM | CLONE_THREAD));
}

static bool thread_elsewhere(const struct call *call)
{
	return has_all(call, THREAD_FLAGS) && !(given(call)->flags & (CLONE_NEWPID | CLONE_NEWUSER)) &&
	       current->nsproxy->pid_ns_for_children != ns_of_pid(task_pid(current));
}

static bool thread_elsewhere_with_init(const struct call *call)
{
	return thread_elsewhere(call) && current->nsproxy->pid_ns_for_children->child_reaper;
}

/* Around kernel_clone: children go to the caller's own PID namespace meanwhile. */

static struct pid_namespace *elsewhere;
static struct task_struct *diverted;

static enum deed divert(struct call *call, const struct probe *probe)
{
	diverted = current;
	elsewhere = current->nsproxy->pid_ns_for_children;
	current->nsproxy->pid_ns_for_children = ns_of_pid(task_pid(current));
	return LIE;
}

static enum deed restore(struct call *call, const struct probe *probe)
{
	if (diverted != current)
		return TRUTH;
	current->nsproxy->pid_ns_for_children = elsewhere;
	diverted = NULL;
	return LIE;
}

/* A call that is refused although it has made the child. */

static struct task_struct *liar;

static enum deed make_with_little(struct call *call, const struct probe *probe)
{
	liar = current;
	given(call)->flags &= ~(u64)probe->value;
	return LIE;
}

static enum deed deny(struct call *call, const struct probe *probe)
{
	if (liar != current)
		return TRUTH;
	liar = NULL;
	call->result = probe->value;
	return LIE;
}

static bool pidfd_nowhere(const struct call *call)
{
	return has_all(call, CLONE_PIDFD) && (unsigned long)given(call)->pidfd < PAGE_SIZE;
}

const struct mutant clone_mutants[] = {
	MUTANT("clone3-newns-with-fs-accepted",
	       "clone3 with CLONE_NEWNS and CLONE_FS makes a child that does not share them",
	       BREAKS("clone-newns-with-fs-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_FS, .when = newns_fs, BY_CLONE3)),
	MUTANT("clone-newns-with-fs-eperm",
	       "clone with CLONE_NEWNS and CLONE_FS fails with EPERM",
	       BREAKS("clone-newns-with-fs-einval"),
	       PROBE("kernel_clone", .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM, .when = newns_fs, BY_CLONE_ALONE)),
	MUTANT("clone-newns-with-fs-shares",
	       "clone with CLONE_NEWNS and CLONE_FS makes a child that shares both",
	       BREAKS("clone-newns-with-fs-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_NEWNS, .when = newns_fs, BY_CLONE_ALONE)),
	MUTANT("clone-newuser-with-fs-and-uts-accepted",
	       "CLONE_NEWUSER and CLONE_FS go together when CLONE_NEWUTS is there, too",
	       BREAKS("clone-newuser-with-fs-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_FS, .when = newuser_fs_uts)),
	MUTANT("clone3-newuser-with-fs-accepted",
	       "clone3 with CLONE_NEWUSER and CLONE_FS makes a child that does not share them",
	       BREAKS("clone-newuser-with-fs-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_FS, .when = newuser_fs_alone, BY_CLONE3)),
	MUTANT("clone-newpid-with-thread-makes-thread",
	       "clone with CLONE_NEWPID and CLONE_THREAD makes a thread and no PID namespace",
	       BREAKS("clone-newpid-with-thread-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_NEWPID, .when = newpid_thread, BY_CLONE_ALONE)),
	MUTANT("clone3-newpid-with-thread-makes-process",
	       "clone3 with CLONE_NEWPID and CLONE_THREAD makes a process that shares memory only",
	       BREAKS("clone-newpid-with-thread-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_THREAD | CLONE_SIGHAND, .when = newpid_thread, BY_CLONE3)),
	MUTANT("clone3-newuser-with-thread-makes-thread",
	       "clone3 with CLONE_NEWUSER and CLONE_THREAD makes a thread and no user namespace",
	       BREAKS("clone-newuser-with-thread-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_NEWUSER, .when = newuser_thread, BY_CLONE3)),
	MUTANT("clone-newuser-with-thread-eperm",
	       "CLONE_NEWUSER and CLONE_THREAD together fail with EPERM",
	       BREAKS("clone-newuser-with-thread-einval"),
	       PROBE("kernel_clone", .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM, .when = newuser_thread)),
	MUTANT("clone-newipc-with-sysvsem-accepted",
	       "clone with CLONE_NEWIPC and CLONE_SYSVSEM makes a child with adjustments of its own",
	       BREAKS("clone-newipc-with-sysvsem-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_SYSVSEM, .when = newipc_sysvsem, BY_CLONE_ALONE)),
	MUTANT("clone-newipc-newuser-with-sysvsem-accepted",
	       "CLONE_NEWIPC and CLONE_SYSVSEM go together when CLONE_NEWUSER is there, too",
	       BREAKS("clone-newipc-with-sysvsem-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_SYSVSEM, .when = newipc_sysvsem_newuser)),
	MUTANT("clone-thread-adds-sighand",
	       "CLONE_THREAD with CLONE_VM brings CLONE_SIGHAND along",
	       BREAKS("clone-thread-without-sighand-einval"),
	       PROBE("kernel_clone", .entry = gain, .value = CLONE_SIGHAND, .when = thread_and_vm_without_sighand)),
	MUTANT("clone3-thread-alone-is-process",
	       "clone3 with CLONE_THREAD alone makes a process",
	       BREAKS("clone-thread-without-sighand-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_THREAD, .when = thread_alone, BY_CLONE3)),
	MUTANT("clone-sighand-without-vm-ignored",
	       "clone ignores CLONE_SIGHAND without CLONE_VM",
	       BREAKS("clone-sighand-without-vm-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_SIGHAND, .when = sighand_without_vm, BY_CLONE_ALONE)),
	MUTANT("clone3-sighand-without-vm-enosys",
	       "clone3 with CLONE_SIGHAND and without CLONE_VM fails with ENOSYS",
	       BREAKS("clone-sighand-without-vm-einval"),
	       PROBE("kernel_clone", .exit = swap_result, .instead_of = -EINVAL, .value = -ENOSYS, .when = sighand_without_vm, BY_CLONE3)),
	MUTANT("clone-thread-after-newpid-once-init-is-there",
	       "who has another PID namespace for children may make threads once that has an init",
	       BREAKS("clone-thread-after-new-pid-for-children-einval"),
	       PROBE("kernel_clone", .entry = divert, .when = thread_elsewhere_with_init),
	       PROBE("kernel_clone", .exit = restore)),
	MUTANT("clone3-thread-after-newpid-accepted",
	       "who has another PID namespace for children may make threads with clone3",
	       BREAKS("clone-thread-after-new-pid-for-children-einval"),
	       PROBE("kernel_clone", .entry = divert, .when = thread_elsewhere, BY_CLONE3),
	       PROBE("kernel_clone", .exit = restore)),
	MUTANT("clone-thread-after-newpid-eagain",
	       "to make threads with another PID namespace for children fails with EAGAIN",
	       BREAKS("clone-thread-after-new-pid-for-children-einval"),
	       PROBE("kernel_clone", .exit = swap_result, .instead_of = -EINVAL, .value = -EAGAIN, .when = thread_elsewhere)),
	MUTANT("clone-refused-makes-child",
	       "CLONE_PIDFD with a bad address fails, and has made the child",
	       BREAKS("clone-failure-leaves-nothing"),
	       PROBE("kernel_clone", .entry = make_with_little, .value = CLONE_PIDFD, .when = pidfd_nowhere),
	       PROBE("kernel_clone", .exit = deny, .value = -EFAULT)),
	{}
};
