// SPDX-License-Identifier: GPL-2.0-only
/* Lies about who may write maps of ids. */
#include <linux/capability.h>
#include <linux/kernel.h>

#include "idmaps.h"

static enum deed check_writer(struct call *call, const struct probe *probe)
{
	bool may = ns_capable_noaudit((struct user_namespace *)call->arg[1], call->arg[2]);

	if (may == (bool)(u8)call->result)
		return TRUTH;
	call->result = may;
	return LIE;
}

/* What a task has written last. */
static struct task_struct *author;
static const char *written;

static enum deed note_text(struct call *call, const struct probe *probe)
{
	written = IS_ERR_VALUE(call->result) ? NULL : (const char *)call->result;
	author = current;
	return TRUTH;
}

static enum deed ask_of_first_line(struct call *call, const struct probe *probe)
{
	unsigned int inside, outside;

	if ((u8)call->result || (int)call->arg[2] != CAP_SETFCAP || author != current || !written)
		return TRUTH;
	if (sscanf(written, "%u %u", &inside, &outside) != 2 || !outside)
		return TRUTH;
	call->result = true;
	return LIE;
}

static enum deed permitted_suffices(struct call *call, const struct probe *probe)
{
	struct user_namespace *ns = ((struct cred *)call->arg[0])->user_ns;

	if ((int)call->result || ns->parent_could_setfcap || !cap_raised(current_cred()->cap_permitted, CAP_SETFCAP))
		return TRUTH;
	ns->parent_could_setfcap = true;
	return LIE;
}

static enum deed look_for_first(struct call *call, const struct probe *probe)
{
	if ((u32)call->arg[2] < 2)
		return TRUTH;
	call->arg[2] = 1;
	return LIE;
}

/* Replaces proc_gid_map_write. */
static ssize_t take_from_two_above(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	ssize_t (*write)(struct file *file, const char __user *buf, size_t size, loff_t *pos) = find_function("proc_gid_map_write");
	ssize_t (*write_map)(struct file *file, const char __user *buf, size_t size, loff_t *pos, int cap,
			     struct uid_gid_map *map, struct uid_gid_map *parents) = find_function("map_write");
	struct user_namespace *ns = mapped(file);

	if (ns->parent && ns->parent->parent == file->f_cred->user_ns && write_map) {
		told_a_lie();
		return write_map(file, buf, size, pos, CAP_SETGID, &ns->gid_map, &ns->parent->gid_map);
	}
	let_through();
	return write(file, buf, size, pos);
}

/* At the entry of map_write, and at its exit. */

static kuid_t owner;
static struct user_namespace *owned;

static enum deed pretend_to_own(struct call *call, const struct probe *probe)
{
	const struct cred *opener = map_file(call)->f_cred;
	struct user_namespace *ns = mapped(map_file(call));

	if (owned || opener->user_ns != ns || uid_eq(opener->euid, ns->owner))
		return TRUTH;
	owner = ns->owner;
	owned = ns;
	ns->owner = opener->euid;
	return LIE;
}

static enum deed stop_pretending(struct call *call, const struct probe *probe)
{
	if (owned != mapped(map_file(call)))
		return TRUTH;
	owned->owner = owner;
	owned = NULL;
	return TRUTH;
}

const struct mutant idmaps_permission_mutants[] = {
	MUTANT("user-map-asks-writer-for-opener",
	       "for all that takes a capability of who has opened a map, who writes is asked instead",
	       BREAKS("user-map-opener-checked-like-writer user-map-write-needs-cap-in-target"),
	       PROBE("file_ns_capable", .exit = check_writer, BY_WRITING)),
	MUTANT("user-map-setfcap-for-first-line-only",
	       "the parent's uid 0 takes CAP_SETFCAP in the first line of a map only",
	       BREAKS("user-map-parent-root-from-parent-needs-setfcap"),
	       PROBE("memdup_user_nul", .exit = note_text, BY_WRITING),
	       PROBE("file_ns_capable", .exit = ask_of_first_line, BY_WRITING)),
	MUTANT("user-map-setfcap-permitted-suffices",
	       "the creator of a user namespace whose members map uid 0 need not have CAP_SETFCAP in effect",
	       BREAKS("user-map-parent-root-from-inside-needs-setfcap"),
	       PROBE("create_user_ns", .exit = permitted_suffices)),
	MUTANT("user-map-first-id-outside-suffices",
	       "the parent need map only the first id outside of a line",
	       BREAKS("user-map-outside-must-be-mapped-in-parent-eperm user-projid-map-ids-mapped-in-parent-eperm"),
	       PROBE("map_id_range_down", .entry = look_for_first, BY_WRITING)),
	MUTANT("user-gid-map-from-two-above",
	       "gid_map can be written from two user namespaces above, too",
	       BREAKS("user-map-writer-in-target-or-parent"),
	       PROBE("proc_gid_map_write", .replacement = take_from_two_above)),
	MUTANT("user-map-of-ones-own-id-by-any-member",
	       "whoever is in a user namespace may map its own uid or gid there, not only its owner",
	       BREAKS("user-map-unprivileged-writer-is-creator"),
	       PROBE("map_write", .entry = pretend_to_own),
	       PROBE("map_write", .exit = stop_pretending)),
	{}
};
