// SPDX-License-Identifier: GPL-2.0-only
/* Lies about listns. */
#include "newer.h"

/* struct ns_id_req */
struct wanted {
	u32 size, spare;
	u64 after;
	u32 types, spare2;
	u64 owner;
};

#define CURRENT_USER (~0ULL)
#define INITIAL_USER 3 /* USER_NS_INIT_ID */

/* Runs listns with the caller's request changed, and changes it back. */
static long list_instead(const struct pt_regs *regs, void (*change)(struct wanted *))
{
	long (*listns)(const struct pt_regs *) = find_function(SYSCALL("listns"));
	void __user *request = (void __user *)syscall_arg(0);
	struct wanted right, wrong;
	long result;

	if (!copy_from_user(&right, request, sizeof(right))) {
		wrong = right;
		change(&wrong);
		if (memcmp(&right, &wrong, sizeof(right)) && !copy_to_user(request, &wrong, sizeof(wrong)))
			told_a_lie();
	}
	let_through();
	result = listns(regs);
	if (copy_to_user(request, &right, sizeof(right)))
		return -EFAULT;
	return result;
}

static void first_type_only(struct wanted *wanted)
{
	wanted->types &= -wanted->types;
}

static void anybodys(struct wanted *wanted)
{
	if (wanted->owner != CURRENT_USER && wanted->types)
		wanted->owner = 0;
}

static void initial_users(struct wanted *wanted)
{
	if (wanted->owner == CURRENT_USER)
		wanted->owner = INITIAL_USER;
}

static void once_more(struct wanted *wanted)
{
	if (wanted->after)
		wanted->after--;
}

static void any_type_of_owners(struct wanted *wanted)
{
	if (wanted->owner)
		wanted->types = 0;
}

static void nothing_spare(struct wanted *wanted)
{
	wanted->spare = 0;
}

static long list_first_type(const struct pt_regs *regs) { return list_instead(regs, first_type_only); }
static long list_anybodys(const struct pt_regs *regs) { return list_instead(regs, anybodys); }
static long list_initial_users(const struct pt_regs *regs) { return list_instead(regs, initial_users); }
static long list_once_more(const struct pt_regs *regs) { return list_instead(regs, once_more); }
static long list_any_type(const struct pt_regs *regs) { return list_instead(regs, any_type_of_owners); }
static long list_with_spare(const struct pt_regs *regs) { return list_instead(regs, nothing_spare); }

static bool is_cgroup(const struct call *call)
{
	return flag_of((struct ns_common *)call->arg[0]) == CLONE_NEWCGROUP;
}

const struct mutant newer_listns_mutants[] = {
	MUTANT("newer-listns-first-type-only",
	       "listns lists one type of several that are asked for",
	       BREAKS("listns-filters-by-type-and-owner"),
	       PROBE(SYSCALL("listns"), .replacement = list_first_type)),
	MUTANT("newer-listns-of-any-owner",
	       "listns lists other owners' namespaces, too, when asked for types",
	       BREAKS("listns-filters-by-type-and-owner"),
	       PROBE(SYSCALL("listns"), .replacement = list_anybodys)),
	MUTANT("newer-listns-current-is-initial",
	       "listns takes the initial user namespace for the caller's",
	       BREAKS("listns-filters-by-type-and-owner"),
	       PROBE(SYSCALL("listns"), .replacement = list_initial_users)),
	MUTANT("newer-listns-repeats-last",
	       "listns goes on with the namespace that it has listed last",
	       BREAKS("listns-filters-by-type-and-owner"),
	       PROBE(SYSCALL("listns"), .replacement = list_once_more)),
	MUTANT("newer-listns-owners-of-any-type",
	       "listns does not go by the type when it is asked for an owner's",
	       BREAKS("listns-filters-by-type-and-owner"),
	       PROBE(SYSCALL("listns"), .replacement = list_any_type)),
	MUTANT("newer-listns-takes-spare",
	       "listns takes no notice of what is spare in its request",
	       BREAKS("listns-filters-by-type-and-owner"),
	       PROBE(SYSCALL("listns"), .replacement = list_with_spare)),
	MUTANT("newer-listns-ends-empty",
	       "listns lists nothing behind the last namespace, where it should fail",
	       BREAKS("listns-filters-by-type-and-owner"),
	       PROBE(SYSCALL("listns"), .exit = swap_result, .instead_of = -ENOENT, .value = 0)),
	MUTANT("newer-listns-unknown-type-einval",
	       "listns refuses unknown types with EINVAL",
	       BREAKS("listns-filters-by-type-and-owner"),
	       PROBE(SYSCALL("listns"), .exit = swap_result, .instead_of = -EOPNOTSUPP, .value = -EINVAL)),
	MUTANT("newer-listns-shows-all",
	       "listns shows anybody all namespaces",
	       BREAKS("listns-unprivileged-sees-own"),
	       PROBE("may_see_all_namespaces", .exit = set_result, .value = true, IN_SYSCALL(__NR_listns))),
	MUTANT("newer-listns-capable-anywhere",
	       "listns shows root of any user namespace all namespaces",
	       BREAKS("listns-unprivileged-sees-own"),
	       PROBE("may_see_all_namespaces", .exit = capable_anywhere, IN_SYSCALL(__NR_listns))),
	MUTANT("newer-listns-in-any-pidns",
	       "listns shows root all namespaces whatever PID namespace he is in",
	       BREAKS("listns-unprivileged-sees-own"),
	       PROBE("may_see_all_namespaces", .exit = in_any_pidns, IN_SYSCALL(__NR_listns))),
	MUTANT("newer-listns-hides-own-cgroup",
	       "listns hides the caller's own cgroup namespace without privilege",
	       BREAKS("listns-unprivileged-sees-own"),
	       PROBE("is_current_namespace", .exit = set_result, .value = false, .when = is_cgroup, IN_SYSCALL(__NR_listns))),
	{}
};
