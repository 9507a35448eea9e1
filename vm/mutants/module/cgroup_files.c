// SPDX-License-Identifier: GPL-2.0-only
/* Lies about /proc/PID/cgroup, and about what children and programs inherit. */
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/nsproxy.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "cgroup.h"

/* proc_cgroup_show(file, namespace, pid, task) has one reader at a time while the lie is told. */
static struct task_struct *reader, *shown;

static enum deed note_reader(struct call *call, const struct probe *probe)
{
	reader = current;
	shown = (struct task_struct *)call->arg[3];
	return TRUTH;
}

static bool is_read(const struct call *call)
{
	return reader == current && shown->nsproxy;
}

/* cgroup_path_ns_locked(cgroup, buffer, size, namespace) */
static enum deed show_members_view(struct call *call, const struct probe *probe)
{
	if (call->arg[3] == (unsigned long)initial() || call->arg[3] == (unsigned long)shown->nsproxy->cgroup_ns)
		return TRUTH;
	call->arg[3] = (unsigned long)shown->nsproxy->cgroup_ns;
	return LIE;
}

static bool has_controllers(const struct call *call)
{
	return ((struct cgroup *)call->arg[0])->root->subsys_mask && ((struct cgroup *)call->arg[0])->root->hierarchy_id;
}

static enum deed show_initial(struct call *call, const struct probe *probe)
{
	if (call->arg[3] == (unsigned long)initial())
		return TRUTH;
	call->arg[3] = (unsigned long)initial();
	return LIE;
}

/* At the exit of proc_cgroup_show: changes of the text, line by line. */

static enum deed change_lines(struct call *call, char *(*change)(char *line, char *colon, char *end))
{
	struct seq_file *file = (struct seq_file *)call->arg[0];
	char *line = file->buf, *end, *at;
	enum deed deed = TRUTH;

	if (call->result || seq_has_overflowed(file))
		return TRUTH;
	for (; line < file->buf + file->count; line = end + 1) {
		end = memchr(line, '\n', file->buf + file->count - line);
		at = end ? memchr(line, ':', end - line) : NULL;
		if (!at)
			return deed;
		at = change(line, at, end);
		deed = at ? LIE : deed;
	}
	return deed;
}

static char *space_for_colon(char *line, char *colon, char *end)
{
	return memset(colon, ' ', 1);
}

static char *another_number(char *line, char *colon, char *end)
{
	if (*line != '0' || colon != line + 1)
		return NULL;
	return memset(line, '1', 1);
}

static char *space_for_comma(char *line, char *colon, char *end)
{
	char *comma = memchr(colon, ',', end - colon);

	return comma ? memset(comma, ' ', 1) : NULL;
}

static enum deed write_two_fields(struct call *call, const struct probe *probe)
{
	return change_lines(call, space_for_colon);
}

static enum deed number_v2(struct call *call, const struct probe *probe)
{
	return change_lines(call, another_number);
}

static enum deed write_spaces(struct call *call, const struct probe *probe)
{
	return change_lines(call, space_for_comma);
}

/* Moves a process to the root of the hierarchy. */
static void move(struct task_struct *task)
{
	struct file *file = filp_open("/sys/fs/cgroup/cgroup.procs", O_WRONLY, 0);
	char pid[16];
	loff_t at = 0;

	if (IS_ERR(file))
		return;
	snprintf(pid, sizeof(pid), "%d", task_tgid_vnr(task));
	if (kernel_write(file, pid, strlen(pid), &at) > 0)
		told_a_lie();
	filp_close(file, NULL);
}

/* Replaces cgroup_post_fork. */
static void start_at_root(struct task_struct *child, void *args)
{
	void (*post_fork)(struct task_struct *child, void *args) = find_function("cgroup_post_fork");

	let_through();
	post_fork(child, args);
	if (!is_initial() && thread_group_leader(child))
		move(child);
}

/* Replaces begin_new_exec. */
static int start_in_new_namespace(struct linux_binprm *program)
{
	int (*begin)(struct linux_binprm *program) = find_function("begin_new_exec");
	int (*unshare)(unsigned long flags, struct nsproxy **new, struct cred *cred, struct fs_struct *fs) =
		find_function("unshare_nsproxy_namespaces");
	void (*change)(struct task_struct *task, struct nsproxy *new) = find_function("switch_task_namespaces");
	struct nsproxy *new = NULL;
	int err;

	let_through();
	err = begin(program);
	if (!err && !is_initial() && !unshare(CLONE_NEWCGROUP, &new, NULL, NULL) && new) {
		told_a_lie();
		change(current, new);
	}
	return err;
}

/* Replaces cgroupns_install. */
static int join_and_move(struct nsset *set, struct ns_common *ns)
{
	int (*install)(struct nsset *set, struct ns_common *ns) = find_function("cgroupns_install");
	int err;

	let_through();
	err = install(set, ns);
	if (!err)
		move(current);
	return err;
}

const struct mutant cgroup_files_mutants[] = {
	MUTANT("cgroup-path-of-members",
	       "/proc/PID/cgroup shows readers of inner namespaces the path that the process itself would see",
	       BREAKS("cgroup-path-full-from-parent-namespace cgroup-path-relative-to-readers-root"),
	       PROBE("proc_cgroup_show", .entry = note_reader),
	       PROBE("cgroup_path_ns_locked", .entry = show_members_view, .when = is_read)),
	MUTANT("cgroup-path-of-initial-in-v1-controllers",
	       "/proc/PID/cgroup shows everybody the whole path in version 1 hierarchies with controllers",
	       BREAKS("cgroup-creators-v1-cgroups-become-roots"),
	       PROBE("cgroup_path_ns_locked", .entry = show_initial, .when = has_controllers)),
	MUTANT("cgroup-lines-of-two-fields",
	       "the lines of /proc/PID/cgroup have a space after the hierarchy's number",
	       BREAKS("cgroup-proc-file-line-format"),
	       PROBE("proc_cgroup_show", .exit = write_two_fields)),
	MUTANT("cgroup-v2-is-1",
	       "the version 2 line of /proc/PID/cgroup has the number 1",
	       BREAKS("cgroup-proc-file-v2-line"),
	       PROBE("proc_cgroup_show", .exit = number_v2)),
	MUTANT("cgroup-v1-spaces",
	       "the first two controllers of a version 1 line have a space between them",
	       BREAKS("cgroup-proc-file-v1-lines"),
	       PROBE("proc_cgroup_show", .exit = write_spaces)),
	MUTANT("cgroup-children-start-at-root",
	       "children of inner cgroup namespaces start in the hierarchy's root",
	       BREAKS("cgroup-inherited-by-fork-kept-by-execve"),
	       PROBE("cgroup_post_fork", .replacement = start_at_root)),
	MUTANT("cgroup-execve-unshares",
	       "execve makes a new cgroup namespace",
	       BREAKS("cgroup-inherited-by-fork-kept-by-execve"),
	       PROBE("begin_new_exec", .replacement = start_in_new_namespace)),
	MUTANT("setns-cgroup-moves-to-root",
	       "who joins a cgroup namespace moves to the hierarchy's root",
	       BREAKS("setns-cgroup-leaves-cgroup"),
	       PROBE("cgroupns_install", .replacement = join_and_move)),
	{}
};
