// SPDX-License-Identifier: GPL-2.0-only
/* Lies about file handles of namespaces, and about what is active. */
#include <linux/sockios.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "newer.h"

/* struct nsfs_file_handle */
struct identification {
	u64 id;
	u32 type, inode;
};

#define HANDLE_TYPE 0xf1

static struct identification *given(const struct call *call)
{
	return (struct identification *)call->arg[1];
}

static enum deed make_shorter(struct call *call, const struct probe *probe)
{
	struct inode *inode = (struct inode *)call->arg[0];

	if ((int)call->result != HANDLE_TYPE || kind_of(inode->i_private) != CLONE_NEWUTS)
		return TRUTH;
	*(int *)call->arg[2] = 3;
	return LIE;
}

static enum deed go_by_id_alone(struct call *call, const struct probe *probe)
{
	struct identification *handle = given(call);

	if (!handle->type && !handle->inode)
		return TRUTH;
	handle->type = handle->inode = 0;
	return LIE;
}

static enum deed go_by_any_type(struct call *call, const struct probe *probe)
{
	call->arg[3] = HANDLE_TYPE;
	return LIE;
}

static enum deed callers_own(struct call *call, const struct probe *probe)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	struct ns_common *own = &current->nsproxy->uts_ns->ns;

	if (given(call)->type != CLONE_NEWUTS || given(call)->id == own->ns_id)
		return TRUTH;
	given(call)->id = own->ns_id;
	given(call)->inode = own->inum;
	return LIE;
#else
	return TRUTH;
#endif
}

static bool is_net(const struct call *call)
{
	return flag_of((struct ns_common *)call->arg[0]) == CLONE_NEWNET;
}

static bool is_user(const struct call *call)
{
	return flag_of((struct ns_common *)call->arg[0]) == CLONE_NEWUSER;
}

/* The owner's owner of a network namespace stays active for ever. */
static enum deed keep_owners_owner(struct call *call, const struct probe *probe)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	struct ns_common *ns = (struct ns_common *)call->arg[0];
	struct user_namespace *owner;

	if (kind_of(ns) != CLONE_NEWNET || ns == &init_net.ns)
		return TRUTH;
	owner = owner_of(ns)->parent;
	if (!owner || owner == &init_user_ns)
		return TRUTH;
	atomic_inc(&owner->ns.__ns_ref_active);
	return LIE;
#else
	return TRUTH;
#endif
}

const struct mutant newer_handles_mutants[] = {
	MUTANT("newer-handle-type-generic",
	       "name_to_handle_at gives a handle of another type for a namespace",
	       BREAKS("nsfs-file-handle-type-and-size"),
	       PROBE("nsfs_encode_fh", .exit = swap_result, .instead_of = HANDLE_TYPE, .value = 1)),
	MUTANT("newer-handle-shorter-of-uts",
	       "name_to_handle_at gives a handle of 12 bytes for a UTS namespace",
	       BREAKS("nsfs-file-handle-type-and-size"),
	       PROBE("nsfs_encode_fh", .exit = make_shorter)),
	MUTANT("newer-handle-checks-id-only",
	       "open_by_handle_at does not compare type and inode of a namespace with those in the handle",
	       BREAKS("nsfs-file-handle-reopens"),
	       PROBE("nsfs_fh_to_dentry", .entry = go_by_id_alone)),
	MUTANT("newer-handle-of-any-type",
	       "open_by_handle_at takes handles of other types for such of namespaces",
	       BREAKS("nsfs-file-handle-reopens"),
	       PROBE("nsfs_fh_to_dentry", .entry = go_by_any_type)),
	MUTANT("newer-handle-opens-callers-uts",
	       "open_by_handle_at opens the caller's UTS namespace for the handle of another",
	       BREAKS("nsfs-file-handle-reopens"),
	       PROBE("nsfs_fh_to_dentry", .entry = callers_own)),
	MUTANT("newer-handle-without-privilege",
	       "open_by_handle_at opens any namespace for anybody",
	       BREAKS("nsfs-file-handle-of-foreign-needs-privilege"),
	       PROBE("may_see_all_namespaces", .exit = set_result, .value = true, IN_SYSCALL(__NR_open_by_handle_at))),
	MUTANT("newer-handle-capable-anywhere",
	       "open_by_handle_at opens any namespace for root of any user namespace",
	       BREAKS("nsfs-file-handle-of-foreign-needs-privilege"),
	       PROBE("may_see_all_namespaces", .exit = capable_anywhere, IN_SYSCALL(__NR_open_by_handle_at))),
	MUTANT("newer-inactive-net-visible",
	       "a network namespace that only a socket keeps is not hidden",
	       BREAKS("listns-inactive-hidden"),
	       PROBE("__ns_ref_active_put", .entry = skip, .when = is_net)),
	MUTANT("newer-inactive-owner-visible",
	       "a user namespace without members, whose namespaces are hidden, is not hidden",
	       BREAKS("listns-inactive-hidden"),
	       PROBE("__ns_ref_active_put", .entry = skip, .when = is_user)),
	MUTANT("newer-inactive-owners-owner-visible",
	       "a user namespace without members is not hidden when what is hidden below it is two levels deep",
	       BREAKS("listns-inactive-hidden"),
	       PROBE("__ns_ref_active_put", .entry = keep_owners_owner)),
	{}
};
