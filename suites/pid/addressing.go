package pid

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// addressing is a call that takes a number of a process or a group.
type addressing struct {
	call    string
	address func(s *harness.Subject, pid int) error
}

// built returns those of the calls that the kernel is not known to be built without.
func built(all []addressing) []addressing {
	if _, state := Kconfig().Lookup("CONFIG_BLOCK"); state != nsutil.OptionAbsent {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(a addressing) bool { return a.call == "ioprio_get" })
}

// addressings are calls that take the number of a process; each fails with ESRCH
// where there is none.
var addressings = []addressing{
	{"kill", func(s *harness.Subject, pid int) error { return s.Kill(pid, 0) }},
	{"tgkill", func(s *harness.Subject, pid int) error { return s.Tgkill(pid, pid, 0) }},
	{"tkill", plain("tkill", unix.SYS_TKILL, 0)},
	{"rt_sigqueueinfo", func(s *harness.Subject, pid int) error { return s.Sigqueue(pid, 0, 1) }},
	{"rt_tgsigqueueinfo", func(s *harness.Subject, pid int) error {
		info := make([]byte, 128) // siginfo_t
		const codePlace, siQueue = 8, 1<<32 - 1
		binary.NativeEndian.PutUint32(info[codePlace:], siQueue)
		_, err := s.Syscall("rt_tgsigqueueinfo", unix.SYS_RT_TGSIGQUEUEINFO, pid, pid, 0, harness.In(info))
		return err
	}},
	{"pidfd_open", func(s *harness.Subject, pid int) error {
		fd, err := s.PidfdOpen(pid)
		if err == nil {
			err = s.Close(fd)
		}
		return err
	}},
	{"getpgid", plain("getpgid", unix.SYS_GETPGID)},
	{"getsid", plain("getsid", unix.SYS_GETSID)},
	{"getpriority", func(s *harness.Subject, pid int) error { _, err := getpriority(s, pid); return err }},
	{"setpriority", func(s *harness.Subject, pid int) error {
		now, _ := getpriority(s, pid) // less would take CAP_SYS_NICE
		return setpriority(s, pid, now)
	}},
	{"sched_getscheduler", plain("sched_getscheduler", unix.SYS_SCHED_GETSCHEDULER)},
	{"sched_getparam", plain("sched_getparam", unix.SYS_SCHED_GETPARAM, harness.Out(make([]byte, 4)))},
	{"sched_getattr", plain("sched_getattr", unix.SYS_SCHED_GETATTR, harness.Out(make([]byte, 48)), 48, 0)},
	{"sched_rr_get_interval", plain("sched_rr_get_interval", unix.SYS_SCHED_RR_GET_INTERVAL, harness.Struct(new(unix.Timespec)))},
	{"ioprio_get", func(s *harness.Subject, pid int) error { return ioprio(s, ioprioWhoProcess, pid) }},
	{"sched_getaffinity", func(s *harness.Subject, pid int) error {
		_, err := s.Syscall("sched_getaffinity", unix.SYS_SCHED_GETAFFINITY, pid, 1024, harness.Out(make([]byte, 1024)))
		return err
	}},
	{"prlimit", func(s *harness.Subject, pid int) error {
		var limit unix.Rlimit
		_, err := s.Syscall("prlimit64", unix.SYS_PRLIMIT64, pid, unix.RLIMIT_NOFILE, nil, harness.Struct(&limit))
		return err
	}},
	{"capget", func(s *harness.Subject, pid int) error {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3, Pid: int32(pid)}
		var data [2]unix.CapUserData
		_, err := s.Syscall("capget", unix.SYS_CAPGET, harness.Struct(&header), harness.Struct(&data))
		return err
	}},
	{"get_robust_list", func(s *harness.Subject, pid int) error {
		var head, size uintptr
		_, err := s.Syscall("get_robust_list", unix.SYS_GET_ROBUST_LIST, pid, harness.Struct(&head), harness.Struct(&size))
		return err
	}},
}

