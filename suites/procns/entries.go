package procns

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// entry is a file in /proc/PID/ns.
type entry struct {
	name  string
	kind  nsutil.Kind
	since string // only where it is younger than the file that has the kind's name
}

// entries are all files in /proc/PID/ns.
var entries = []entry{
	{name: "cgroup", kind: nsutil.Cgroup},
	{name: "ipc", kind: nsutil.IPC},
	{name: "mnt", kind: nsutil.Mnt},
	{name: "net", kind: nsutil.Net},
	{name: "pid", kind: nsutil.PID},
	{name: "pid_for_children", kind: nsutil.PID, since: "4.12"},
	{name: "time", kind: nsutil.Time},
	{name: "time_for_children", kind: nsutil.Time},
	{name: "user", kind: nsutil.User},
	{name: "uts", kind: nsutil.UTS},
}

// expected returns the entries that the running kernel should have.
func expected() []entry {
	built := kinds.Built()
	version := Get(nsutil.Running())
	return slices.DeleteFunc(slices.Clone(entries), func(e entry) bool {
		since, _ := nsutil.ParseVersion(e.since)
		return !slices.Contains(built, e.kind) || !version.AtLeast(since)
	})
}

// of returns the entry's path for s, as the suite and its subjects see it.
func (e entry) of(s *harness.Subject) string { return fmt.Sprintf("/proc/%d/ns/%s", s.PID(), e.name) }

// own is the entry's path for whoever follows it.
func (e entry) own() string { return "/proc/self/ns/" + e.name }

// parting returns a subject whose PID and time namespaces are not those of its children.
func parting() *harness.Subject {
	s := Spawn(harness.Named("parting"))
	for _, kind := range []nsutil.Kind{nsutil.PID, nsutil.Time} {
		if slices.Contains(kinds.Built(), kind) {
			Arrange(s.Unshare(kind.Flag()))
		}
	}
	Get(s.Fork()) // pid_for_children may have no target before
	return s
}

// nested returns a member of new namespaces of all kinds that clone makes.
func nested() *harness.Subject {
	of := slices.DeleteFunc(kinds.Built(), func(kind nsutil.Kind) bool { return !can(harness.ByClone, kind) })
	return Spawn(harness.Cloned(of...), harness.Named("nested"))
}

