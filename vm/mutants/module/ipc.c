// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what is reached from which IPC namespace. */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sem.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include <uapi/linux/shm.h>

#include "ipc.h"
#include "mutant.h"

/* The namespace that was left last for a new one; kept for ever. */
static struct ipc_namespace *parent;

static enum deed remember_parent(struct call *call, const struct probe *probe)
{
	if (call->arg[0] & CLONE_NEWIPC)
		parent = get_ipc_ns((struct ipc_namespace *)call->arg[2]);
	return TRUTH;
}

static bool has_parent(void)
{
	return parent && parent != current_ipc_ns();
}

/* How the get calls tell what they are asked for. */
struct request {
	key_t key;
	int flags;
	size_t size;
};

static int get(struct ipc_namespace *ns, int kind, const void *ops, struct request *request)
{
	static int (*function)(struct ipc_namespace *, struct ipc_ids *, const void *, struct request *);

	if (!function)
		function = find_function("ipcget");
	let_through();
	return function(ns, &ns->ids[kind], ops, request);
}

static bool gets_segment(const struct call *call)
{
	return call->arg[1] == (unsigned long)&current_ipc_ns()->ids[SHM] && has_parent();
}

static int get_here_or_there(struct ipc_namespace *ns, struct ipc_ids *ids, const void *ops, struct request *request)
{
	int result = get(ns, SHM, ops, request);

	if (result == -ENOENT) {
		told_a_lie();
		result = get(parent, SHM, ops, request);
	}
	return result;
}

static bool gets_semaphores(const struct call *call)
{
	return call->arg[1] == (unsigned long)&current_ipc_ns()->ids[SEM] && has_parent();
}

static int get_unless_there(struct ipc_namespace *ns, struct ipc_ids *ids, const void *ops, struct request *request)
{
	struct request look = { .key = request->key };

	if (request->key != IPC_PRIVATE && request->flags & IPC_EXCL && get(parent, SEM, ops, &look) >= 0) {
		told_a_lie();
		return -EEXIST;
	}
	return get(ns, SEM, ops, request);
}

/* Objects of the kind that is the probe's value. */
static enum deed find_there(struct call *call, const struct probe *probe)
{
	struct ipc_ids *ids = (struct ipc_ids *)call->arg[0];
	int id = call->arg[1], kind = probe->value;

	if (!has_parent() || ids != &current_ipc_ns()->ids[kind] || object_at(ids, id) || !object_at(&parent->ids[kind], id))
		return TRUTH;
	call->arg[0] = (unsigned long)&parent->ids[kind];
	return LIE;
}

/* The latest namespaces, kept for ever, and how many there have been. */
static struct ipc_namespace *made[16];
static unsigned int count;

static enum deed remember_made(struct call *call, const struct probe *probe)
{
	struct ipc_namespace *ns = (struct ipc_namespace *)call->result;

	if (call->arg[0] & CLONE_NEWIPC && !IS_ERR(ns))
		made[count++ % ARRAY_SIZE(made)] = get_ipc_ns(ns);
	return TRUTH;
}

/* From the initial namespace, objects of the kind that is the probe's value. */
static enum deed find_anywhere(struct call *call, const struct probe *probe)
{
	struct ipc_ids *ids = (struct ipc_ids *)call->arg[0];
	int i, id = call->arg[1], kind = probe->value;

	if (ids != &initial_ipc_ns()->ids[kind] || object_at(ids, id))
		return TRUTH;
	for (i = 0; i < ARRAY_SIZE(made) && made[i]; i++) {
		if (!object_at(&made[i]->ids[kind], id))
			continue;
		call->arg[0] = (unsigned long)&made[i]->ids[kind];
		return LIE;
	}
	return TRUTH;
}

static bool locks(const struct call *call)
{
	return syscall_arg(1) == SHM_LOCK;
}

static bool gets_all(const struct call *call)
{
	return syscall_arg(2) == GETALL;
}

static enum deed stat_there(struct call *call, const struct probe *probe)
{
	struct ipc_ids *ids = (struct ipc_ids *)call->arg[0];
	int index = call->arg[1];

	if (!has_parent() || ids != &current_ipc_ns()->ids[SHM] || object_at(ids, index) || !object_at(&parent->ids[SHM], index))
		return TRUTH;
	call->arg[0] = (unsigned long)&parent->ids[SHM];
	return LIE;
}

