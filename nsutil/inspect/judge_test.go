package inspect

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
)

// apart are the facts of a target that has a namespace of each kind, and nothing else.
func apart() *facts {
	f := &facts{whose: "host", own: map[nsutil.Kind]uint64{}, host: hosts(), process: true}
	for i, kind := range nsutil.Kinds() {
		f.own[kind] = uint64(100 + i)
	}
	return f
}

func TestJudge(t *testing.T) {
	gap := errors.New("permission denied")
	for _, c := range []struct {
		name  string
		kind  nsutil.Kind
		facts func(*facts)
		want  KindReport
	}{
		{"own", nsutil.UTS, func(*facts) {}, KindReport{Verdict: Isolated}},
		{"host's", nsutil.UTS, func(f *facts) { f.own[nsutil.UTS] = f.host[nsutil.UTS] },
			KindReport{Verdict: Shared, Reasons: []string{"its hostname is the host's"}}},
		{"caller's", nsutil.UTS, func(f *facts) { f.own, f.whose = f.host, "caller" },
			KindReport{Verdict: Shared, Reasons: []string{"its hostname is the caller's"}}},
		{"lacking", nsutil.Time, func(f *facts) { delete(f.own, nsutil.Time); delete(f.host, nsutil.Time) },
			KindReport{Verdict: Shared, Reasons: []string{"this kernel has no time namespaces"}}},
		{"ending", nsutil.Time, func(f *facts) { delete(f.own, nsutil.Time) },
			KindReport{Verdict: Unknown, Reasons: []string{"not seen: it has none, as if it were ending"}}},
		{"hidden", nsutil.Time, func(f *facts) { f.own = nil; f.miss(factNamespaces, gap) },
			KindReport{Verdict: Unknown, Reasons: []string{"not seen: permission denied"}}},

		{"mounts hidden", nsutil.Mnt, func(f *facts) { f.miss(factMounts, gap) },
			KindReport{Verdict: Unknown, Reasons: []string{"not seen: its mounts: permission denied"}}},
		{"a leak outweighs what is hidden", nsutil.Mnt, func(f *facts) {
			f.miss(factDescriptors, gap)
			f.mounts, f.hostMounts = []mount{{point: "/a", shared: 7}}, []mount{{point: "/b", shared: 7}}
		}, KindReport{Verdict: Leaking, Reasons: []string{"/a is in peer group 7 with the host's /b: mounts and unmounts go both ways"}}},
		{"many leaks", nsutil.Mnt, func(f *facts) {
			f.hostMounts = []mount{{point: "/", shared: 1}, {point: "/later", shared: 1}}
			for _, point := range []string{"/a", "/b", "/c", "/d", "/e"} {
				f.mounts = append(f.mounts, mount{point: point, shared: 1})
			}
		}, KindReport{Verdict: Leaking, Reasons: []string{
			"/a is in peer group 1 with the host's /: mounts and unmounts go both ways",
			"/b is in peer group 1 with the host's /: mounts and unmounts go both ways",
			"/c is in peer group 1 with the host's /: mounts and unmounts go both ways",
			"and 2 more like these",
		}}},
		{"slave", nsutil.Mnt, func(f *facts) {
			f.mounts, f.hostMounts = []mount{{point: "/a", master: 7}}, []mount{{point: "/b", shared: 7}}
		}, KindReport{Verdict: Isolated, Notes: []string{"/a receives from the host's /b, peer group 7"}}},
		{"slave and shared with a sibling", nsutil.Mnt, func(f *facts) {
			f.mounts, f.hostMounts = []mount{{point: "/a", master: 7, shared: 8}}, []mount{{point: "/b", shared: 7}}
			f.peers = peerGroups{8: {{f.own[nsutil.Mnt], "/a", nginx}, {555, "/c", containerd}}}
		}, KindReport{Verdict: Isolated, Notes: []string{
			"/a receives from the host's /b, peer group 7", "/a is in peer group 8 with /c of mount namespace 555 (process 77, containerd)"}}},
		{"way out", nsutil.Mnt, func(f *facts) { f.ways = []wayOut{{"descriptor 3", "/etc", "/"}} },
			KindReport{Verdict: Leaking, Reasons: []string{"descriptor 3 is a directory outside of its root: /etc, on the host's /"}}},

		{"maps hidden", nsutil.User, func(f *facts) { f.miss(factMaps, gap) },
			KindReport{Verdict: Unknown, Reasons: []string{"not seen: its ID maps: permission denied"}}},
		{"root is root", nsutil.User, func(f *facts) {
			f.uidMap, f.gidMap = nsutil.IDMap{{Inside: 0, Outside: 0, Length: 1}}, nsutil.IDMap{{Inside: 0, Outside: 1000, Length: 1}}
		}, KindReport{Verdict: Leaking, Reasons: []string{"uid 0 inside is the host's uid 0"}}},
		{"another is root's group", nsutil.User, func(f *facts) {
			f.uidMap, f.gidMap = nsutil.IDMap{{Inside: 0, Outside: 1000, Length: 1}}, nsutil.IDMap{{Inside: 5, Outside: 0, Length: 1}}
		}, KindReport{Verdict: Leaking, Reasons: []string{"gid 5 inside is the host's gid 0"}}},

		{"own /proc", nsutil.PID, func(f *facts) { f.procs = []procMount{{point: "/proc", namespace: f.own[nsutil.PID]}} },
			KindReport{Verdict: Isolated}},
		{"host's /proc", nsutil.PID, func(f *facts) { f.procs = []procMount{{point: "/proc", namespace: f.host[nsutil.PID]}} },
			KindReport{Verdict: Leaking, Reasons: []string{"/proc shows the host's processes"}}},
		{"/proc of an unknown one with the host's device", nsutil.PID, func(f *facts) {
			f.procs, f.hostMounts = []procMount{{point: "/p", device: "0:21"}}, []mount{{point: "/proc", fstype: "proc", device: "0:21"}}
		}, KindReport{Verdict: Leaking, Reasons: []string{"/p shows the host's processes"}}},
		{"/proc of one above", nsutil.PID, func(f *facts) { f.procs = []procMount{{point: "/p", showsCaller: true}} },
			KindReport{Verdict: Leaking, Reasons: []string{"/p shows processes outside of its PID namespace: this one, for one"}}},
		{"/proc hidden", nsutil.PID, func(f *facts) { f.miss(factProcs, gap); f.procs = []procMount{{point: "/p"}} },
			KindReport{Verdict: Unknown, Reasons: []string{"not seen: what its /proc shows: permission denied"}}},

		{"cgroups above the root", nsutil.Cgroup, func(f *facts) {
			f.cgroupMounts = []cgroupMount{{"/c", "/docker", "/.."}, {"/d", "/docker/7", "/"}, {"/e", "/x", "/../../x"}, {"/f", "/y", "/..y"}}
		}, KindReport{Verdict: Leaking, Reasons: []string{"cgroups above its root show: /c (/..), /e (/../../x)"}}},
		{"host's cgroups", nsutil.Cgroup, func(f *facts) { f.cgroupMounts = []cgroupMount{{"/c", "/", ""}} },
			KindReport{Verdict: Leaking, Reasons: []string{"the host's hierarchy shows from its root on: /c"}}},

		{"host's /dev/shm", nsutil.IPC, func(f *facts) {
			f.hostMounts = []mount{{point: "/dev/shm", fstype: "tmpfs", device: "0:1", hidden: true}, {point: "/dev/shm", fstype: "tmpfs", device: "0:2"}}
			f.mounts = []mount{{point: "/a", fstype: "tmpfs", device: "0:1"}, {point: "/b", fstype: "tmpfs", device: "0:2"}}
		}, KindReport{Verdict: Leaking, Reasons: []string{"/b has the host's POSIX shared memory"}}},
		{"host's /dev/shm, covered", nsutil.IPC, func(f *facts) {
			f.hostMounts = []mount{{point: "/dev/shm", fstype: "tmpfs", device: "0:1"}}
			f.mounts = []mount{{point: "/dev/shm", fstype: "tmpfs", device: "0:1", hidden: true}, {point: "/dev/shm", fstype: "tmpfs", device: "0:2"}}
		}, KindReport{Verdict: Isolated, Notes: []string{"/dev/shm is covered: the host's would show after an unmount"}}},
		{"host's namespace, open", nsutil.IPC, func(f *facts) {
			f.open = []openNamespace{{4, nsutil.IPC, f.own[nsutil.IPC]}, {5, nsutil.IPC, f.host[nsutil.IPC]}, {6, nsutil.UTS, f.host[nsutil.UTS]}}
		}, KindReport{Verdict: Leaking, Reasons: []string{"descriptor 5 is the host's ipc namespace"}}},
		{"host's namespace, bind-mounted", nsutil.Net, func(f *facts) {
			f.mounts = []mount{{point: "/n", fstype: "nsfs", root: "net:[4026531833]"}, {point: "/u", fstype: "tmpfs", root: "net:[4026531833]"}}
		}, KindReport{Verdict: Leaking, Reasons: []string{"/n is the host's net namespace, bind-mounted"}}},
		{"a pin has no mounts", nsutil.Net, func(f *facts) { f.process = false; f.miss(factMounts, gap) }, KindReport{Verdict: Isolated}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := apart()
			c.facts(f)
			c.want.Kind = c.kind
			if c.want.Reasons == nil {
				c.want.Reasons = []string{}
			}
			if diff := cmp.Diff(c.want, f.judge(c.kind)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
