package pid

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// newMounter makes a child of s, with these CLONE_* flags, that mounts a procfs
// of its own over /proc.
func newMounter(s *harness.Subject, flags int) *harness.Subject {
	mounter := Get(s.Clone(flags | unix.CLONE_NEWNS))
	mountProc(mounter)
	return mounter
}

// mountProc mounts a new procfs over the /proc of s's own mount namespace.
func mountProc(s *harness.Subject) {
	Arrange(s.MakePrivate())
	Expect(s.Mount("proc", "/proc", "proc", 0, "")).To(Succeed())
}

// procOf returns the path by which others, outside, reach the procfs that s sees.
func procOf(s *harness.Subject) string { return procPath(s, "root/proc") }

// listed returns the numbers of processes that a procfs lists to s.
func listed(s *harness.Subject, proc string) []int {
	names, err := s.ReadDir(proc)
	Expect(err).NotTo(HaveOccurred())
	var all []int
	for _, name := range names {
		if number, err := strconv.Atoi(name); err == nil {
			all = append(all, number)
		}
	}
	slices.Sort(all)
	return all
}

var _ = Specs("A procfs", Label("pid"), func() {
	It("lists the processes of its mounter's namespace and those below, whoever reads it", Proves("pid-procfs-shows-mounters-namespace"), func() {
		outside := Spawn()
		init := newMounter(outside, unix.CLONE_NEWPID)
		fork(init)
		below := newInit(init)
		fork(below)
		sibling := newInit(outside)
		for _, reader := range []*harness.Subject{init, below} {
			Expect(listed(reader, "/proc")).To(Equal([]int{1, 2, 3, 4}), "to %s", reader.Name())
		}
		for _, reader := range []*harness.Subject{outside, sibling} {
			Expect(listed(reader, procOf(init))).To(Equal([]int{1, 2, 3, 4}), "to %s", reader.Name())
			Expect(listed(reader, "/proc")).To(ContainElements(outside.PID(), init.PID(), below.PID(), sibling.PID()))
		}
		deep := newMounter(below, 0)
		Expect(listed(deep, "/proc")).To(Equal([]int{1, 2, 3}), "mounted by a member of the nested one")
		_, err := init.Stat("/proc/" + strconv.Itoa(outside.PID()))
		Expect(err).To(MatchError(unix.ENOENT), "what is outside is not there by name either")
	})

	It("belongs to the namespace that its mounter is in, not to that for his children", Proves("pid-procfs-shows-mounters-namespace"), func() {
		init := newMounter(Spawn(), unix.CLONE_NEWPID)
		mounter := Get(init.Clone(unix.CLONE_NEWNS))
		Arrange(mounter.Unshare(unix.CLONE_NEWPID))
		mountProc(mounter)
		child := fork(mounter)
		Expect(child.Getpid()).To(Equal(1))
		Expect(listed(mounter, "/proc")).To(Equal([]int{1, 2, 3}))
		Expect(child.Readlink("/proc/self")).To(Equal("3"))
	})

	It("of a child namespace numbers processes by it, from 1", Proves("pid-procfs-numbers-by-own-namespace"), func() {
		outside := Spawn()
		init := newMounter(outside, unix.CLONE_NEWPID)
		for i, member := range []*harness.Subject{init, fork(init), fork(init), newInit(init)} {
			comm := fmt.Sprintf("member %d", i+1)
			Arrange(member.WriteFile(fmt.Sprintf("/proc/%d/comm", i+1), comm, 0))
			Expect(Get(os.ReadFile(procPath(member, "comm")))).To(BeEquivalentTo(comm+"\n"), "it is the process that has this number")
			for _, reader := range []struct {
				s    *harness.Subject
				proc string
			}{{init, "/proc"}, {outside, procOf(init)}} {
				status := Get(reader.s.ReadFile(fmt.Sprintf("%s/%d/status", reader.proc, i+1)))
				Expect(statusLine(status, "Name")).To(Equal(comm))
				for _, line := range []string{"Pid", "Tgid"} {
					Expect(statusLine(status, line)).To(Equal(fmt.Sprint(i + 1)))
				}
			}
		}
		Expect(listed(init, "/proc/2/task")).To(Equal([]int{2}))
		Expect(init.ReadFile("/proc/3/stat")).To(HavePrefix("3 (member 3) "))
	})

	It("of a child namespace numbers parents, process groups and sessions by it, 0 where it does not see them", Proves("pid-procfs-numbers-by-own-namespace"), func() {
		outside := Spawn()
		init := newMounter(outside, unix.CLONE_NEWPID)
		leader := fork(init)
		Get(leader.Syscall("setsid", unix.SYS_SETSID))
		group := fork(leader)
		lead(group)
		fork(group)
		for _, reader := range []view{{init, "/proc"}, {outside, procOf(init)}} {
			for process, shown := range map[int][]string{1: {"0", "0", "0"}, 2: {"1", "2", "2"}, 3: {"2", "3", "2"}, 4: {"3", "3", "2"}} {
				stat := Get(reader.reader.ReadFile(fmt.Sprintf("%s/%d/stat", reader.proc, process)))
				fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
				Expect(fields[1:4]).To(Equal(shown), "parent, group and session of %d, read by %s", process, reader.reader.Name())
			}
		}
	})

	It("can be mounted straight over /proc in a new mount namespace", Proves("pid-procfs-mounted-over-proc"), func() {
		outside := Spawn()
		root := Get(outside.Stat("/"))
		for _, flags := range []int{unix.CLONE_NEWPID | unix.CLONE_NEWNS, unix.CLONE_NEWPID} {
			init := Get(outside.Clone(flags))
			if flags&unix.CLONE_NEWNS == 0 {
				Arrange(init.Unshare(unix.CLONE_NEWNS))
			}
			Arrange(init.MakePrivate())
			Expect(init.Readlink("/proc/self")).To(Equal(fmt.Sprint(init.PID())), "before, it sees the one outside")
			before := Get(outside.Stat("/proc"))
			Expect(init.Mount("proc", "/proc", "proc", 0, "")).To(Succeed())
			Expect(init.Readlink("/proc/self")).To(Equal("1"))
			Expect(listed(init, "/proc")).To(Equal([]int{1}))
			now := Get(init.Stat("/"))
			Expect([]uint64{now.Dev, now.Ino}).To(Equal([]uint64{root.Dev, root.Ino}), "the root directory")
			after := Get(outside.Stat("/proc"))
			Expect([]uint64{after.Dev, after.Ino}).To(Equal([]uint64{before.Dev, before.Ino}), "outside nothing is mounted")
			Expect(outside.Readlink("/proc/self")).To(Equal(fmt.Sprint(outside.PID())))
		}
	})

	It("calls whoever reads its self by his number in its namespace", Proves("pid-proc-self-in-procfs-namespace"), func() {
		outside := Spawn()
		init := newMounter(outside, unix.CLONE_NEWPID)
		child := fork(init)
		below := newInit(child)
		deep := fork(newMounter(below, 0))
		for s, number := range map[*harness.Subject]int{init: 1, child: 2, below: 3} {
			Expect(s.Readlink("/proc/self")).To(Equal(fmt.Sprint(number)))
			Expect(s.Readlink("/proc/thread-self")).To(Equal(fmt.Sprintf("%d/task/%d", number, number)))
			Expect(statusLine(Get(s.ReadFile("/proc/self/status")), "Pid")).To(Equal(fmt.Sprint(number)))
		}
		Expect(deep.Readlink("/proc/self")).To(Equal(fmt.Sprint(number(deep))), "a procfs of the nested one")
		inner := Get(outside.Open(procOf(init), unix.O_PATH|unix.O_DIRECTORY))
		handed := newInit(outside)
		for s, number := range map[*harness.Subject]int{outside: outside.PID(), handed: handed.PID()} {
			Expect(s.Readlink("/proc/self")).To(Equal(fmt.Sprint(number)), "the procfs outside")
		}
		joiner, _ := joined(outside, init)
		Expect(joiner.Readlink(fmt.Sprintf("/proc/self/fd/%d/self", inner))).To(Equal(fmt.Sprint(number(joiner))))
		Expect(joiner.Readlink("/proc/self")).To(Equal(fmt.Sprint(joiner.PID())), "by the procfs that it looks through")
	})

	It("has no usable self for one whom it cannot show", Proves("pid-proc-self-of-invisible-caller"), func() {
		outside := Spawn()
		init := newMounter(outside, unix.CLONE_NEWPID)
		sibling := newInit(outside)
		maker := Get(outside.Fork())
		Arrange(maker.Join(init, nsutil.PID))
		for _, s := range []*harness.Subject{outside, sibling, maker} {
			for _, link := range []string{"self", "thread-self"} {
				_, err := s.Readlink(procOf(init) + "/" + link)
				Expect(err).To(MatchError(unix.ENOENT), "%s of %s", link, s.Name())
				_, err = s.ReadFile(procOf(init) + "/" + link + "/status")
				Expect(err).To(MatchError(unix.ENOENT), "%s/status of %s", link, s.Name())
				Expect(s.Lstat(procOf(init)+"/"+link)).To(HaveField("Mode", BeNumerically("==", unix.S_IFLNK|0o777)), "the link itself is there")
			}
			Expect(s.ReadFile(procOf(init)+"/1/status")).To(ContainSubstring("Pid:\t1\n"), "it can read the rest")
		}
		Expect(fork(maker).Readlink(procOf(init)+"/self")).To(Equal("2"), "a child that is inside")
	})
})