static bool stats_by_index(const struct call *call)
{
	return syscall_arg(1) == SHM_STAT;
}

static enum deed set_mode_there(struct call *call, const struct probe *probe)
{
	const struct ipc64_perm *wanted = (const struct ipc64_perm *)call->arg[4];
	struct kern_ipc_perm *object;

	if (call->result != -EINVAL || call->arg[3] != IPC_SET || !has_parent())
		return TRUTH;
	object = object_at(&parent->ids[SEM], call->arg[2]);
	if (!object)
		return TRUTH;
	object->mode = (object->mode & ~0777) | (wanted->mode & 0777);
	return LIE;
}

/* The new namespace's own mount stays behind, so it must never be freed. */
static enum deed share_queues(struct call *call, const struct probe *probe)
{
	struct ipc_namespace *ns = (struct ipc_namespace *)call->arg[0];

	if (call->result)
		return TRUTH;
	get_ipc_ns(ns)->mq_mnt = mntget(current_ipc_ns()->mq_mnt);
	return LIE;
}

static int install_new(struct nsset *nsset, struct ns_common *ns)
{
	static int (*install)(struct nsset *, struct ns_common *);
	static struct ipc_namespace *(*copy)(unsigned long, struct user_namespace *, struct ipc_namespace *);
	static void (*put)(struct ipc_namespace *);
	struct ipc_namespace *joined, *new;
	int err;

	if (!put) {
		install = find_function("ipcns_install");
		copy = find_function("copy_ipcs");
		put = find_function("put_ipc_ns");
	}
	let_through();
	err = install(nsset, ns);
	if (err)
		return err;
	joined = nsset->nsproxy->ipc_ns;
	new = copy(CLONE_NEWIPC, joined->user_ns, joined);
	if (IS_ERR(new))
		return PTR_ERR(new);
	told_a_lie();
	nsset->nsproxy->ipc_ns = new;
	put(joined);
	return 0;
}

static bool joins_by_pidfd(const struct call *call)
{
	struct file *file = fget(syscall_arg(0));
	bool by_pidfd;

	if (!file)
		return false;
	by_pidfd = file_inode(file)->i_sb->s_magic != NSFS_MAGIC;
	fput(file);
	return by_pidfd;
}

static int open_list_of_parent(struct inode *inode, struct file *file)
{
	static int (*function)(struct inode *, struct file *);
	struct ipc_namespace **listed;
	int err;

	if (!function)
		function = find_function("sysvipc_proc_open");
	let_through();
	err = function(inode, file);
	if (!err && has_parent()) {
		told_a_lie();
		listed = ((struct seq_file *)file->private_data)->private;
		*listed = get_ipc_ns(parent);
	}
	return err;
}

static bool opens_list_of_semaphores(const struct call *call)
{
	return !strcmp(((struct file *)call->arg[1])->f_path.dentry->d_name.name, "sem");
}

