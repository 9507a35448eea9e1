/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mutants are written with. A mutant makes the kernel break one promise,
 * by kprobes on the functions that keep it.
 */
#ifndef NSCONFORM_MUTANT_H
#define NSCONFORM_MUTANT_H

#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/unistd.h>
#include <linux/version.h>

#include <asm/syscall.h>

/* System calls that older headers lack. */
#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#define __NR_listmount 458
#endif
#ifndef __NR_listns
#define __NR_listns 470
#endif

/* A call of a probed function: what it was given, and what it returns. */
struct call {
	unsigned long arg[6];
	long result;
};

/* What a handler has done. */
enum deed {
	TRUTH,	/* nothing: this call is served as it should be */
	LIE,	/* changed arg (at the entry) or result (at the exit), or something else */
	SKIP,	/* at the entry only: the function does not run, its caller gets result */
};

struct probe {
	/* The function; "a|b" takes the first of these that the kernel has. */
	const char *function;

	/*
	 * Called before the function, or after it; a probe has one of them.
	 * At the exit, arg still is what the function was given. Handlers run
	 * with preemption disabled: they may not sleep.
	 */
	enum deed (*entry)(struct call *call, const struct probe *probe);
	enum deed (*exit)(struct call *call, const struct probe *probe);

	/* Called instead of the function, with its arguments; may sleep. */
	void *replacement;

	/* Limits on the calls that are lied to: all that are set must hold. */
	bool (*when)(const struct call *call);
	const int *syscalls;	/* IN_SYSCALL */

	/* For the ready-made handlers below. */
	unsigned int index;
	long value, instead_of;
};

#define MAX_PROBES 6

struct mutant {
	const char *name;
	const char *lie;
	const char *breaks;
	struct probe probes[MAX_PROBES];
};

/*
 * An entry of a table: the mutant's name, its lie as a sentence, the ids of the
 * requirements it breaks, with spaces between them (none if it only costs time),
 * and its probes. nsconform reads these from the source, so all but the probes are
 * plain strings.
 */
#define MUTANT(NAME, SENTENCE, REQUIREMENTS, ...) \
	{ .name = NAME, .lie = SENTENCE, .breaks = REQUIREMENTS, .probes = { __VA_ARGS__ } }
#define BREAKS(IDS) IDS
#define PROBE(FUNCTION, ...) { .function = FUNCTION, __VA_ARGS__ }

/* Only in these system calls: IN_SYSCALL(__NR_clone, __NR_clone3). */
#define IN_SYSCALL(...) .syscalls = (const int[]){ __VA_ARGS__, -1 }

/* The function behind a system call. Its only argument is a struct pt_regs. */
#if defined(CONFIG_X86_64)
#define SYSCALL(NAME) "__x64_sys_" NAME
#elif defined(CONFIG_ARM64)
#define SYSCALL(NAME) "__arm64_sys_" NAME
#endif

/* An argument of the system call that the caller is in. */
unsigned long syscall_arg(unsigned int index);

/* Whether the caller is in a system call. */
bool in_syscall(int nr);

/* Has the next call that this task makes of a probed function served as it should be: for replacements. */
void let_through(void);

/* Counts a lie that a replacement has told. */
void told_a_lie(void);

/* The address of any function, or NULL. Not to be called from a handler. */
void *find_function(const char *name);

/* Ready-made handlers for entries. */
enum deed drop_flags(struct call *call, const struct probe *probe);	/* value out of arg[index], if any of it is there */
enum deed add_flags(struct call *call, const struct probe *probe);	/* value into arg[index] */
enum deed set_arg(struct call *call, const struct probe *probe);	/* arg[index] = value */
enum deed skip(struct call *call, const struct probe *probe);		/* return value */

/* Ready-made handlers for exits. */
enum deed set_result(struct call *call, const struct probe *probe);	/* value, whatever it was */
enum deed swap_result(struct call *call, const struct probe *probe);	/* value, where it was instead_of */
enum deed succeed(struct call *call, const struct probe *probe);	/* 0, where it was an error */
enum deed fail(struct call *call, const struct probe *probe);		/* value, where it was no error */

#endif
