package catalog

import "maps"

// needs is the closed set of what a test may need. Capabilities are those over
// the user namespace that owns the namespaces concerned: the suite's own
// unless userns is needed, too.
var needs = map[string]string{
	"CAP_SYS_ADMIN":     "the capability, to make and join namespaces and to mount",
	"CAP_SYS_CHROOT":    "the capability, to call chroot",
	"CAP_SYS_RESOURCE":  "the capability, to exceed limits",
	"CAP_SYS_TIME":      "the capability, to set offsets of clocks",
	"CAP_WAKE_ALARM":    "the capability, to set alarm clocks",
	"CAP_NET_ADMIN":     "the capability, to configure network devices",
	"CAP_NET_BROADCAST": "the capability, to listen to all network namespaces",

	"root":             "uid 0 with all capabilities in the suite's user namespace",
	"two-uids":         "a second uid that shares nothing with the first",
	"unprivileged-uid": "a uid other than 0 without capabilities, which may make user namespaces",
	"init-userns":      "the suite runs in the initial user namespace",

	"userns":        "a user namespace below the suite's",
	"nested-userns": "a user namespace below another one",
	"nested-pidns":  "a PID namespace below another one",
	"mntns":         "a mount namespace owned by the user namespace",
	"pidns":         "a PID namespace owned by the user namespace",
	"netns":         "a network namespace owned by the user namespace",
	"ipcns":         "an IPC namespace owned by the user namespace",
	"cgroupns":      "a cgroup namespace owned by the user namespace",

	"cgroup-v1": "a mounted cgroup version 1 hierarchy",
	"cgroup-v2": "the cgroup version 2 hierarchy",

	"idmap-fs":     "a file system that supports idmapped mounts",
	"disk-image":   "a disk image of a file system that tmpfs cannot stand for, and a loop device",
	"block-device": "a block device with a file system",
	"file-caps":    "a program with file capabilities on a file system that stores them",
	"core-pattern": "setting kernel.core_pattern, which is the whole machine's",
	"veth":         "virtual Ethernet pairs",
	"physical-nic": "a network device that is not virtual",

	"newuidmap":        "the programs newuidmap and newgidmap, and entries in /etc/subuid and /etc/subgid",
	"unshare-tool":     "the program unshare of util-linux",
	"nsenter-tool":     "the program nsenter of util-linux",
	"lsns-tool":        "the program lsns of util-linux",
	"ip-tool":          "the program ip of iproute2",
	"cni-plugins":      "the plugins of containernetworking, and the program ip",
	"oci-runtime":      "a container runtime with the commands of runc",
	"container-engine": "a container engine that makes containers of images, such as Podman",
	"initramfs-boot":   "a boot that stays in the initramfs",
	"own-kernel-build": "a kernel built without an option that distributions set",
}

// Needs returns everything that a [Requirement] may need, each with what it
// stands for.
func Needs() map[string]string { return maps.Clone(needs) }
