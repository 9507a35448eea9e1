package bench

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// mappings measure how long a user namespace's id maps take to be written: by its
// parent, with one line, with as many as fit into the kernel's first room for them,
// and with as many as there may be (user_namespaces(7)); and by its own first process.
func mappings() []experiment {
	var all []experiment
	for _, lines := range []int{1, 5, nsutil.MaxIDExtents} {
		all = append(all, experiment{
			benchmarks: []reports.PlannedBenchmark{point("idmap", "lines of the map", "lines", lines, nsutil.User,
				"write of /proc/PID/uid_map by the parent")},
			needs: []nsutil.Feature{nsutil.User.Feature()},
			times: 20,
			run:   func(l *lab) { l.writeMaps(lines) },
		})
	}
	return append(all, experiment{
		benchmarks: []reports.PlannedBenchmark{benchmark("idmap/self", nsutil.User,
			"unshare(CLONE_NEWUSER), then setgroups, uid_map and gid_map of /proc/self opened, written and closed")},
		needs: []nsutil.Feature{nsutil.User.Feature(), nsutil.Clone3},
		times: 40,
		run:   (*lab).mapItself,
	})
}

// writeMaps has a subject write the maps of as many children of this process as
// samples are taken: each map can be written once.
func (l *lab) writeMaps(lines int) {
	extents := l.extents(lines)
	s, text := l.subject(), extents.String()
	children, first := make([]*harness.Subject, l.times()), l.nextFD(s)
	for i := range children {
		children[i] = l.scope.Spawn(harness.Cloned(nsutil.User))
		fd := l.must2(s.Open(fmt.Sprintf("/proc/%d/uid_map", children[i].PID()), unix.O_WRONLY|unix.O_CLOEXEC))
		l.happened(fd == first+i, "descriptor %d was opened, not %d", fd, first+i)
	}
	write := call("write", unix.SYS_WRITE, harness.Each(first, 1), harness.In([]byte(text)), len(text))
	l.record(0, l.perform(s, len(children), own(write, 1)).Of(1))
	for _, child := range children {
		got, err := nsutil.UIDMapOf(child.PID())
		l.happened(err == nil && slices.Equal(got, extents), "the map has %d lines, not %d: %v", len(got), lines, err)
	}
}

// extents returns a map of so many lines. Only where the user namespace that measures has
// their ids can they be mapped.
func (l *lab) extents(lines int) nsutil.IDMap {
	own, err := nsutil.UIDMapOf(0)
	if err != nil {
		l.Fatalf("read the own id map: %v", err)
	}
	var extents nsutil.IDMap
	for id := range uint32(lines) {
		if _, has := own.ToOutside(id); !has {
			l.skipFor(reports.SkipResource, "the user namespace in which this is measured does not have the ids 0 to %d", lines-1)
		}
		extents = append(extents, nsutil.Extent{Inside: id, Outside: id, Length: 1})
	}
	return extents
}

// ordinary is a user and a group without privileges.
const ordinary = 60042

// mapItself has children of an ordinary user map themselves to root, as runtimes do
// that have no helper. Where there is no other id, the user is root of a namespace
// that itself is an ordinary user's.
func (l *lab) mapItself() {
	s := l.subject()
	if l.hasOrdinary() {
		s = l.subject(harness.As(ordinary, ordinary))
	}
	uid := l.must(s.Syscall("geteuid", unix.SYS_GETEUID))
	gid := l.must(s.Syscall("getegid", unix.SYS_GETEGID))
	maps := []string{fmt.Sprintf("0 %d 1\n", uid), fmt.Sprintf("0 %d 1\n", gid)}
	steps := []harness.Step{unshare(unix.CLONE_NEWUSER)}
	for _, file := range [][2]string{{"setgroups", "deny"}, {"uid_map", maps[0]}, {"gid_map", maps[1]}} {
		steps = append(steps, keep(open("/proc/self/"+file[0], unix.O_WRONLY), 2),
			call("write", unix.SYS_WRITE, harness.Kept(2), harness.In([]byte(file[1])), len(file[1])), closing(harness.Kept(2)))
	}
	steps = span(1, steps...)
	l.mapped(s, steps, maps)
	l.sample(s, 3, l.times(), l.child(s, vfork, steps...), wait(harness.Kept(1)))
}

func (l *lab) hasOrdinary() bool {
	uids, errUIDs := nsutil.UIDMapOf(0)
	gids, errGIDs := nsutil.GIDMapOf(0)
	_, hasUID := uids.ToOutside(ordinary)
	_, hasGID := gids.ToOutside(ordinary)
	return errUIDs == nil && errGIDs == nil && hasUID && hasGID && os.Geteuid() == 0
}

// mapped sees that the steps give a child a user namespace with these maps.
func (l *lab) mapped(s *harness.Subject, steps []harness.Step, maps []string) {
	steps = append(slices.Clone(steps), open(selfFile("user"), unix.O_RDONLY),
		open("/proc/self/uid_map", unix.O_RDONLY), open("/proc/self/gid_map", unix.O_RDONLY))
	first := l.nextFD(s)
	l.perform(s, 1, l.child(s, vforkSharing, steps...), wait(harness.Kept(1)))
	l.happened(l.idOf(s, first) != l.ns(s, nsutil.User), "the child was in its parent's user namespace")
	for i, want := range maps {
		text, err := s.Read(first+1+i, 4096)
		got := strings.Join(strings.Fields(string(text)), " ") + "\n"
		l.happened(err == nil && got == want, "the map is %q, not %q: %v", got, want, err)
	}
	for fd := first; fd < first+3; fd++ {
		l.must(0, s.Close(fd))
	}
}
