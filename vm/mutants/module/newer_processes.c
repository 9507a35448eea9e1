// SPDX-License-Identifier: GPL-2.0-only
/* Lies about the namespaces of pidfds, pidfds of peers, and the first process of a PID namespace. */
#include <linux/file.h>
#include <linux/net.h>
#include <linux/pid.h>
#include <linux/utsname.h>

#include "newer.h"
#include "pid.h"

#define GET_PID			_IO(0xff, 5)
#define GET_PID_FOR_CHILDREN	_IO(0xff, 6)
#define GET_TIME		_IO(0xff, 7)
#define GET_TIME_FOR_CHILDREN	_IO(0xff, 8)
#define GET_USER		_IO(0xff, 9)
#define GET_UTS			_IO(0xff, 10)

static bool opens_namespace(const struct call *call)
{
	return in_syscall(__NR_ioctl) && syscall_arg(1) > _IO(0xff, 0) && syscall_arg(1) <= GET_UTS;
}

static bool opens_user(const struct call *call)
{
	return asks(GET_USER);
}

static bool opens_pid(const struct call *call)
{
	return (unsigned int)call->arg[1] == GET_PID;
}

static bool opens_time_for_children(const struct call *call)
{
	return (unsigned int)call->arg[1] == GET_TIME_FOR_CHILDREN;
}

static bool opens_with_argument(const struct call *call)
{
	return opens_namespace(call) && call->arg[2];
}

/* What would have been opened is kept for ever. */
static enum deed open_callers_uts(struct call *call, const struct probe *probe)
{
	struct uts_namespace *own = current->nsproxy->uts_ns;

	if (!asks(GET_UTS) || call->arg[0] == (unsigned long)&own->ns)
		return TRUTH;
	refer_to(own);
	call->arg[0] = (unsigned long)&own->ns;
	return LIE;
}

static enum deed of_caller(struct call *call, const struct probe *probe)
{
	if (call->arg[0] == (unsigned long)task_tgid(current))
		return TRUTH;
	call->arg[0] = (unsigned long)task_tgid(current);
	return LIE;
}

static bool is_out_of_sight(const struct call *call)
{
	return !pid_nr_ns((struct pid *)call->arg[0], pidns_of(current));
}

static bool receives_from_stream(const struct call *call)
{
	struct file *file = fget(syscall_arg(0));
	bool stream = file && ((struct socket *)file->private_data)->type == SOCK_STREAM;

	if (file)
		fput(file);
	return stream;
}

/* in_userns */

static bool makes_pidns(const struct call *call)
{
	return in_syscall(__NR_unshare) || in_syscall(__NR_clone) || in_syscall(__NR_clone3);
}

static enum deed only_owner(struct call *call, const struct probe *probe)
{
	if (!call->result || call->arg[0] == call->arg[1] || call->arg[0] == (unsigned long)&init_user_ns)
		return TRUTH;
	call->result = false;
	return LIE;
}

static enum deed not_without_init(struct call *call, const struct probe *probe)
{
	struct ns_common *ns = (struct ns_common *)call->result;

	if (!ns || container_of(ns, struct pid_namespace, ns)->child_reaper)
		return TRUTH;
	call->result = 0; /* and a reference is kept for ever */
	return LIE;
}

