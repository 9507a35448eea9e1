package pid

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

const corePattern = "/proc/sys/kernel/core_pattern"

// setCorePattern sets the machine's core_pattern until the spec has ended.
func setCorePattern(pattern string) {
	NeedKconfig("CONFIG_COREDUMP")
	NeedInitial(nsutil.PID)
	before := Get(os.ReadFile(corePattern))
	DeferCleanup(func() { Arrange(os.WriteFile(corePattern, before, 0)) })
	Arrange(os.WriteFile(corePattern, []byte(pattern), 0))
	Expect(string(Get(os.ReadFile(corePattern)))).To(Equal(pattern+"\n"), "it takes the whole pattern")
}

// crasher makes s leave a core file of the least size when it crashes.
func crasher(s *harness.Subject) *harness.Subject {
	Arrange(s.WriteFile(procPath(s, "coredump_filter"), "0", 0))
	const enough = 64 << 20
	Arrange(s.Setrlimit(unix.RLIMIT_CORE, enough))
	return s
}

// expectDumps claims that s ends by a signal and leaves a core. Its parent is parent.
func expectDumps(parent, s *harness.Subject) {
	status := expectChildEnds(parent, s.NSPID())
	Expect(status.Signal()).To(Equal(unix.SIGABRT))
	Expect(status.CoreDump()).To(BeTrue())
}

// names returns the names of the files in a directory, as the reader sees it.
func names(reader *harness.Subject, dir string) []string {
	all := Get(reader.ReadDir(dir))
	slices.Sort(all)
	return all
}

var _ = Specs("kernel.core_pattern", Label("pid"), func() {
	It("names the crasher by its numbers in its own and in the initial namespace", Serial, Proves("pid-core-pattern-initial-and-own-ids"), func() {
		dir := T().TempDir()
		outside := Spawn()
		init := newInit(newInit(outside))
		fork(init)
		setCorePattern(dir + "/%p-%i-%P-%I")
		for _, parent := range []*harness.Subject{init, outside} {
			first := crasher(fork(parent))
			thread := Get(first.Thread())
			own, whole := number(first), first.PID()
			Expect(parent.Tgkill(own, thread.NSPID(), unix.SIGABRT)).To(Succeed())
			expectDumps(parent, first)
			initial := whole + 1
			if parent == outside {
				initial = thread.NSPID()
			}
			Expect(names(outside, dir)).To(HaveLen(1))
			Expect(names(outside, dir)[0]).To(Or(
				Equal(fmt.Sprintf("%d-%d-%d-%d", own, thread.NSPID(), whole, initial)),
				MatchRegexp(`^%d-%d-%d-\d+$`, own, thread.NSPID(), whole), // others have made processes meanwhile
			))
			Arrange(os.Remove(dir + "/" + names(outside, dir)[0]))
		}
	})

	It("has a program that takes the core executed in the initial namespaces", Serial, Proves("pid-core-pipe-handler-in-initial-namespaces", "pid-core-pattern-initial-and-own-ids"), func() {
		NeedInitial(nsutil.PID)
		path := T().TempDir() + "/handler"
		Arrange(os.WriteFile(path, program.Of(program.Waiting), 0o755))
		needInitialRoot(path)
		outside := Spawn()
		parent := Spawn(harness.Cloned(nsutil.User), harness.Mapped(subordinate), harness.Named("in a new user namespace"))
		init := Get(parent.Clone(unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC | unix.CLONE_NEWCGROUP | unix.CLONE_NEWNET))
		s := crasher(fork(init)) // the least core fits into the pipe, which nobody reads
		setCorePattern("|" + path + " %P %p")
		Expect(init.Kill(s.NSPID(), unix.SIGABRT)).To(Succeed())
		expectDumps(init, s)

		var handler int
		eventually(func() int { handler = running(path); return handler }).ShouldNot(BeZero(), "the program runs")
		DeferCleanup(func() { unix.Kill(handler, unix.SIGKILL) })
		Expect(arguments(handler)).To(Equal([]string{path, fmt.Sprint(s.PID()), "2"}))
		const kernelThreads = 2 // kthreadd, which never leaves the initial namespaces
		initial := Get(nsutil.OfProcess(kernelThreads))
		Expect(nsutil.OfProcess(handler)).To(Equal(initial))
		crashers := Get(init.Namespaces())
		for _, kind := range []nsutil.Kind{nsutil.PID, nsutil.Mnt, nsutil.UTS, nsutil.IPC, nsutil.Cgroup, nsutil.Net, nsutil.User} {
			Expect(crashers[kind]).NotTo(Equal(initial[kind]), "the crasher's %s namespace is another one", kind)
		}
		Expect(Get(nsutil.StatusOf(handler)).NSpid).To(HaveLen(1))
		Expect(outside.Kill(handler, unix.SIGKILL)).To(Succeed())
		eventually(func() int { return running(path) }).Should(BeZero())
	})

	It("is a path from the crasher's root and working directory, in its mount namespace", Serial, Proves("pid-core-file-in-crashers-mount-namespace"), func() {
		dir := T().TempDir()
		outside := Spawn()
		keeper := Get(outside.Clone(unix.CLONE_NEWNS))
		Arrange(keeper.MakePrivate())
		Arrange(keeper.Mount("tmpfs", dir, "tmpfs", 0, ""))
		Arrange(keeper.Mkdir(dir + "/cwd"))
		Arrange(keeper.Mkdir(dir + "/root"))
		rooted := "/" + filepath.Base(dir) + "-core" // nowhere but in the crasher's root
		crash := func(prepare func(s *harness.Subject)) {
			s := crasher(fork(keeper))
			prepare(s)
			Expect(keeper.Kill(s.NSPID(), unix.SIGABRT)).To(Succeed())
			expectDumps(keeper, s)
		}
		setCorePattern(dir + "/absolute")
		crash(func(*harness.Subject) {})
		Expect(names(keeper, dir)).To(Equal([]string{"absolute", "cwd", "root"}))
		Expect(names(outside, dir)).To(BeEmpty(), "that of the suite's mount namespace")

		setCorePattern(rooted)
		crash(func(s *harness.Subject) {
			Arrange(s.Chroot(dir + "/root"))
			Arrange(s.Chdir("/"))
		})
		Expect(names(keeper, dir+"/root")).To(Equal([]string{rooted[1:]}), "below the crasher's root")

		setCorePattern("relative")
		crash(func(s *harness.Subject) { Arrange(s.Chdir(dir + "/cwd")) })
		Expect(names(keeper, dir+"/cwd")).To(Equal([]string{"relative"}), "in the crasher's working directory")
		Expect(Get(keeper.ReadFile(dir + "/cwd/relative"))).To(HavePrefix("\x7fELF"))
		Expect(names(outside, dir)).To(BeEmpty())
	})
})

// needInitialRoot skips the spec where a program that the suite has made is not
// what the machine's first processes find by the same path.
func needInitialRoot(program string) {
	here := Get(os.Stat(program))
	other, err := os.Stat("/proc/1/root" + program)
	if err != nil || !os.SameFile(here, other) {
		SkipFor(reports.SkipNested, "the machine's first processes do not see the suite's files")
	}
}

// running returns the process that executes the program; 0 when there is none.
func running(program string) int {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range all {
		if text, _ := os.ReadFile(file); strings.HasPrefix(string(text), program+"\x00") {
			var pid int
			fmt.Sscanf(file, "/proc/%d/", &pid)
			return pid
		}
	}
	return 0
}

// arguments returns the command line of a process.
func arguments(pid int) []string {
	text := Get(os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)))
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}
