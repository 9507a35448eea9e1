package inspect

import (
	"strings"

	"github.com/nsconform/nsconform/nsutil"
)

// checkPID looks at each /proc of the target's: it belongs to the PID namespace of who has
// mounted it, whoever reads it (pid_namespaces(7), /proc and PID namespaces).
func checkPID(f *facts, found *finding) {
	if !f.process {
		return
	}
	found.needs = append(found.needs, factMounts, factProcs)
	host, _ := topmost(f.hostMounts, "/proc")
	for _, p := range f.procs {
		switch {
		case p.namespace == f.own[nsutil.PID]:
		case p.namespace == f.host[nsutil.PID], p.namespace == 0 && host.fstype == "proc" && p.device == host.device:
			found.leak("%s shows the %s's processes", p.point, f.whose)
		case p.showsCaller:
			found.leak("%s shows processes outside of its PID namespace: this one, for one", p.point)
		case p.namespace != 0:
			found.note("%s shows the processes of PID namespace %d", p.point, p.namespace)
		}
	}
}

// checkNet looks for the host's sysfs: there is one superblock for each network namespace,
// with the links of that one under /sys/class/net.
func checkNet(f *facts, found *finding) {
	f.checkSuperblock(found, "sysfs", "/sys", "%s shows the %s's links, below class/net")
}

// checkIPC looks for the host's mqueue file system, of which there is one superblock for
// each IPC namespace, and its /dev/shm, where POSIX shared memory is.
func checkIPC(f *facts, found *finding) {
	f.checkSuperblock(found, "mqueue", "/dev/mqueue", "%s has the %s's POSIX message queues")
	f.checkSuperblock(found, "tmpfs", "/dev/shm", "%s has the %s's POSIX shared memory")
}

// checkSuperblock looks for a mount of what the host has at a point.
func (f *facts) checkSuperblock(found *finding, fstype, hosts, says string) {
	if !f.process {
		return
	}
	found.needs = append(found.needs, factMounts, factHostMounts)
	host, there := topmost(f.hostMounts, hosts)
	if !there || host.fstype != fstype {
		return
	}
	covered := false
	for _, m := range f.mounts {
		switch {
		case m.fstype != fstype || m.device != host.device:
		case !m.hidden:
			found.leak(says, m.point, f.whose)
			return
		case !covered:
			covered = true
			found.note("%s is covered: the %s's would show after an unmount", m.point, f.whose)
		}
	}
}

// checkCgroup looks for cgroup mounts that show more than the namespace's root and what
// is below: mountinfo then begins their root with "/..", as seen from within.
func checkCgroup(f *facts, found *finding) {
	if !f.process {
		return
	}
	found.needs = append(found.needs, factMounts, factCgroups)
	var whole, above []string
	for _, m := range f.cgroupMounts {
		switch {
		case m.outside == "/":
			whole = append(whole, m.point)
		case m.inside == "/.." || strings.HasPrefix(m.inside, "/../"):
			above = append(above, m.point+" ("+m.inside+")")
		}
	}
	if len(whole) > 0 {
		found.leak("the %s's hierarchy shows from its root on: %s", f.whose, few(whole))
	}
	if len(above) > 0 {
		found.leak("cgroups above its root show: %s", few(above))
	}
}

// few lists the first of many.
func few(all []string) string {
	if len(all) > fewReasons+1 {
		return strings.Join(all[:fewReasons], ", ") + " and more"
	}
	return strings.Join(all, ", ")
}
