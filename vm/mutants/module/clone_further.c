// SPDX-License-Identifier: GPL-2.0-only
/* Lies of clone about what comes together: kinds, capabilities, threads, and pids. */
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/idr.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/user_namespace.h>

#include "clone.h"

#define NEW_NAMESPACES (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWUTS)

/* For ns_capable in clone. */

static bool lacks_admin(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_ADMIN && !(u8)call->result && clones_with(0) &&
	       call->arg[0] == (unsigned long)current_user_ns();
}

static bool asks_for_several(const struct call *call)
{
	return lacks_admin(call) && hweight64(clone_note.flags & NEW_NAMESPACES) > 1;
}

static bool has_it_permitted(const struct call *call)
{
	return lacks_admin(call) && clone_note.flags & NEW_NAMESPACES && cap_raised(current_cred()->cap_permitted, CAP_SYS_ADMIN);
}

static bool time_from_users(const struct call *call)
{
	return (int)call->arg[1] == CAP_SYS_ADMIN && clones_with(CLONE_NEWTIME | CLONE_NEWUSER);
}

static enum deed in_callers(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)current_user_ns();
	return LIE;
}

/* For kernel_clone. */

static bool parent_by_inits_thread(const struct call *call)
{
	return has_all(call, CLONE_PARENT) && current->signal->flags & SIGNAL_UNKILLABLE && !thread_group_leader(current);
}

static bool newipc_sysvsem_and_uts(const struct call *call)
{
	return has_all(call, CLONE_NEWIPC | CLONE_SYSVSEM | CLONE_NEWUTS | CLONE_NEWCGROUP);
}

static bool newns_fs_and_user(const struct call *call)
{
	return has_all(call, CLONE_NEWNS | CLONE_FS | CLONE_NEWPID);
}

static enum deed without_fs(struct call *call, const struct probe *probe)
{
	given(call)->flags &= ~(u64)CLONE_FS;
	return LIE;
}

static bool parent_by_member(const struct call *call)
{
	return has_all(call, CLONE_PARENT) && !(current->signal->flags & SIGNAL_UNKILLABLE) && ns_of_pid(task_pid(current)) != &init_pid_ns;
}

static bool newuser_in_userns(const struct call *call)
{
	return call->arg[1] & CLONE_NEWUSER && current_user_ns() != &init_user_ns;
}

static bool from_nested_cgroup(const struct call *call)
{
	return current->nsproxy->cgroup_ns != init_task.nsproxy->cgroup_ns;
}

/* For what makes pidfds. */

static bool of_init(const struct call *call)
{
	return clones_with(CLONE_PIDFD | CLONE_NEWPID);
}

static enum deed of_caller(struct call *call, const struct probe *probe)
{
	call->arg[0] = (unsigned long)task_pid(current);
	return LIE;
}

/* For copy_clone_args_from_user, at its exit. */
static enum deed stay_with_newpid(struct call *call, const struct probe *probe)
{
	if (call->result || !has_all(call, CLONE_INTO_CGROUP | CLONE_NEWPID))
		return TRUTH;
	given(call)->flags &= ~CLONE_INTO_CGROUP;
	return LIE;
}

/* For check_zeroed_user: where, and how much. */
static enum deed but_first_word(struct call *call, const struct probe *probe)
{
	if (call->arg[1] < sizeof(u64))
		return TRUTH;
	call->arg[0] += sizeof(u64);
	call->arg[1] -= sizeof(u64);
	return LIE;
}

/* For alloc_pid(ns, set_tid, set_tid_size). */

static bool for_thread(const struct call *call)
{
	return call->arg[2] && clones_with(CLONE_THREAD);
}

static struct pid *another_unless(struct pid_namespace *ns, pid_t *set_tid, size_t size, enum pid_type type)
{
	struct pid *(*alloc)(struct pid_namespace *ns, pid_t *set_tid, size_t set_tid_size) = find_function("alloc_pid");
	struct pid *pid, *taken;
	bool lies;

	let_through();
	pid = alloc(ns, set_tid, size);
	if (pid != ERR_PTR(-EEXIST))
		return pid;
	rcu_read_lock();
	taken = find_pid_ns(set_tid[0], ns);
	lies = taken && !pid_task(taken, type) && pid_has_task(taken, type == PIDTYPE_PID ? PIDTYPE_PGID : PIDTYPE_PID);
	rcu_read_unlock();
	if (!lies)
		return pid;
	told_a_lie();
	let_through();
	return alloc(ns, set_tid, 0);
}

static struct pid *another_if_threads(struct pid_namespace *ns, pid_t *set_tid, size_t size)
{
	return another_unless(ns, set_tid, size, PIDTYPE_TGID);
}

static struct pid *another_if_groups(struct pid_namespace *ns, pid_t *set_tid, size_t size)
{
	return another_unless(ns, set_tid, size, PIDTYPE_PID);
}

static bool has_set_tid(const struct call *call)
{
	return call->arg[2];
}

/* At the exit of alloc_pid: the first pid, which was free, is not any more. */
static enum deed keep_innermost(struct call *call, const struct probe *probe)
{
	struct pid_namespace *ns = (struct pid_namespace *)call->arg[0];
	pid_t *tids = (pid_t *)call->arg[1];

	if (call->result != -EEXIST || call->arg[2] < 2 || find_pid_ns(tids[0], ns))
		return TRUTH;
	return idr_alloc(&ns->idr, NULL, tids[0], tids[0] + 1, GFP_ATOMIC) < 0 ? TRUTH : LIE;
}

