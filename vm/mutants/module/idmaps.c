// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what maps of ids say, and what they come to. */
#include <linux/capability.h>
#include <linux/uidgid.h>

#include "idmaps.h"

/* At the exit of map_write. */
static enum deed keep_parents_uids(struct call *call, const struct probe *probe)
{
	struct user_namespace *ns = mapped(map_file(call)), *parent = ns->parent;
	struct uid_gid_map *map = (struct uid_gid_map *)call->arg[5];
	unsigned int i;

	if (call->result <= 0 || map != &ns->uid_map || map->nr_extents <= FEW || !parent->parent)
		return TRUTH;
	for (i = 0; i < map->nr_extents; i++)
		map->reverse[i].lower_first = from_kuid(parent, KUIDT_INIT(map->reverse[i].lower_first));
	return LIE;
}

/* What cmp_map_id looks for. */
struct idmap_wanted {
	bool map_up;
	u32 id;
	u32 count;
};

static enum deed lose_last(struct call *call, const struct probe *probe)
{
	const struct idmap_wanted *key = (const struct idmap_wanted *)call->arg[0];
	const struct uid_gid_extent *extent = (const struct uid_gid_extent *)call->arg[1];

	if ((int)call->result || !key->map_up || extent->count < 2 || key->id != extent->lower_first + extent->count - 1)
		return TRUTH;
	call->result = 1;
	return LIE;
}

static bool reads_decimal(const struct call *call)
{
	return call->arg[2] == 10;
}

/* For map_id_up, by who reads a file of maps. */
static bool of_own_gids(const struct call *call)
{
	return call->arg[0] == (unsigned long)&current_user_ns()->gid_map;
}

static bool of_projects(const struct call *call)
{
	return (int)call->arg[4] == -1;
}

static enum deed leave_saved_uid(struct call *call, const struct probe *probe)
{
	uid_t saved = syscall_arg(2);

	if (uid_valid(KUIDT_INIT((uid_t)call->result)) || (uid_t)call->arg[1] != saved || saved == (uid_t)-1 ||
	    saved == (uid_t)syscall_arg(0) || saved == (uid_t)syscall_arg(1))
		return TRUTH;
	call->result = __kuid_val(current_suid());
	return LIE;
}

static enum deed allow_again(struct call *call, const struct probe *probe)
{
	struct user_namespace *ns = mapped(map_file(call));

	if ((int)call->result != -EPERM || !ns->parent || ns->parent->flags & USERNS_SETGROUPS_ALLOWED || ns->gid_map.nr_extents)
		return TRUTH;
	ns->flags |= USERNS_SETGROUPS_ALLOWED;
	call->result = call->arg[2];
	return LIE;
}

const struct mutant idmaps_mutants[] = {
	MUTANT("user-uid-map-of-many-lines-keeps-parents-ids",
	       "with more than five lines, two user namespaces below the initial one, uids are looked up as the parent's",
	       BREAKS("user-ids-translated-for-caller"),
	       PROBE("map_write", .exit = keep_parents_uids, BY_WRITING)),
	MUTANT("user-map-of-many-lines-loses-last-id",
	       "with more than five lines the last id outside of each line has none inside",
	       BREAKS("user-ids-translated-for-caller user-map-340-lines user-map-any-order"),
	       PROBE("cmp_map_id", .exit = lose_last)),
	MUTANT("user-map-takes-numbers-of-any-base",
	       "maps take hexadecimal and octal numbers",
	       BREAKS("user-map-invalid-number-einval user-map-line-three-numbers user-projid-map-format-einval"),
	       PROBE("simple_strtoul", .entry = set_arg, .index = 2, .value = 0, .when = reads_decimal, BY_WRITING)),
	MUTANT("user-gid-map-shows-overflow-gid",
	       "gids outside that the reader's user namespace does not have show as the overflow gid",
	       BREAKS("user-map-unmapped-outside-shown-as-all-ones user-map-outside-in-readers-namespace"),
	       PROBE("map_id_up", .exit = swap_result, .instead_of = -1, .value = 65534, .when = of_own_gids, IN_SYSCALL(__NR_read))),
	MUTANT("user-projid-map-takes-cap-sys-resource",
	       "to write projid_map takes CAP_SYS_RESOURCE in the user namespace above",
	       BREAKS("user-projid-map-needs-no-capability"),
	       PROBE("map_write", .entry = set_arg, .index = 4, .value = CAP_SYS_RESOURCE, .when = of_projects)),
	MUTANT("user-setresuid-leaves-saved-uid",
	       "setresuid with a saved uid that is not mapped leaves that as it is",
	       BREAKS("user-setid-unmapped-einval user-setuid-without-map-einval"),
	       PROBE("make_kuid", .exit = leave_saved_uid, IN_SYSCALL(__NR_setresuid))),
	MUTANT("user-setgroups-allowed-again-below",
	       "allow may be written to setgroups in a user namespace that has got its deny from the one above",
	       BREAKS("user-setgroups-file-inherited-deny-eperm"),
	       PROBE("proc_setgroups_write", .exit = allow_again, BY_WRITING)),
	{}
};
