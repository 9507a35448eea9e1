package pid

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ptrace executes ptrace(2) without an address.
func ptrace(s *harness.Subject, request, pid int) error {
	_, err := s.Syscall("ptrace", unix.SYS_PTRACE, harness.Hex(request), pid, 0, 0)
	return err
}

// idsOf returns the lines of a process's status that show user and group ids.
func idsOf(reader *harness.Subject, process *harness.Subject) []string {
	text, err := reader.ReadFile(procPath(process, "status"))
	Expect(err).NotTo(HaveOccurred())
	return []string{statusLine(text, "Uid"), statusLine(text, "Gid"), statusLine(text, "Groups")}
}

var _ = Specs("/proc/PID/status", Label("pid"), func() {
	It("has parent and tracer as the procfs's namespace numbers them, 0 where it does not see them", Proves("pid-status-ppid-and-tracer-in-procfs-namespace"), func() {
		outer := Get(newInit(Spawn()).Clone(unix.CLONE_NEWNS))
		outside := view{outer, "/proc"}
		init := Get(outer.Clone(unix.CLONE_NEWPID | unix.CLONE_NEWNS))
		tracer := fork(outer)
		member := fork(fork(init))
		handed, parent := joined(outer, init)
		insider := fork(init)
		mountProc(outer)
		mountProc(init)
		for _, v := range []view{{init, "/proc"}, {tracer, fmt.Sprintf("/proc/%d/root/proc", seenFrom(outer, init))}} {
			Expect(v.column(1, "PPid")).To(Equal([]int{0}), "of init")
			Expect(v.column(number(handed), "PPid")).To(Equal([]int{0}), "of one whose parent is outside")
			Expect(v.column(number(member), "PPid")).To(Equal([]int{number(member) - 1}))
			Expect(v.column(number(member), "TracerPid")).To(Equal([]int{0}), "nobody traces it")
		}
		Expect(outside.column(seenFrom(outer, init), "PPid")).To(Equal([]int{number(outer)}))
		Expect(outside.column(seenFrom(outer, handed), "PPid")).To(Equal([]int{number(parent)}))
		Expect(outside.column(seenFrom(outer, member), "PPid")).To(Equal([]int{seenFrom(outer, member) - 1}))

		inside := view{init, "/proc"}
		Expect(ptrace(tracer, unix.PTRACE_SEIZE, seenFrom(outer, member))).To(Succeed())
		Expect(outside.column(seenFrom(outer, member), "TracerPid")).To(Equal([]int{number(tracer)}))
		Expect(inside.column(number(member), "TracerPid")).To(Equal([]int{0}), "the tracer is outside")
		Expect(ptrace(insider, unix.PTRACE_SEIZE, number(handed))).To(Succeed())
		Expect(inside.column(number(handed), "TracerPid")).To(Equal([]int{number(insider)}))
		Expect(outside.column(seenFrom(outer, handed), "TracerPid")).To(Equal([]int{seenFrom(outer, insider)}))
	})

	It("has user and group ids of the reader's user namespace, overflow ids where there are none", Label(kinds.Overflow), Proves("pid-status-ids-in-readers-userns"), func() {
		host := Spawn()
		init := Spawn(harness.Cloned(nsutil.User, nsutil.PID), harness.Mapped("0 100000 1000\n5000 200000 10"), harness.Named("inside"))
		member := fork(init)
		Arrange(member.Setgroups(7, 5003))
		Get(member.Syscall("setfsgid", unix.SYS_SETFSGID, 14))
		Arrange(member.Setresgid(11, 12, 13))
		Arrange(member.Setresuid(21, 22, 5001))
		stranger := Spawn(harness.Cloned(nsutil.User), harness.Mapped("0 300000 10\n50 100020 2"), harness.Named("in another user namespace"))

		Expect(idsOf(init, member)).To(Equal([]string{"21 22 5001 22", "11 12 13 12", "7 5003"}))
		Expect(idsOf(host, member)).To(Equal([]string{"100021 100022 200001 100022", "100011 100012 100013 100012", "100007 200003"}))
		uid, gid := kinds.OverflowIDs(host)
		uids, gids := fmt.Sprint(uid), fmt.Sprint(gid)
		Expect(idsOf(stranger, member)).To(Equal([]string{
			fmt.Sprintf("51 %s %s %s", uids, uids, uids), fmt.Sprintf("%[1]s %[1]s %[1]s %[1]s", gids), gids + " " + gids,
		}))
		Expect(idsOf(init, host)[0]).To(Equal(fmt.Sprintf("%[1]s %[1]s %[1]s %[1]s", uids)), "root of the machine to one inside")

		opened := Get(host.Open(procPath(member, "status"), unix.O_RDONLY))
		Arrange(host.Join(init, nsutil.User))
		Expect(statusLine(string(Get(host.Read(opened, 4096))), "Uid")).To(Equal("100021 100022 200001 100022"), "it is who opened the file that counts")
		Expect(idsOf(host, member)[0]).To(Equal("21 22 5001 22"), "having joined")
	})
})
