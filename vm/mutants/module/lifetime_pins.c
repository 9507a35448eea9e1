// SPDX-License-Identifier: GPL-2.0-only
/* Lies about what keeps namespaces without members: descriptors and mounts. */
#include <linux/cgroup.h>
#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/ipc_namespace.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/stat.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "mutant.h"
#include "references.h"

static bool is_namespace(const struct inode *inode, int flag)
{
	return inode->i_sb->s_magic == NSFS_MAGIC && flag_of((struct ns_common *)inode->i_private) == flag;
}

static bool is_mounted(const struct path *path)
{
	return path->dentry->d_sb->s_magic == NSFS_MAGIC && !(path->mnt->mnt_flags & MNT_INTERNAL);
}

/* The file of a namespace, if there is one. */
static struct dentry *file_of(struct ns_common *ns)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	return (struct dentry *)atomic_long_read(&ns->stashed);
#else
	return READ_ONCE(ns->stashed);
#endif
}

/* Makes the file that keeps a UTS namespace one of the initial namespace. */
static void redirect(struct dentry *file, struct uts_namespace *from)
{
	d_inode(file)->i_private = &init_uts_ns.ns;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
	atomic_long_set(&from->ns.stashed, 0);
#else
	from->ns.stashed = NULL;
	file->d_fsdata = &init_uts_ns.ns.stashed;
#endif
	refer_to(&init_uts_ns);
}

/* When a process gives up its namespaces: arg[0] is its nsproxy. */
static enum deed lose_pinned_uts(struct call *call, const struct probe *probe)
{
	struct uts_namespace *uts = ((struct nsproxy *)call->arg[0])->uts_ns;
	struct dentry *file = file_of(&uts->ns);

	if (uts == &init_uts_ns || !file || !has_references(uts, 2))
		return TRUTH;
	redirect(file, uts);
	forget(uts);
	return LIE;
}

/* When one of several descriptors of an open file is closed. */
static enum deed lose_shared_uts(struct call *call, const struct probe *probe)
{
	struct file *file = (struct file *)call->arg[0];
	struct uts_namespace *uts;

	if (!is_namespace(file_inode(file), CLONE_NEWUTS) || file_count(file) < 2)
		return TRUTH;
	uts = container_of((struct ns_common *)file_inode(file)->i_private, struct uts_namespace, ns);
	if (uts == &init_uts_ns || !has_references(uts, 1))
		return TRUTH;
	/* Its memory stays: this is no place to free it. */
	redirect(file->f_path.dentry, uts);
	return LIE;
}

static enum deed lose_mtu(struct call *call, const struct probe *probe)
{
	struct net *net = ((struct nsproxy *)call->arg[0])->net_ns;

	if (net == &init_net || !file_of(&net->ns) || !has_references(net, 2))
		return TRUTH;
	net->loopback_dev->mtu = 64 * 1024;
	return LIE;
}

static bool joins_memberless_ipc(const struct call *call)
{
	return has_references(container_of((struct ns_common *)call->arg[1], struct ipc_namespace, ns), 1);
}

static bool opens_memberless_cgroup(const struct call *call)
{
	const struct path *path = (struct path *)call->arg[0];
	const struct inode *inode = d_inode(path->dentry);

	return is_mounted(path) && is_namespace(inode, CLONE_NEWCGROUP) &&
	       has_references(container_of((struct ns_common *)inode->i_private, struct cgroup_namespace, ns), 1);
}

static enum deed show_other_device(struct call *call, const struct probe *probe)
{
	if (call->result || !is_mounted((struct path *)call->arg[0]))
		return TRUTH;
	((struct kstat *)call->arg[1])->dev++;
	return LIE;
}

static bool exits(const struct call *call)
{
	return current->flags & (PF_EXITING | PF_KTHREAD);
}

const struct mutant lifetime_pins_mutants[] = {
	MUTANT("pin-lost-with-last-member",
	       "the open or mounted file of a UTS namespace is one of the initial namespace when the last member is gone",
	       BREAKS("pin-open-fd-keeps-alive pin-bind-mount-keeps-alive pin-bind-mount-opens-same-namespace"),
	       PROBE("free_nsproxy|nsproxy_ns_active_put", .entry = lose_pinned_uts)),
	MUTANT("pin-lost-with-first-copy",
	       "a UTS namespace without members is lost when one of several copies of its descriptor is closed",
	       BREAKS("pin-open-fd-keeps-alive"),
	       PROBE("filp_flush|filp_close", .entry = lose_shared_uts, IN_SYSCALL(__NR_close))),
	MUTANT("pin-keeps-no-state",
	       "an open or mounted network namespace forgets an MTU when its last member is gone",
	       BREAKS("pin-open-fd-keeps-alive"),
	       PROBE("free_nsproxy|nsproxy_ns_active_put", .entry = lose_mtu)),
	MUTANT("pin-setns-refused-without-members",
	       "an IPC namespace without members cannot be joined",
	       BREAKS("pin-open-fd-keeps-alive"),
	       PROBE("ipcns_install", .entry = skip, .value = -EINVAL, .when = joins_memberless_ipc)),
	MUTANT("pin-mount-unopenable-without-members",
	       "the mounted file of a cgroup namespace without members cannot be opened",
	       BREAKS("pin-bind-mount-keeps-alive pin-bind-mount-opens-same-namespace"),
	       PROBE("vfs_open", .entry = skip, .value = -ENXIO, .when = opens_memberless_cgroup)),
	MUTANT("pin-mount-has-other-device",
	       "what is opened at the mount of a namespace file seems to be on another device",
	       BREAKS("pin-bind-mount-opens-same-namespace"),
	       PROBE("vfs_getattr_nosec", .exit = show_other_device)),
	MUTANT("pin-kept-after-unmount",
	       "a mount namespace stays when its last mount is unmounted",
	       BREAKS("pin-unmount-releases"),
	       PROBE("mntns_put", .entry = skip, IN_SYSCALL(__NR_umount2))),
	MUTANT("pin-outlives-its-mount-namespace",
	       "a UTS namespace stays when the mount namespace that has its last mount ends",
	       BREAKS("pin-unmount-releases"),
	       PROBE("utsns_put", .entry = skip, .when = exits)),
	{}
};
