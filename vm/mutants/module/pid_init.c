// SPDX-License-Identifier: GPL-2.0-only
/* Lies about inits of PID namespaces: the signals that they get, and send when they end. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "pid.h"

/* prepare_signal(signal, task, force), which says whether a signal is to be sent. */

static bool from_inside(const struct call *call, int sig)
{
	struct task_struct *task = (struct task_struct *)call->arg[1];

	return (int)call->arg[0] == sig && is_init(task) && caller_is_inside_of(task);
}

static bool kill_from_inside(const struct call *call)
{
	return from_inside(call, SIGKILL);
}

static bool stop_from_inside(const struct call *call)
{
	return from_inside(call, SIGSTOP);
}

static bool from_outside(const struct call *call, int sig)
{
	struct task_struct *task = (struct task_struct *)call->arg[1];

	return (int)call->arg[0] == sig && is_init(task) && !caller_is_inside_of(task);
}

static bool kill_from_outside(const struct call *call)
{
	return from_outside(call, SIGKILL);
}

static bool stop_from_outside(const struct call *call)
{
	return from_outside(call, SIGSTOP);
}

static bool to_init_from_inside(const struct call *call)
{
	struct task_struct *task = (struct task_struct *)call->arg[1];

	return is_init(task) && caller_is_inside_of(task);
}

static bool to_init_from_outside(const struct call *call)
{
	struct task_struct *task = (struct task_struct *)call->arg[1];

	return is_init(task) && !caller_is_inside_of(task) && (int)call->arg[0] != SIGKILL;
}

/* do_send_sig_info(signal, info, task, type) and the like. */

static enum deed kill_instead(struct call *call, const struct probe *probe)
{
	struct task_struct *task = (struct task_struct *)call->arg[2];

	if ((int)call->arg[0] != SIGTERM || !is_init(task) || caller_is_inside_of(task))
		return TRUTH;
	if (task->sighand->action[SIGTERM - 1].sa.sa_handler != SIG_DFL)
		return TRUTH;
	call->arg[0] = SIGKILL;
	return LIE;
}

static enum deed tell_outer_sender(struct call *call, const struct probe *probe)
{
	struct kernel_siginfo *info = (struct kernel_siginfo *)call->arg[1];
	struct task_struct *task = (struct task_struct *)call->arg[2];

	if ((unsigned long)info <= 2 || !is_init(task) || caller_is_inside_of(task))
		return TRUTH;
	info->si_pid = task_tgid_nr(current);
	return LIE;
}

static bool zaps(const struct call *call)
{
	return call->arg[0] == SIGKILL && call->arg[1] == 1 && is_init(current);
}

static bool zaps_nested(const struct call *call)
{
	return zaps(call) && task_pid((struct task_struct *)call->arg[2])->level > task_pid(current)->level;
}

static bool kills_all(void)
{
	return in_syscall(__NR_kill) && (int)syscall_arg(0) == -1;
}

static bool kills_nested(const struct call *call)
{
	return kills_all() && task_pid((struct task_struct *)call->arg[2])->level > task_pid(current)->level;
}

static enum deed number_for_kill(struct call *call, const struct probe *probe)
{
	if (!kills_all() || (int)call->result != probe->instead_of)
		return TRUTH;
	call->result = 99;
	return LIE;
}

/* check_kill_permission(signal, info, task) */

static bool to_init(const struct call *call)
{
	return is_init((struct task_struct *)call->arg[2]);
}

static bool caller_can_in_own_userns(const struct call *call)
{
	return cap_raised(current_cred()->cap_effective, CAP_KILL);
}

static bool caller_is_in_userns(const struct call *call)
{
	struct task_struct *task = (struct task_struct *)call->arg[2];

	return current_user_ns() != &init_user_ns && !uid_eq(current_euid(), task_uid(task)) && task != current;
}