const struct mutant newer_processes_mutants[] = {
	MUTANT("newer-pidfd-without-ptrace-check",
	       "PIDFD_GET_*_NAMESPACE opens the namespaces of any process",
	       BREAKS("pidfd-get-namespace-needs-ptrace-read"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = opens_namespace)),
	MUTANT("newer-pidfd-user-without-ptrace-check",
	       "PIDFD_GET_USER_NAMESPACE opens the user namespace of any process",
	       BREAKS("pidfd-get-namespace-needs-ptrace-read"),
	       PROBE("ptrace_may_access", .exit = set_result, .value = true, .when = opens_user)),
	MUTANT("newer-pidfd-refused-eperm",
	       "PIDFD_GET_*_NAMESPACE without ptrace access gives EPERM",
	       BREAKS("pidfd-get-namespace-needs-ptrace-read"),
	       PROBE("pidfd_ioctl", .exit = swap_result, .instead_of = -EACCES, .value = -EPERM)),
	MUTANT("newer-pidfd-pid-is-childrens",
	       "PIDFD_GET_PID_NAMESPACE opens that of the process's children",
	       BREAKS("pidfd-get-namespace"),
	       PROBE("pidfd_ioctl", .entry = set_arg, .index = 1, .value = GET_PID_FOR_CHILDREN, .when = opens_pid)),
	MUTANT("newer-pidfd-time-of-children-is-own",
	       "PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE opens that of the process itself",
	       BREAKS("pidfd-get-namespace"),
	       PROBE("pidfd_ioctl", .entry = set_arg, .index = 1, .value = GET_TIME, .when = opens_time_for_children)),
	MUTANT("newer-pidfd-uts-of-caller",
	       "PIDFD_GET_UTS_NAMESPACE opens the caller's",
	       BREAKS("pidfd-get-namespace"),
	       PROBE("open_namespace", .entry = open_callers_uts)),
	MUTANT("newer-pidfd-takes-argument",
	       "PIDFD_GET_*_NAMESPACE takes no notice of its argument",
	       BREAKS("pidfd-get-namespace"),
	       PROBE("pidfd_ioctl", .entry = set_arg, .index = 2, .value = 0, .when = opens_with_argument)),
	MUTANT("newer-pidfd-gone-einval",
	       "PIDFD_GET_*_NAMESPACE of a process that has ended gives EINVAL",
	       BREAKS("pidfd-get-namespace"),
	       PROBE("pidfd_ioctl", .exit = swap_result, .instead_of = -ESRCH, .value = -EINVAL)),
	MUTANT("newer-peerpidfd-of-caller",
	       "SO_PEERPIDFD opens a pidfd of the caller",
	       BREAKS("unix-scm-pidfd-and-peerpidfd"),
	       PROBE("pidfd_prepare", .entry = of_caller, IN_SYSCALL(__NR_getsockopt))),
	MUTANT("newer-peerpidfd-out-of-sight-esrch",
	       "SO_PEERPIDFD does not open a pidfd of who is not in the caller's PID namespace",
	       BREAKS("unix-scm-pidfd-and-peerpidfd"),
	       PROBE("pidfd_prepare", .entry = skip, .value = -ESRCH, .when = is_out_of_sight, IN_SYSCALL(__NR_getsockopt))),
	MUTANT("newer-scm-pidfd-of-receiver",
	       "SO_PASSPIDFD delivers a pidfd of the receiver",
	       BREAKS("unix-scm-pidfd-and-peerpidfd"),
	       PROBE("pidfd_prepare", .entry = of_caller, IN_SYSCALL(__NR_recvmsg))),
	MUTANT("newer-scm-pidfd-out-of-sight-none",
	       "SO_PASSPIDFD delivers no pidfd of who is not in the receiver's PID namespace",
	       BREAKS("unix-scm-pidfd-and-peerpidfd"),
	       PROBE("pidfd_prepare", .entry = skip, .value = -ESRCH, .when = is_out_of_sight, IN_SYSCALL(__NR_recvmsg))),
	MUTANT("newer-scm-pidfd-of-none-on-stream",
	       "SO_PASSPIDFD delivers no pidfd on sockets of type SOCK_STREAM",
	       BREAKS("unix-scm-pidfd-and-peerpidfd"),
	       PROBE("pidfd_prepare", .entry = skip, .value = -ESRCH, .when = receives_from_stream, IN_SYSCALL(__NR_recvmsg))),
	MUTANT("newer-pid-creation-for-anybody",
	       "a PID namespace is made for callers beside or above the owner of the parent",
	       BREAKS("pid-creation-needs-userns-below-owner-einval"),
	       PROBE("in_userns", .exit = set_result, .value = true, .when = makes_pidns)),
	MUTANT("newer-pid-creation-not-below",
	       "a PID namespace is not made for callers below the owner of the parent",
	       BREAKS("pid-creation-needs-userns-below-owner-einval"),
	       PROBE("in_userns", .exit = only_owner, .when = makes_pidns)),
	MUTANT("newer-pid-creation-unshare-eperm",
	       "unshare refuses PID namespaces to callers beside the owner of the parent with EPERM",
	       BREAKS("pid-creation-needs-userns-below-owner-einval"),
	       PROBE("copy_pid_ns", .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM, IN_SYSCALL(__NR_unshare))),
	MUTANT("newer-pid-for-children-needs-init",
	       "pid_for_children cannot be opened before there is a first child",
	       BREAKS("procns-pid-for-children-joinable-at-once"),
	       PROBE("pidns_for_children_get", .exit = not_without_init)),
	MUTANT("newer-first-pid-refused-eperm",
	       "a first process other than pid 1 is refused with EPERM",
	       BREAKS("procns-pid-for-children-joinable-at-once"),
	       PROBE("alloc_pid", .exit = swap_result, .instead_of = -EINVAL, .value = -EPERM)),
	{}
};
