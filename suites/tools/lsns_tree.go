package tools

import (
	"encoding/binary"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("lsns(8) --tree", Label("tools"), func() {
	It("shows namespaces below their parents or their owners", Proves("lsns-tree-by-parent-and-owner"), func() {
		NeedOption("lsns", "--tree", "2.38")
		r := newRoom()
		above, _ := r.resident(unix.CLONE_NEWUSER | unix.CLONE_NEWUTS)
		below := Get(mapped(above, mapping).Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWPID))
		user := func(s *harness.Subject) uint64 { return Get(s.NS(nsutil.User)).Ino }

		byParent := r.list("--tree=parent")
		Expect(children(byParent[user(r.Subject)])).To(ContainElement(user(above)))
		Expect(children(byParent[user(above)])).To(ConsistOf(user(below)), "by parent")
		pid := Get(below.NS(nsutil.PID)).Ino
		Expect(children(byParent[Get(r.NS(nsutil.PID)).Ino])).To(ConsistOf(pid), "a PID namespace by its parent")

		byOwner := r.list("--tree=owner")
		Expect(children(byOwner[user(above)])).To(ConsistOf(user(below), Get(above.NS(nsutil.UTS)).Ino), "by owner")
		Expect(children(byOwner[user(below)])).To(ConsistOf(pid), "a PID namespace by its owner")
	})

	It("exits with status 2 where the kernel does not know of the ioctl", Proves("lsns-tree-by-parent-and-owner"), func() {
		NeedVersion("lsns", "2.39", "the status") // util-linux commit "lsns: report unsupported ioctl"
		r := newRoom()
		r.Does(lsns("--tree=owner")...)
		child := Get(r.Fork())
		withoutIoctl(child)
		Arrange(child.Exec(lsns("--tree=owner")...))
		Expect(Get(child.Wait()).ExitStatus()).To(Equal(2), "%s", Get(child.Output()))
	})
})

// children returns the numbers of the namespaces right below another.
func children(l listed) (numbers []uint64) {
	for _, child := range l.Children {
		numbers = append(numbers, uint64(child.NS))
	}
	return numbers
}

// withoutIoctl has a process see a kernel before 4.9: the ioctls of namespace files
// fail with ENOTTY.
func withoutIoctl(s *harness.Subject) {
	const request = 24 // the low half of args[1], in struct seccomp_data
	var b []byte
	for _, op := range []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the system call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 4, K: unix.SYS_IOCTL},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: request},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: unix.NS_GET_USERNS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.NS_GET_PARENT},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0x00050000 | uint32(unix.ENOTTY)}, // SECCOMP_RET_ERRNO
		{Code: unix.BPF_RET | unix.BPF_K, K: 0x7fff0000},                       // SECCOMP_RET_ALLOW
	} {
		b = binary.LittleEndian.AppendUint16(b, op.Code)
		b = append(b, op.Jt, op.Jf)
		b = binary.LittleEndian.AppendUint32(b, op.K)
	}
	memory := Get(s.Map(4096))
	Arrange(s.Poke(memory, b))
	Get(s.Syscall("seccomp", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, harness.Struct(&struct {
		length  uint64
		program uint64
	}{uint64(len(b) / 8), uint64(memory)})))
}