// groupAddressings are calls that take the number of a process group; each fails
// with ESRCH where there is none.
var groupAddressings = []addressing{
	{"kill", func(s *harness.Subject, group int) error { return s.Kill(-group, 0) }},
	{"getpriority", func(s *harness.Subject, group int) error {
		_, err := s.Syscall("getpriority", unix.SYS_GETPRIORITY, unix.PRIO_PGRP, group)
		return err
	}},
	{"ioprio_get", func(s *harness.Subject, group int) error { return ioprio(s, ioprioWhoGroup, group) }},
}

// IOPRIO_WHO_PROCESS and IOPRIO_WHO_PGRP, from include/uapi/linux/ioprio.h.
const ioprioWhoProcess, ioprioWhoGroup = 1, 2

func ioprio(s *harness.Subject, which, who int) error {
	_, err := s.Syscall("ioprio_get", unix.SYS_IOPRIO_GET, which, who)
	return err
}

// lead makes s the leader of a process group of its own.
func lead(s *harness.Subject) {
	Get(s.Syscall("setpgid", unix.SYS_SETPGID, 0, 0))
}

// plain is an addressing by a call's first argument.
func plain(name string, nr uintptr, rest ...any) func(*harness.Subject, int) error {
	return func(s *harness.Subject, pid int) error {
		_, err := s.Syscall(name, nr, append([]any{pid}, rest...)...)
		return err
	}
}

// getpriority returns the nice value of a process.
func getpriority(s *harness.Subject, pid int) (int, error) {
	r, err := s.Syscall("getpriority", unix.SYS_GETPRIORITY, unix.PRIO_PROCESS, pid)
	return 20 - int(r), err
}

func setpriority(s *harness.Subject, pid, nice int) error {
	_, err := s.Syscall("setpriority", unix.SYS_SETPRIORITY, unix.PRIO_PROCESS, pid, nice)
	return err
}

// nice returns the nice value that the suite's procfs shows of s.
func nice(s *harness.Subject) string {
	stat := string(Get(os.ReadFile(procPath(s, "stat"))))
	const place = 16 // behind the command's name; see proc_pid_stat(5)
	return strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])[place]
}