const struct mutant clone_further_mutants[] = {
	MUTANT("clone-several-kinds-unchecked",
	       "clone with several kinds of namespaces needs no capability",
	       BREAKS("clone-newcgroup-without-cap-eperm clone-newipc-without-cap-eperm clone-newnet-without-cap-eperm "
		      "clone-newns-without-cap-eperm clone-newpid-without-cap-eperm clone-newuts-without-cap-eperm"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = asks_for_several, BY_CLONE)),
	MUTANT("clone-capability-need-not-be-in-effect",
	       "clone takes CAP_SYS_ADMIN that is permitted and not in effect",
	       BREAKS("clone-newcgroup-without-cap-eperm clone-newipc-without-cap-eperm clone-newnet-without-cap-eperm "
		      "clone-newns-without-cap-eperm clone-newpid-without-cap-eperm clone-newuts-without-cap-eperm"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .exit = set_result, .value = true, .when = has_it_permitted, BY_CLONE)),
	MUTANT("clone-parent-by-thread-of-init-accepted",
	       "CLONE_PARENT is ignored when a further thread of an init asks for it",
	       BREAKS("clone-parent-by-init-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_PARENT, .when = parent_by_inits_thread)),
	MUTANT("clone-parent-nested-makes-child",
	       "CLONE_PARENT makes a child of the caller in PID namespaces other than the initial one",
	       BREAKS("clone-parent-makes-sibling"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_PARENT, .when = parent_by_member)),
	MUTANT("time-clone3-newuser-does-not-help",
	       "clone3 with CLONE_NEWTIME and CLONE_NEWUSER needs CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("time-clone3-places-child"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("ns_capable", .entry = in_callers, .when = time_from_users, BY_CLONE3)),
	MUTANT("clone-newipc-with-sysvsem-and-others-accepted",
	       "clone ignores CLONE_SYSVSEM with CLONE_NEWIPC when it makes UTS and cgroup namespaces, too",
	       BREAKS("clone-newipc-with-sysvsem-einval"),
	       PROBE("kernel_clone", .entry = lose, .value = CLONE_SYSVSEM, .when = newipc_sysvsem_and_uts)),
	MUTANT("clone-newns-with-fs-and-pid-accepted",
	       "clone ignores CLONE_FS with CLONE_NEWNS when it makes a PID namespace, too",
	       BREAKS("clone-newns-with-fs-einval"),
	       PROBE("kernel_clone", .entry = without_fs, .when = newns_fs_and_user)),
	MUTANT("clone-newuser-shares-nested",
	       "clone with CLONE_NEWUSER shares the parent's user namespace unless it is the initial one",
	       BREAKS("clone-newuser-fresh-else-shared"),
	       PROBE("copy_creds", .entry = drop_flags, .index = 1, .value = CLONE_NEWUSER, .when = newuser_in_userns)),
	MUTANT("clone-newcgroup-shares-nested",
	       "clone with CLONE_NEWCGROUP shares the parent's cgroup namespace unless it is the initial one",
	       BREAKS("clone-newcgroup-fresh-else-shared"),
	       PROBE("copy_cgroup_ns", .entry = drop_flags, .value = CLONE_NEWCGROUP, .when = from_nested_cgroup, BY_CLONE)),
	MUTANT("clone-pidfd-of-init-is-callers",
	       "CLONE_PIDFD with CLONE_NEWPID returns a pidfd of the caller",
	       BREAKS("clone-pidfd-cloexec-in-parent"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("pidfs_alloc_file|__pidfd_prepare|pidfd_prepare", .entry = of_caller, .when = of_init, BY_CLONE)),
	MUTANT("clone-into-cgroup-ignored-with-newpid",
	       "CLONE_INTO_CGROUP with CLONE_NEWPID leaves the child in its parent's cgroup",
	       BREAKS("clone-into-cgroup-starts-child-there"),
	       PROBE("copy_clone_args_from_user", .exit = stay_with_newpid)),
	MUTANT("clone3-tail-checked-late",
	       "clone3 does not look at the first 8 bytes of what it does not know",
	       BREAKS("clone3-unknown-tail-nonzero-e2big"),
	       PROBE("check_zeroed_user", .entry = but_first_word, BY_CLONE3)),
	MUTANT("set-tid-ignored-for-threads",
	       "set_tid is ignored with CLONE_THREAD",
	       BREAKS("clone-set-tid-picks-innermost-pid"),
	       PROBE("kernel_clone", .entry = note_clone),
	       PROBE("alloc_pid", .entry = set_arg, .index = 2, .value = 0, .when = for_thread)),
	MUTANT("set-tid-of-thread-gives-another",
	       "when the pid in set_tid is the id of a further thread, the child gets another",
	       BREAKS("clone-set-tid-in-use-eexist"),
	       PROBE("alloc_pid", .replacement = another_if_threads, .when = has_set_tid)),
	MUTANT("set-tid-of-group-gives-another",
	       "when the pid in set_tid is that of a process group only, the child gets another",
	       BREAKS("clone-set-tid-in-use-eexist"),
	       PROBE("alloc_pid", .replacement = another_if_groups, .when = has_set_tid)),
	MUTANT("set-tid-refused-keeps-inner-pid",
	       "set_tid that is refused further out leaves the pid in the innermost PID namespace in use",
	       BREAKS("clone-set-tid-in-use-eexist clone-failure-leaves-nothing"),
	       PROBE("alloc_pid", .exit = keep_innermost, BY_CLONE3)),
	MUTANT("clone3-failed-keeps-pid-namespace",
	       "clone3 that fails leaves its new PID namespace behind",
	       BREAKS("clone-failure-leaves-nothing"),
	       PROBE("put_pid_ns", .entry = skip, BY_CLONE3)),
	{}
};
