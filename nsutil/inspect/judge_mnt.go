package inspect

import (
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
)

// checkMnt looks for mounts that are in a peer group with one of the host's, as mounts and
// unmounts below them show on the other side: mount_namespaces(7), SHARED SUBTREES. A
// slave mount only receives. And for directories of the host's that are still open.
func checkMnt(f *facts, found *finding) {
	found.needs = append(found.needs, factMounts, factHostMounts)
	hosts := map[int]string{} // the host's mount points by peer group
	for _, m := range f.hostMounts {
		if _, there := hosts[m.shared]; m.shared != 0 && !there {
			hosts[m.shared] = m.point
		}
	}
	var leaks, receives, siblings []string
	for _, m := range f.mounts {
		if point, there := hosts[m.shared]; m.shared != 0 && there {
			leaks = append(leaks, fmt.Sprintf("%s is in peer group %d with the %s's %s: mounts and unmounts go both ways", m.point, m.shared, f.whose, point))
		} else if p, there := f.sibling(m.shared); there {
			siblings = append(siblings, fmt.Sprintf("%s is in peer group %d with %s of mount namespace %d (process %d, %s)",
				m.point, m.shared, p.point, p.namespace, p.process.PID, p.process.Name))
		}
		if point, there := hosts[m.master]; m.master != 0 && there {
			receives = append(receives, fmt.Sprintf("%s receives from the %s's %s, peer group %d", m.point, f.whose, point, m.master))
		}
	}
	several(leaks, found.leak)
	several(receives, found.note)
	several(siblings, found.note)
	var ways []string
	for _, w := range f.ways {
		ways = append(ways, fmt.Sprintf("%s is a directory outside of its root: %s, on the %s's %s", w.what, w.path, f.whose, w.host))
	}
	several(ways, found.leak)
}

// sibling returns another mount namespace that has a mount in the peer group.
func (f *facts) sibling(group int) (peer, bool) {
	for _, p := range f.peers[group] {
		if p.namespace != f.own[nsutil.Mnt] && p.namespace != f.host[nsutil.Mnt] {
			return p, true
		}
	}
	return peer{}, false
}
