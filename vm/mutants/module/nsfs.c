// SPDX-License-Identifier: GPL-2.0-only
/* Lies about nsfs: NS_GET_USERNS. */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>

#include "nsfs.h"

/* For probes of ns_get_owner: what it is called for, and of which namespace. */

static struct ns_common *given(const struct call *call)
{
	return (struct ns_common *)call->arg[0];
}

static bool asks_owner(const struct call *call)
{
	return asks(NS_GET_USERNS);
}

static bool asks_owner_of_user(const struct call *call)
{
	return asks(NS_GET_USERNS) && kind_of(given(call)) == CLONE_NEWUSER;
}

static bool asks_owner_of_initial(const struct call *call)
{
	return asks(NS_GET_USERNS) && given(call) == &init_user_ns.ns;
}

static bool asks_owner_of_other(const struct call *call)
{
	return asks(NS_GET_USERNS) && kind_of(given(call)) != CLONE_NEWUSER;
}

/* What follows replaces ns_get_owner. */

static struct ns_common *callers_userns(struct ns_common *ns)
{
	return user_or_refuse(current_user_ns(), true);
}

static struct ns_common *owner_above_nested(struct ns_common *ns)
{
	struct user_namespace *owner = owner_of(ns);

	if (!owner || owner->level < 2)
		return owner_in(ns, current_user_ns());
	return user_or_refuse(owner->parent, true);
}

static struct ns_common *user_itself(struct ns_common *ns)
{
	return user_or_refuse(container_of(ns, struct user_namespace, ns), true);
}

static struct ns_common *any_owner(struct ns_common *ns)
{
	return user_or_refuse(owner_of(ns), true);
}

static struct ns_common *owner_if_callers(struct ns_common *ns)
{
	return user_or_refuse(owner_of(ns), owner_of(ns) == current_user_ns());
}

static struct ns_common *owner_in_openers_scope(struct ns_common *ns)
{
	struct file *file = fget(syscall_arg(0));
	struct ns_common *owner = owner_in(ns, file->f_cred->user_ns);

	fput(file);
	return owner;
}

static struct ns_common *owner_for_privileged(struct ns_common *ns)
{
	if (!ns_capable(current_user_ns(), CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	return owner_in(ns, current_user_ns());
}

typedef long ioctl_function(struct file *file, unsigned int request, unsigned long arg);

/* A replacement of ns_ioctl. */
static long refuse_but_open(struct file *file, unsigned int request, unsigned long arg)
{
	ioctl_function *ioctl = find_function("ns_ioctl");
	long result;
	int fd;

	let_through();
	result = ioctl(file, request, arg);
	if (result != -EPERM)
		return result;
	told_a_lie();
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd >= 0)
		fd_install(fd, get_file(file));
	return result;
}

/* For probes of ns_ioctl. */

static bool request_is_owner(const struct call *call)
{
	return request_of(call) == NS_GET_USERNS;
}

static bool request_is_owner_of_other(const struct call *call)
{
	return request_is_owner(call) && kind_of(asked(call)) != CLONE_NEWUSER;
}

static bool request_is_owner_of_initial(const struct call *call)
{
	return request_is_owner(call) && asked(call) == &init_user_ns.ns;
}

const struct mutant nsfs_mutants[] = {
	MUTANT("nsfs-userns-is-callers",
	       "NS_GET_USERNS opens the caller's user namespace, whoever owns the namespace",
	       BREAKS("nsfs-userns-is-owner nsfs-returned-fd-same-inode-as-proc"),
	       PROBE("ns_get_owner", .replacement = callers_userns, .when = asks_owner_of_other)),
	MUTANT("nsfs-userns-nested-is-parents",
	       "NS_GET_USERNS opens the parent of the owner when that is nested deeper than once",
	       BREAKS("nsfs-userns-is-owner"),
	       PROBE("ns_get_owner", .replacement = owner_above_nested, .when = asks_owner_of_other)),
	MUTANT("nsfs-userns-of-userns-is-itself",
	       "NS_GET_USERNS on a user namespace opens it instead of its parent",
	       BREAKS("nsfs-userns-of-userns-is-parent"),
	       PROBE("ns_get_owner", .replacement = user_itself, .when = asks_owner_of_user)),
	MUTANT("nsfs-userns-scope-unchecked",
	       "NS_GET_USERNS opens owners outside the caller's scope, too",
	       BREAKS("nsfs-userns-outside-scope-eperm"),
	       PROBE("ns_get_owner", .replacement = any_owner, .when = asks_owner)),
	MUTANT("nsfs-userns-descendants-refused",
	       "NS_GET_USERNS opens the owner only if that is the caller's user namespace",
	       BREAKS("nsfs-userns-is-owner"),
	       PROBE("ns_get_owner", .replacement = owner_if_callers, .when = asks_owner_of_other)),
	MUTANT("nsfs-userns-scope-of-opener",
	       "NS_GET_USERNS goes by the user namespace of whoever opened the descriptor",
	       BREAKS("nsfs-userns-outside-scope-eperm"),
	       PROBE("ns_get_owner", .replacement = owner_in_openers_scope, .when = asks_owner)),
	MUTANT("nsfs-userns-needs-privilege",
	       "NS_GET_USERNS on namespaces other than user is refused without CAP_SYS_ADMIN in the caller's user namespace",
	       BREAKS("nsfs-userns-is-owner"),
	       PROBE("ns_get_owner", .replacement = owner_for_privileged, .when = asks_owner_of_other)),
	MUTANT("nsfs-userns-scope-eacces",
	       "NS_GET_USERNS outside the caller's scope fails with EACCES",
	       BREAKS("nsfs-userns-outside-scope-eperm"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -EPERM, .value = -EACCES, .when = request_is_owner_of_other)),
	MUTANT("nsfs-userns-refused-yet-opened",
	       "NS_GET_USERNS outside the caller's scope fails, and leaves the caller a descriptor",
	       BREAKS("nsfs-userns-outside-scope-eperm"),
	       PROBE("ns_ioctl", .replacement = refuse_but_open, .when = request_is_owner)),
	MUTANT("nsfs-userns-of-initial-is-itself",
	       "NS_GET_USERNS on the initial user namespace opens it",
	       BREAKS("nsfs-userns-of-initial-userns-eperm"),
	       PROBE("ns_get_owner", .replacement = user_itself, .when = asks_owner_of_initial)),
	MUTANT("nsfs-userns-of-initial-enoent",
	       "NS_GET_USERNS on the initial user namespace fails with ENOENT",
	       BREAKS("nsfs-userns-of-initial-userns-eperm"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -EPERM, .value = -ENOENT, .when = request_is_owner_of_initial)),
	{}
};