const struct mutant pid_init_mutants[] = {
	MUTANT("pid-init-killed-from-inside",
	       "SIGKILL from inside kills the init of a PID namespace",
	       BREAKS("pid-init-kill-and-stop-from-inside-no-effect pid-init-protected-from-privileged-senders"),
	       PROBE("prepare_signal", .entry = set_arg, .index = 2, .value = true, .when = kill_from_inside)),
	MUTANT("pid-init-stopped-from-inside",
	       "SIGSTOP from inside stops the init of a PID namespace",
	       BREAKS("pid-init-kill-and-stop-from-inside-no-effect"),
	       PROBE("prepare_signal", .entry = set_arg, .index = 2, .value = true, .when = stop_from_inside)),
	MUTANT("pid-init-killed-by-tkill-from-inside",
	       "SIGKILL by tkill from inside kills the init of a PID namespace",
	       BREAKS("pid-init-kill-and-stop-from-inside-no-effect"),
	       PROBE("prepare_signal", .entry = set_arg, .index = 2, .value = true, .when = kill_from_inside, IN_SYSCALL(__NR_tkill))),
	MUTANT("pid-init-not-killed-by-ancestor",
	       "SIGKILL by kill from an ancestor namespace does not kill an init",
	       BREAKS("pid-init-killed-by-ancestor-sigkill"),
	       PROBE("prepare_signal", .exit = set_result, .value = false, .when = kill_from_outside, IN_SYSCALL(__NR_kill))),
	MUTANT("pid-init-not-stopped-by-ancestor",
	       "SIGSTOP by kill from an ancestor namespace does not stop an init",
	       BREAKS("pid-init-stopped-by-ancestor-sigstop"),
	       PROBE("prepare_signal", .exit = set_result, .value = false, .when = stop_from_outside, IN_SYSCALL(__NR_kill))),
	MUTANT("pid-init-deaf-to-tgkill-from-inside",
	       "an init gets no signal by tgkill from inside, not even one that it handles",
	       BREAKS("pid-init-handled-signal-from-inside-delivered"),
	       PROBE("prepare_signal", .exit = set_result, .value = false, .when = to_init_from_inside, IN_SYSCALL(__NR_tgkill))),
	MUTANT("pid-init-deaf-to-ancestors",
	       "an init gets no signal but SIGKILL by kill from an ancestor namespace, not even one that it handles",
	       BREAKS("pid-init-signal-from-ancestor-needs-handler"),
	       PROBE("prepare_signal", .exit = set_result, .value = false, .when = to_init_from_outside, IN_SYSCALL(__NR_kill))),
	MUTANT("pid-init-ended-by-ancestors-sigterm",
	       "SIGTERM from an ancestor namespace ends an init that does not handle it",
	       BREAKS("pid-init-signal-from-ancestor-needs-handler"),
	       PROBE("do_send_sig_info", .entry = kill_instead)),
	MUTANT("pid-init-told-outer-sender",
	       "an init is told the outermost number of a sender who is outside",
	       BREAKS("pid-init-signal-from-ancestor-si-pid-zero"),
	       PROBE("__send_signal_locked|__send_signal", .entry = tell_outer_sender)),
	MUTANT("pid-init-told-outer-sender-by-queue",
	       "an init is told the outermost number of a sender who is outside and uses rt_sigqueueinfo",
	       BREAKS("pid-init-signal-from-ancestor-si-pid-zero"),
	       PROBE("__send_signal_locked|__send_signal", .entry = tell_outer_sender, IN_SYSCALL(__NR_rt_sigqueueinfo))),
	MUTANT("pid-init-signalled-by-anybody",
	       "anybody may signal an init",
	       BREAKS("pid-init-signal-from-ancestor-needs-permission"),
	       PROBE("check_kill_permission", .exit = succeed, .when = to_init)),
	MUTANT("pid-cap-kill-in-senders-userns",
	       "CAP_KILL in the sender's own user namespace suffices to signal anybody",
	       BREAKS("pid-kill-cap-in-targets-userns pid-init-signal-from-ancestor-needs-permission"),
	       PROBE("check_kill_permission", .exit = succeed, .when = caller_can_in_own_userns)),
	MUTANT("pid-cap-kill-in-initial-userns",
	       "CAP_KILL counts in the initial user namespace only",
	       BREAKS("pid-kill-cap-in-targets-userns"),
	       PROBE("check_kill_permission", .exit = fail, .value = -EPERM, .when = caller_is_in_userns)),

	MUTANT("pid-init-exit-terminates",
	       "when an init ends, the others get SIGTERM",
	       BREAKS("pid-init-exit-kills-all"),
	       PROBE("group_send_sig_info", .entry = set_arg, .value = SIGTERM, .when = zaps)),
	MUTANT("pid-init-exit-spares-nested",
	       "when an init ends, those in nested PID namespaces are not killed",
	       BREAKS("pid-init-exit-kills-nested-and-joined"),
	       PROBE("group_send_sig_info", .entry = skip, .when = zaps_nested)),
	MUTANT("pid-kill-all-spares-nested",
	       "kill(-1) does not reach nested PID namespaces",
	       BREAKS("pid-kill-all-stays-inside"),
	       PROBE("check_kill_permission", .exit = fail, .value = -EPERM, .when = kills_nested)),
	MUTANT("pid-kill-all-reaches-outside",
	       "kill(-1) reaches processes outside of the caller's PID namespace",
	       BREAKS("pid-kill-all-stays-inside"),
	       PROBE("__task_pid_nr_ns", .exit = number_for_kill, .instead_of = 0)),
	MUTANT("pid-kill-all-reaches-init",
	       "kill(-1) reaches the init of the caller's PID namespace",
	       BREAKS("pid-kill-all-stays-inside"),
	       PROBE("__task_pid_nr_ns", .exit = number_for_kill, .instead_of = 1)),
	{}
};