const struct mutant ipc_mutants[] = {
	MUTANT("ipc-unshare-shares",
	       "unshare(CLONE_NEWIPC) goes on sharing the IPC namespace",
	       BREAKS("ipc-shm-unreachable-elsewhere ipc-msg-unreachable-elsewhere ipc-sem-unreachable-elsewhere"
		      " ipc-mq-unreachable-elsewhere ipc-same-key-in-two-namespaces ipc-new-namespace-empty"),
	       PROBE("copy_ipcs", .entry = drop_flags, .value = CLONE_NEWIPC, IN_SYSCALL(__NR_unshare))),
	MUTANT("ipc-shmget-finds-key-of-parent",
	       "shmget looks a key that it does not find up in the IPC namespace that a new one was made from last",
	       BREAKS("ipc-shm-unreachable-elsewhere"),
	       PROBE("copy_ipcs", .entry = remember_parent),
	       PROBE("ipcget", .replacement = get_here_or_there, .when = gets_segment)),
	MUTANT("ipc-msgrcv-takes-from-parent",
	       "msgrcv with an id of no queue receives from that of the IPC namespace that a new one was made from last",
	       BREAKS("ipc-msg-unreachable-elsewhere"),
	       PROBE("copy_ipcs", .entry = remember_parent),
	       PROBE("ipc_obtain_object_check", .entry = find_there, .value = MSG, IN_SYSCALL(__NR_msgrcv))),
	MUTANT("ipc-initial-receives-anywhere",
	       "from the initial IPC namespace, msgrcv with an id of no queue receives from that of another namespace",
	       BREAKS("ipc-msg-unreachable-elsewhere"),
	       PROBE("copy_ipcs", .exit = remember_made),
	       PROBE("ipc_obtain_object_check", .entry = find_anywhere, .value = MSG, IN_SYSCALL(__NR_msgrcv))),
	MUTANT("ipc-shm-lock-reaches-parents",
	       "shmctl(SHM_LOCK) with an id of no segment locks that of the IPC namespace that a new one was made from last",
	       BREAKS("ipc-shm-unreachable-elsewhere"),
	       PROBE("copy_ipcs", .entry = remember_parent),
	       PROBE("ipc_obtain_object_check", .entry = find_there, .value = SHM, .when = locks, IN_SYSCALL(__NR_shmctl))),
	MUTANT("ipc-sem-getall-reads-parents",
	       "semctl(GETALL) with an id of no set reads that of the IPC namespace that a new one was made from last",
	       BREAKS("ipc-sem-unreachable-elsewhere"),
	       PROBE("copy_ipcs", .entry = remember_parent),
	       PROBE("ipc_obtain_object_check", .entry = find_there, .value = SEM, .when = gets_all, IN_SYSCALL(__NR_semctl))),
	MUTANT("ipc-sem-set-changes-mode-in-parent",
	       "semctl(IPC_SET) with an id of no set fails, and changes the mode of a set of another IPC namespace",
	       BREAKS("ipc-sem-unreachable-elsewhere"),
	       PROBE("copy_ipcs", .entry = remember_parent),
	       PROBE("ipcctl_obtain_check", .exit = set_mode_there, IN_SYSCALL(__NR_semctl))),
	MUTANT("ipc-semget-key-taken-in-parent",
	       "semget with IPC_EXCL fails when the IPC namespace that a new one was made from last has the key",
	       BREAKS("ipc-same-key-in-two-namespaces"),
	       PROBE("copy_ipcs", .entry = remember_parent),
	       PROBE("ipcget", .replacement = get_unless_there, .when = gets_semaphores)),
	MUTANT("ipc-new-namespace-shares-queues",
	       "a new IPC namespace has the POSIX message queues of its creator's",
	       BREAKS("ipc-mq-unreachable-elsewhere ipc-same-key-in-two-namespaces ipc-new-namespace-empty"),
	       PROBE("mq_init_ns", .exit = share_queues)),
	MUTANT("ipc-setns-joins-new-namespace",
	       "setns to an IPC namespace moves the caller to a new one",
	       BREAKS("ipc-objects-visible-to-all-members ipc-objects-survive-while-pinned"),
	       PROBE("ipcns_install", .replacement = install_new)),
	MUTANT("ipc-setns-by-pidfd-does-nothing",
	       "setns to the IPC namespace of a process, by its pidfd, succeeds and changes nothing",
	       BREAKS("ipc-objects-visible-to-all-members"),
	       PROBE("ipcns_install", .entry = skip, .when = joins_by_pidfd, IN_SYSCALL(__NR_setns))),
	MUTANT("ipc-shm-stat-by-index-finds-parents",
	       "shmctl(SHM_STAT) with an unused index finds a segment of the IPC namespace that a new one was made from last",
	       BREAKS("ipc-new-namespace-empty"),
	       PROBE("copy_ipcs", .entry = remember_parent),
	       PROBE("ipc_obtain_object_idr", .entry = stat_there, .when = stats_by_index, IN_SYSCALL(__NR_shmctl))),
	MUTANT("ipc-proc-sem-lists-parent",
	       "/proc/sysvipc/sem lists the sets of the IPC namespace that a new one was made from last",
	       BREAKS("ipc-proc-sysvipc-lists-own-objects"),
	       PROBE("copy_ipcs", .entry = remember_parent),
	       PROBE("sysvipc_proc_open", .replacement = open_list_of_parent, .when = opens_list_of_semaphores)),
	{}
};