var _ = Specs("Calls that take or return process ids", Label("pid"), func() {
	It("reach a process from its own and from every ancestor namespace", Proves("pid-visible-in-every-ancestor"), func() {
		outside := Spawn()
		a := newInit(outside)
		inA := fork(a)
		b := newInit(a)
		inB := fork(b)
		handed, _ := joined(outside, b)
		levels := len(numbers(outside))
		for _, target := range []*harness.Subject{inB, b, handed} {
			lead(target)
			all := numbers(target)[levels-1:]
			for i, viewer := range []*harness.Subject{outside, inA, b} {
				for _, a := range built(addressings) {
					Expect(a.address(viewer, all[i])).To(Succeed(), "%s for %s, as %d", a.call, target.Name(), all[i])
				}
				for _, a := range built(groupAddressings) {
					if all[i] != 1 { // to kill, -1 is everybody
						Expect(a.address(viewer, all[i])).To(Succeed(), "%s for the group of %s, as %d", a.call, target.Name(), all[i])
					}
				}
				Expect(setpriority(viewer, all[i], 3+i)).To(Succeed())
				Expect(nice(target)).To(Equal([]string{"3", "4", "5"}[i]), "what %s has set", viewer.Name())
			}
		}
	})

	It("do not reach processes of a parent or sibling namespace", Proves("pid-parent-and-sibling-unaddressable-esrch"), func() {
		outside := Spawn()
		a, sibling := newInit(outside), newInit(outside)
		below := newInit(a)
		var targets []*harness.Subject
		for _, maker := range []*harness.Subject{outside, sibling, a} {
			if maker == outside {
				targets = append(targets, fork(maker))
				continue
			}
			targets = append(targets, Get(maker.Clone3SetTID(harness.CloneArgs{}, kinds.FreePID())))
		}
		for _, target := range targets {
			lead(target)
			for _, viewer := range []*harness.Subject{a, fork(a), below} {
				for _, as := range numbers(target) {
					if viewer != below && target == targets[2] && as == number(target) {
						continue // its own namespace's
					}
					for _, a := range built(addressings) {
						Expect(a.address(viewer, as)).To(MatchError(unix.ESRCH), "%s for %s, as %d", a.call, target.Name(), as)
					}
					for _, a := range built(groupAddressings) {
						Expect(a.address(viewer, as)).To(MatchError(unix.ESRCH), "%s for the group of %s, as %d", a.call, target.Name(), as)
					}
				}
			}
			Expect(outside.Kill(target.PID(), 0)).To(Succeed(), "it is there")
		}
	})

	It("find nobody by a number that is not in use here, kill with signal 0 included", Proves("pid-kill-invisible-esrch"), func() {
		outside := Spawn()
		init := newInit(outside)
		member := fork(init)
		for _, s := range []*harness.Subject{init, member} {
			Expect(s.Kill(1, 0)).To(Succeed())
			Expect(s.Kill(2, 0)).To(Succeed())
			for _, invisible := range []int{outside.PID(), member.PID(), init.PID(), os.Getpid(), 3} {
				for _, sig := range []unix.Signal{0, unix.SIGTERM, unix.SIGKILL} {
					Expect(s.Kill(invisible, sig)).To(MatchError(unix.ESRCH), "%d", invisible)
				}
			}
		}
		Expect(outside.Kill(member.PID(), 0)).To(Succeed())
		expectUntouched(outside, "after kills from inside")
	})

	It("mean the process of that number in the caller's namespace", Proves("pid-calls-use-callers-namespace"), func() {
		outside := newInit(Spawn())
		init := newInit(outside)
		const same = 1234
		outer := Get(outside.Clone3SetTID(harness.CloneArgs{}, same))
		inner := Get(init.Clone3SetTID(harness.CloneArgs{}, same))
		for _, s := range []*harness.Subject{outer, inner} {
			Arrange(s.Handle(unix.SIGUSR1))
		}
		Expect(setpriority(init, same, 7)).To(Succeed())
		Expect(setpriority(outside, same, 11)).To(Succeed())
		Expect(nice(inner)).To(Equal("7"))
		Expect(nice(outer)).To(Equal("11"))
		Expect(getpriority(init, same)).To(Equal(7))
		Expect(getpriority(outside, same)).To(Equal(11))
		Expect(init.Kill(same, unix.SIGUSR1)).To(Succeed())
		Expect(expectHandles(inner, 0).PID).To(Equal(1))
		Expect(outer.Handled()).To(BeEmpty())
		Expect(outside.Kill(same, unix.SIGUSR1)).To(Succeed())
		Expect(expectHandles(outer, 0).PID).To(Equal(1))
		Expect(Get(inner.Handled())).To(HaveLen(1))

		child := fork(inner)
		Expect(child.NSPID()).To(Equal(Get(child.Getpid())), "fork returns a number of the caller's namespace")
		handed, parent := joined(outside, init)
		Expect(handed.NSPID()).NotTo(Equal(number(handed)), "also when the child is in another one")
		Expect(handed.NSPID()).To(Equal(seenFrom(parent, handed)))
		for _, any := range []bool{true, false} {
			options := handed.NSPID()
			if any {
				options = -1
			}
			Arrange(handed.Exit(4))
			var status unix.WaitStatus
			eventually(func() (int, error) { return parent.Wait4(options, &status, unix.WNOHANG) }).Should(Equal(handed.NSPID()), "wait returns one, too")
			Expect(status.ExitStatus()).To(Equal(4))
			handed = fork(parent)
		}
		_, err := parent.Wait4(number(handed), new(unix.WaitStatus), unix.WNOHANG)
		Expect(err).To(MatchError(unix.ECHILD), "it does not take the number of the child's own namespace")
		Expect(child.Exit(5)).To(Succeed())
		Expect(expectChildEnds(inner, child.NSPID()).ExitStatus()).To(Equal(5))
		Expect(Get(nsutil.StatusOf(outer.PID())).State).NotTo(Equal('Z'))
	})
})