var _ = Specs("/proc/PID/ns", Label("procns"), func() {
	It("holds one link for each kind, and one for each kind that only children enter", Proves("procns-one-link-per-type"), func() {
		s, other, nested := parting(), Spawn(), nested()
		var names []string
		for _, e := range entries {
			names = append(names, e.name)
		}
		for _, listed := range [][]string{Get(s.ReadDir("/proc/self/ns")), Get(other.ReadDir(fmt.Sprintf("/proc/%d/ns", s.PID()))), Get(nested.ReadDir("/proc/self/ns"))} {
			Expect(listed).To(ConsistOf(names))
		}
		for _, e := range entries {
			for _, s := range []*harness.Subject{s, nested} {
				Expect(s.Readlink(e.own())).NotTo(BeEmpty(), "%s of %s", e.name, s.Name())
			}
		}
	})

	for _, row := range []struct {
		promise string
		names   []string
	}{
		{"procns-ipc-net-uts-exist", []string{"ipc", "net", "uts"}},
		{"procns-mnt-pid-user-exist", []string{"mnt", "pid", "user"}},
		{"procns-cgroup-exists", []string{"cgroup"}},
		{"procns-pid-for-children-exists", []string{"pid_for_children"}},
		{"procns-time-and-for-children-exist", []string{"time", "time_for_children"}},
	} {
		It(fmt.Sprintf("has %v for every process, which lead to namespaces", row.names), Proves(row.promise), func() {
			s, other, nested := parting(), Spawn(), nested()
			for _, name := range row.names {
				e := entries[slices.IndexFunc(entries, func(e entry) bool { return e.name == name })]
				for _, path := range []string{e.own(), e.of(s), e.of(other), e.of(nested)} {
					fd, err := s.Open(path, unix.O_RDONLY|unix.O_CLOEXEC)
					Expect(err).NotTo(HaveOccurred(), path)
					Expect(s.Setns(fd, wrongFlag(e.kind))).To(MatchError(unix.EINVAL), path+" does not lead to a namespace of that kind")
					if !kinds.ForChildren(e.kind) && e.kind != nsutil.User { // one's own user namespace cannot be joined
						Expect(s.Setns(fd, e.kind.Flag())).To(Succeed(), path)
					}
				}
			}
		})
	}

	It("has no entry for a kind that is not built into the kernel", Proves("procns-absent-when-not-built"), func() {
		lacking := kinds.Lacking()
		if len(lacking) == 0 {
			SkipFor(reports.SkipKconfig, "no kind of namespace is known to be left out of this kernel")
		}
		s := Spawn()
		for _, e := range entries {
			if !slices.Contains(lacking, e.kind) {
				Expect(s.Lstat(e.own())).Error().NotTo(HaveOccurred(), e.name)
				continue
			}
			Expect(s.Lstat(e.own())).Error().To(MatchError(unix.ENOENT), e.name)
			Expect(s.ReadDir("/proc/self/ns")).NotTo(ContainElement(e.name))
		}
	})

	It("holds symbolic links with mode lrwxrwxrwx", Proves("procns-entries-are-symlinks"), func() {
		s, other := parting(), Spawn()
		for _, e := range expected() {
			for _, path := range []string{e.own(), e.of(other)} {
				st, err := s.Lstat(path)
				Expect(err).NotTo(HaveOccurred(), path)
				Expect(st.Mode).To(Equal(uint32(unix.S_IFLNK|0o777)), "mode %#o of %s", st.Mode, path)
				st, err = s.Stat(path)
				Expect(err).NotTo(HaveOccurred(), path)
				Expect(st.Mode&unix.S_IFMT).To(Equal(uint32(unix.S_IFREG)), "mode %#o of what %s leads to", st.Mode, path)
			}
		}
	})

	It("says kind and decimal inode number in a link's content", Proves("procns-link-format"), func() {
		s := parting()
		for _, e := range expected() {
			st, err := s.Stat(e.own())
			Expect(err).NotTo(HaveOccurred(), e.name)
			want := string(e.kind) + ":[" + strconv.FormatUint(st.Ino, 10) + "]"
			Expect(s.Readlink(e.own())).To(Equal(want))
			Expect(os.Readlink(e.of(s))).To(Equal(want), "as another process reads it")
		}
	})

	It("says pid and time in the content of pid_for_children and time_for_children", Proves("procns-for-children-link-prefix"), func() {
		for _, s := range []*harness.Subject{Spawn(), parting()} {
			Expect(s.Readlink("/proc/self/ns/pid_for_children")).To(MatchRegexp(`^pid:\[[1-9][0-9]*\]$`))
			Expect(s.Readlink("/proc/self/ns/time_for_children")).To(MatchRegexp(`^time:\[[1-9][0-9]*\]$`))
		}
	})

	It("says the same inode in a link's content, by stat through it and by fstat of what opening it gives", Proves("procns-link-inode-matches-stat"), func() {
		kinds.Need(nsutil.UTS, nsutil.IPC, nsutil.User)
		common, everywhere := Spawn(harness.Named("common")), parting()
		Arrange(everywhere.Unshare(unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWNS | unix.CLONE_NEWUSER))
		for _, s := range []*harness.Subject{common, everywhere} {
			for _, e := range expected() {
				_, ino, err := nsutil.ReadLink(e.of(s))
				Expect(err).NotTo(HaveOccurred(), e.name)
				through, err := s.Stat(e.own())
				Expect(err).NotTo(HaveOccurred(), e.name)
				fd, err := s.Open(e.own(), unix.O_RDONLY|unix.O_CLOEXEC)
				Expect(err).NotTo(HaveOccurred(), e.name)
				opened, err := s.Fstat(fd)
				Expect(err).NotTo(HaveOccurred(), e.name)
				Expect([]uint64{through.Ino, opened.Ino}).To(HaveEach(ino), "inodes of %s of %s", e.name, s.Name())
				Expect(through.Dev).To(Equal(opened.Dev), "devices of %s of %s", e.name, s.Name())
			}
		}
	})
})

// wrongFlag returns the flag of a kind other than the given one.
func wrongFlag(kind nsutil.Kind) int {
	if kind == nsutil.UTS {
		return nsutil.IPC.Flag()
	}
	return nsutil.UTS.Flag()
}
