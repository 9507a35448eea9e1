// SPDX-License-Identifier: GPL-2.0-only
/* Lies about setns: its arguments, and what it joins. */
#include <linux/err.h>
#include <linux/mount.h>
#include <linux/utsname.h>
#include <linux/time_namespace.h>

#include "references.h"
#include "setns.h"

static bool is_one_of_several(const struct call *call)
{
	return joined() && nstype() & kind_of(joined()) && hweight32(nstype() & NAMESPACES) > 1;
}

static bool has_unknown_bits(const struct call *call)
{
	return nstype() & ~NAMESPACES && nstype() & NAMESPACES;
}

static bool file_has_unknown_bits(const struct call *call)
{
	return joined() && has_unknown_bits(call);
}

static bool pidfd_has_unknown_bits(const struct call *call)
{
	return by_pidfd() && has_unknown_bits(call);
}

static bool pidfd_without_type(const struct call *call)
{
	return by_pidfd() && !nstype();
}

static bool user_without_type(const struct call *call)
{
	return joined() && kind_of(joined()) == CLONE_NEWUSER && !nstype();
}

static bool time_with_wrong_type(const struct call *call)
{
	return joined() && kind_of(joined()) == CLONE_NEWTIME && hweight32(nstype()) == 1 && nstype() & NAMESPACES;
}

static bool other_file(const struct call *call)
{
	return setns_file() && !joined() && !by_pidfd();
}

static bool file_is_mounted(const struct call *call)
{
	return joined() && !(setns_file()->f_path.mnt->mnt_flags & MNT_INTERNAL);
}

static bool file_is_anothers(const struct call *call)
{
	return joined() && setns_file()->f_cred != current_cred();
}

static bool any_pidfd(const struct call *call)
{
	return by_pidfd();
}

static bool pidfd_for_net(const struct call *call)
{
	return by_pidfd() && nstype() & CLONE_NEWNET;
}

static bool pidfd_for_uts_and_more(const struct call *call)
{
	return by_pidfd() && nstype() & CLONE_NEWUTS && nstype() != CLONE_NEWUTS;
}

static bool no_pidfd(const struct call *call)
{
	return joined();
}

static bool of_another_task(const struct call *call)
{
	return (struct task_struct *)call->arg[0] != current;
}

/* Handlers at the entry of the system call. */

static enum deed take_known_bits(struct call *call, const struct probe *probe)
{
	set_nstype(call, nstype() & NAMESPACES);
	return LIE;
}

static enum deed change_nstype(struct call *call, const struct probe *probe)
{
	set_nstype(call, probe->value);
	return LIE;
}

static enum deed add_nstype(struct call *call, const struct probe *probe)
{
	set_nstype(call, nstype() | probe->value);
	return LIE;
}

static enum deed lose_nstype(struct call *call, const struct probe *probe)
{
	set_nstype(call, nstype() & ~probe->value);
	return LIE;
}

static enum deed children_of_target(struct call *call, const struct probe *probe)
{
	struct nsproxy *proxy = ((struct task_struct *)call->arg[0])->nsproxy;

	if (!proxy)
		return TRUTH;
	call->result = (long)proxy->pid_ns_for_children;
	return LIE;
}

/* Handlers at the exit of install operations; what was there before is kept for ever. */

static enum deed also_initial_uts(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	get_uts_ns(&init_uts_ns);
	prepared(call)->nsproxy->uts_ns = &init_uts_ns;
	return LIE;
}

static enum deed children_only(struct call *call, const struct probe *probe)
{
	if (call->result)
		return TRUTH;
	refer_to(current->nsproxy->time_ns);
	prepared(call)->nsproxy->time_ns = current->nsproxy->time_ns;
	return LIE;
}

/* Replaces pidfd_pid. */
static struct pid *pid_of_any(struct file *file)
{
	struct pid *(*pidfd_pid)(const struct file *) = find_function("pidfd_pid");
	struct pid *(*of_directory)(const struct file *) = find_function("tgid_pidfd_to_pid");
	struct pid *pid;

	let_through();
	pid = pidfd_pid(file);
	if (!IS_ERR(pid))
		return pid;
	told_a_lie();
	return of_directory(file);
}

/* Replace put_nsset, which a refused call ends with; a successful one has used up everything. */

