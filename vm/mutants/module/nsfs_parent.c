// SPDX-License-Identifier: GPL-2.0-only
/* Lies about nsfs: NS_GET_PARENT. */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>

#include "nsfs.h"

static bool asks_parent(const struct call *call)
{
	return asks(NS_GET_PARENT);
}

/* What follows replaces ns_get_owner, which gets the parents of user namespaces, and pidns_get_parent. */

static struct ns_common *any_user_parent(struct ns_common *ns)
{
	return user_or_refuse(owner_of(ns), true);
}

static struct ns_common *user_parent_for_its_root(struct ns_common *ns)
{
	if (owner_of(ns) && !ns_capable(owner_of(ns), CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);
	return owner_in(ns, current_user_ns());
}

/* That of a child of the caller's, or of one beside it. */
static struct ns_common *user_parent_in_parents_scope(struct ns_common *ns)
{
	struct user_namespace *own = current_user_ns(), *parent = owner_of(ns);

	if (parent && own->parent && parent->parent == own->parent)
		return user_or_refuse(parent, true);
	return owner_in(ns, own);
}

static struct pid_namespace *pid_parent(struct ns_common *ns)
{
	return container_of(ns, struct pid_namespace, ns)->parent;
}

static struct ns_common *pid_or_refuse(struct pid_namespace *ns, const struct pid_namespace *scope)
{
	const struct pid_namespace *p = ns;

	told_a_lie();
	while (p && p != scope)
		p = p->parent;
	return p ? &get_pid_ns(ns)->ns : ERR_PTR(-EPERM);
}

static struct ns_common *any_pid_parent(struct ns_common *ns)
{
	return pid_or_refuse(pid_parent(ns), &init_pid_ns);
}

static struct ns_common *pid_parent_if_callers(struct ns_common *ns)
{
	struct pid_namespace *own = task_active_pid_ns(current);

	return pid_parent(ns) == own ? pid_or_refuse(own, own) : ERR_PTR(-EPERM);
}

static struct ns_common *pid_parent_in_childrens_scope(struct ns_common *ns)
{
	return pid_or_refuse(pid_parent(ns), current->nsproxy->pid_ns_for_children);
}

static struct ns_common *any_pid_parent_for_nested(struct ns_common *ns)
{
	struct pid_namespace *own = task_active_pid_ns(current);

	return pid_or_refuse(pid_parent(ns), own->level < 2 ? own : &init_pid_ns);
}

static struct ns_common *pid_grandparent(struct ns_common *ns)
{
	struct pid_namespace *parent = pid_parent(ns), *own = task_active_pid_ns(current);

	return pid_or_refuse(parent && parent != own ? parent->parent : parent, own);
}

static struct ns_common *pid_parent_or_itself(struct ns_common *ns)
{
	struct pid_namespace *parent = pid_parent(ns);

	return pid_or_refuse(parent ?: &init_pid_ns, task_active_pid_ns(current));
}

/* For probes of ns_ioctl. */

static bool request_is_parent(const struct call *call)
{
	return request_of(call) == NS_GET_PARENT;
}

static bool request_is_parent_of_net(const struct call *call)
{
	return request_is_parent(call) && kind_of(asked(call)) == CLONE_NEWNET;
}

static bool request_is_parent_of_time(const struct call *call)
{
	return request_is_parent(call) && kind_of(asked(call)) == CLONE_NEWTIME;
}

const struct mutant nsfs_parent_mutants[] = {
	MUTANT("nsfs-parent-of-pid-is-grandparent",
	       "NS_GET_PARENT on a PID namespace skips a generation below the caller's",
	       BREAKS("nsfs-parent-of-pid-and-user"),
	       PROBE("pidns_get_parent", .replacement = pid_grandparent, .when = asks_parent)),
	MUTANT("nsfs-parent-of-pid-scope-unchecked",
	       "NS_GET_PARENT on a PID namespace opens the parent even above the caller's",
	       BREAKS("nsfs-parent-above-callers-pidns-eperm"),
	       PROBE("pidns_get_parent", .replacement = any_pid_parent, .when = asks_parent)),
	MUTANT("nsfs-parent-of-pid-scope-unchecked-below",
	       "NS_GET_PARENT on a PID namespace opens any parent for who is two or more below the initial one",
	       BREAKS("nsfs-parent-above-callers-pidns-eperm"),
	       PROBE("pidns_get_parent", .replacement = any_pid_parent_for_nested, .when = asks_parent)),
	MUTANT("nsfs-parent-of-pid-descendants-refused",
	       "NS_GET_PARENT on a PID namespace opens the parent only if that is the caller's",
	       BREAKS("nsfs-parent-of-pid-and-user"),
	       PROBE("pidns_get_parent", .replacement = pid_parent_if_callers, .when = asks_parent)),
	MUTANT("nsfs-parent-of-pid-scope-of-children",
	       "NS_GET_PARENT goes by the PID namespace of the caller's children",
	       BREAKS("nsfs-parent-above-callers-pidns-eperm nsfs-parent-of-pid-and-user"),
	       PROBE("pidns_get_parent", .replacement = pid_parent_in_childrens_scope, .when = asks_parent)),
	MUTANT("nsfs-parent-of-initial-pid-is-itself",
	       "NS_GET_PARENT on the initial PID namespace opens it",
	       BREAKS("nsfs-parent-of-initial-eperm"),
	       PROBE("pidns_get_parent", .replacement = pid_parent_or_itself, .when = asks_parent)),
	MUTANT("nsfs-parent-of-user-scope-unchecked",
	       "NS_GET_PARENT on a user namespace opens the parent even above the caller's",
	       BREAKS("nsfs-userns-of-userns-is-parent"),
	       PROBE("ns_get_owner", .replacement = any_user_parent, .when = asks_parent)),
	MUTANT("nsfs-parent-of-user-beside",
	       "NS_GET_PARENT on a user namespace opens a parent beside the caller's, too",
	       BREAKS("nsfs-userns-of-userns-is-parent"),
	       PROBE("ns_get_owner", .replacement = user_parent_in_parents_scope, .when = asks_parent)),
	MUTANT("nsfs-parent-of-user-needs-its-root",
	       "NS_GET_PARENT on a user namespace is refused without CAP_SYS_ADMIN in the parent",
	       BREAKS("nsfs-parent-of-pid-and-user"),
	       PROBE("ns_get_owner", .replacement = user_parent_for_its_root, .when = asks_parent)),
	MUTANT("nsfs-parent-eperm-is-einval",
	       "NS_GET_PARENT without a parent that the caller may see fails with EINVAL",
	       BREAKS("nsfs-parent-of-initial-eperm nsfs-parent-above-callers-pidns-eperm"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -EPERM, .value = -EINVAL, .when = request_is_parent)),
	MUTANT("nsfs-parent-of-net-is-owner",
	       "NS_GET_PARENT on a network namespace opens its owner",
	       BREAKS("nsfs-parent-of-non-hierarchical-einval"),
	       PROBE("ns_ioctl", .entry = set_arg, .index = 1, .value = NS_GET_USERNS, .when = request_is_parent_of_net)),
	MUTANT("nsfs-parent-of-time-enotty",
	       "NS_GET_PARENT on a time namespace fails with ENOTTY",
	       BREAKS("nsfs-parent-of-non-hierarchical-einval"),
	       PROBE("ns_ioctl", .exit = swap_result, .instead_of = -EINVAL, .value = -ENOTTY, .when = request_is_parent_of_time)),
	{}
};