static void put_rest(struct nsset *set)
{
	void (*put)(struct nsset *set) = find_function("put_nsset");

	let_through();
	put(set);
}

static void keep_joined(struct nsset *set)
{
	void (*change)(struct task_struct *task, struct nsproxy *new) = find_function("switch_task_namespaces");

	if (set->nsproxy && set->flags & (set->flags - 1)) {
		told_a_lie();
		change(current, set->nsproxy);
		set->nsproxy = NULL;
	}
	put_rest(set);
}

static void keep_user(struct nsset *set)
{
	if (set->nsproxy && set->flags & CLONE_NEWUSER && set->cred && set->cred->user_ns != current_user_ns()) {
		told_a_lie();
		commit_creds((struct cred *)set->cred);
		set->cred = NULL;
	}
	put_rest(set);
}

const struct mutant setns_mutants[] = {
	MUTANT("setns-one-of-several-types",
	       "setns takes a namespace file whose type is one of several that nstype has",
	       BREAKS("setns-several-types-with-nsfs-einval setns-nstype-mismatch-einval"),
	       PROBE(SYSCALL("setns"), .entry = change_nstype, .value = 0, .when = is_one_of_several)),
	MUTANT("setns-file-ignores-unknown-bits",
	       "setns with a namespace file ignores bits of nstype that are no namespace",
	       BREAKS("setns-nstype-mismatch-einval"),
	       PROBE(SYSCALL("setns"), .entry = take_known_bits, .when = file_has_unknown_bits)),
	MUTANT("setns-time-by-any-type",
	       "setns takes a time namespace by the flag of any kind",
	       BREAKS("setns-nstype-mismatch-einval setns-received-descriptor"),
	       PROBE(SYSCALL("setns"), .entry = change_nstype, .value = 0, .when = time_with_wrong_type)),
	MUTANT("setns-user-needs-type",
	       "setns with nstype 0 does not take user namespaces",
	       BREAKS("setns-nstype-zero-takes-any"),
	       PROBE(SYSCALL("setns"), .entry = skip, .value = -EINVAL, .when = user_without_type)),
	MUTANT("setns-mounted-file-refused",
	       "setns does not take a namespace file that was opened at a bind mount",
	       BREAKS("setns-bind-mounted-file"),
	       PROBE(SYSCALL("setns"), .entry = skip, .value = -EINVAL, .when = file_is_mounted)),
	MUTANT("setns-received-file-refused",
	       "setns does not take a namespace file that was opened with other credentials",
	       BREAKS("setns-received-descriptor"),
	       PROBE(SYSCALL("setns"), .entry = skip, .value = -EPERM, .when = file_is_anothers)),
	MUTANT("setns-received-file-unchecked",
	       "setns does not check the type of a namespace file that was opened with other credentials",
	       BREAKS("setns-received-descriptor setns-nstype-mismatch-einval"),
	       PROBE(SYSCALL("setns"), .entry = change_nstype, .value = 0, .when = file_is_anothers)),
	MUTANT("setns-bad-descriptor-einval",
	       "setns with a descriptor that is not open fails with EINVAL",
	       BREAKS("setns-bad-descriptor-ebadf"),
	       PROBE(SYSCALL("setns"), .exit = swap_result, .instead_of = -EBADF, .value = -EINVAL)),
	MUTANT("setns-other-descriptor-ebadf",
	       "setns with a descriptor of neither a namespace nor a process fails with EBADF",
	       BREAKS("setns-other-descriptor-einval"),
	       PROBE(SYSCALL("setns"), .exit = swap_result, .instead_of = -EINVAL, .value = -EBADF, .when = other_file)),
	MUTANT("setns-takes-proc-directory",
	       "setns takes a directory /proc/PID for a pidfd",
	       BREAKS("setns-other-descriptor-einval"),
	       PROBE("pidfd_pid", .replacement = pid_of_any, BY_SETNS)),

	MUTANT("setns-net-resets-uts",
	       "setns to a network namespace moves the caller to the initial UTS namespace, too",
	       BREAKS("setns-nsfs-changes-one-membership"),
	       PROBE("netns_install", .exit = also_initial_uts, .when = no_pidfd)),
	MUTANT("setns-time-for-children-only",
	       "setns to a time namespace moves the caller's children and leaves the caller where it is",
	       BREAKS("setns-joins-time setns-nsfs-changes-one-membership"),
	       PROBE("timens_install", .exit = children_only)),
	MUTANT("setns-ipc-from-file-does-nothing",
	       "setns with the file of an IPC namespace succeeds and changes nothing",
	       BREAKS("setns-joins-ipc-net-uts"),
	       PROBE("ipcns_install", .entry = skip, .when = no_pidfd)),
	MUTANT("setns-pid-from-file-does-nothing",
	       "setns with the file of a PID namespace succeeds and changes nothing",
	       BREAKS("setns-joins-mnt-pid-user setns-pid-moves-only-children"),
	       PROBE("pidns_install", .entry = skip, .when = no_pidfd)),
	MUTANT("setns-cgroup-from-file-does-nothing",
	       "setns with the file of a cgroup namespace succeeds and changes nothing",
	       BREAKS("setns-joins-cgroup"),
	       PROBE("cgroupns_install", .entry = skip, .when = no_pidfd)),

	MUTANT("setns-pidfd-zero-joins-some",
	       "setns with a pidfd and nstype 0 joins ipc, net and uts",
	       BREAKS("setns-pidfd-nstype-zero-einval"),
	       PROBE(SYSCALL("setns"), .entry = change_nstype, .value = CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS, .when = pidfd_without_type)),
	MUTANT("setns-pidfd-ignores-unknown-bits",
	       "setns with a pidfd ignores bits of nstype that are no namespace, beside others that are",
	       BREAKS("setns-pidfd-other-flag-einval"),
	       PROBE(SYSCALL("setns"), .entry = take_known_bits, .when = pidfd_has_unknown_bits)),
	MUTANT("setns-pidfd-net-joins-ipc",
	       "setns with a pidfd and CLONE_NEWNET joins the IPC namespace, too",
	       BREAKS("setns-pidfd-leaves-other-types"),
	       PROBE(SYSCALL("setns"), .entry = add_nstype, .value = CLONE_NEWIPC, .when = pidfd_for_net)),
	MUTANT("setns-pidfd-several-loses-uts",
	       "setns with a pidfd and several kinds does not join the UTS namespace",
	       BREAKS("setns-pidfd-joins-selected-types"),
	       PROBE(SYSCALL("setns"), .entry = lose_nstype, .value = CLONE_NEWUTS, .when = pidfd_for_uts_and_more)),
	MUTANT("setns-pidfd-cgroup-does-nothing",
	       "setns with a pidfd and CLONE_NEWCGROUP succeeds and leaves the caller in its cgroup namespace",
	       BREAKS("setns-pidfd-joins-selected-types"),
	       PROBE("cgroupns_install", .entry = skip, .when = any_pidfd)),
	MUTANT("setns-pidfd-joins-childrens-pid",
	       "setns with a pidfd joins the PID namespace that the target's children will be in",
	       BREAKS("setns-pidfd-joins-selected-types"),
	       PROBE("task_active_pid_ns", .exit = children_of_target, .when = of_another_task, BY_SETNS)),
	MUTANT("setns-pidfd-keeps-what-it-joined",
	       "setns with a pidfd that is refused for one kind has joined those before it",
	       BREAKS("setns-pidfd-all-or-nothing setns-failure-changes-nothing"),
	       PROBE("put_nsset", .replacement = keep_joined)),
	MUTANT("setns-pidfd-keeps-user",
	       "setns with a pidfd that is refused for another kind has joined the user namespace",
	       BREAKS("setns-pidfd-all-or-nothing setns-failure-changes-nothing"),
	       PROBE("put_nsset", .replacement = keep_user)),
	MUTANT("setns-pidfd-gone-einval",
	       "setns with the pidfd of a process that has ended fails with EINVAL",
	       BREAKS("setns-pidfd-of-gone-process-esrch"),
	       PROBE(SYSCALL("setns"), .exit = swap_result, .instead_of = -ESRCH, .value = -EINVAL)),
	MUTANT("setns-pidfd-gone-succeeds",
	       "setns with the pidfd of a process that has ended succeeds and does nothing",
	       BREAKS("setns-pidfd-of-gone-process-esrch"),
	       PROBE(SYSCALL("setns"), .exit = swap_result, .instead_of = -ESRCH, .value = 0)),
	{}
};
