package selftest

import (
	"fmt"
	"os"
	"unsafe"

	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// These take the machine down, among others that it must not take along: those
// with the label derail in different ways.
var _ = Specs("a spec that", Label(Self), func() {
	for i := range 6 {
		It(fmt.Sprintf("holds beside those that do harm, %d", i), Label("derail", "kill"), func() {
			Expect(Spawn().Getpid()).To(BeNumerically(">", 0))
		})
	}

	It("panics the kernel", Label("panic", "derail"), func() {
		onlyInGuest()
		sysrq("c")
	})

	It("panics the kernel, and is the second to do so", Label("derail"), func() {
		onlyInGuest()
		sysrq("c")
	})

	It("resets the machine", Label("derail"), func() {
		onlyInGuest()
		sysrq("b")
	})

	It("has the kernel kill the suite", Label("oom"), func() {
		onlyInGuest()
		sysrq("f")
		select {}
	})

	It("has the kernel warn", Label("warn"), func() {
		onlyInGuest()
		Arrange(os.WriteFile("/dev/kmsg", []byte("<3>WARNING: CPU: 0 PID: 1 at self/test.c:1 test+0x1/0x2"), 0))
	})

	It("stops the machine", Label("stall"), func() {
		onlyInGuest()
		stall()
	})
})

func sysrq(command string) {
	Arrange(os.WriteFile("/proc/sysrq-trigger", []byte(command), 0))
}

// stall keeps the machine's only processor (sched(7), SCHED_FIFO).
func stall() {
	Arrange(os.WriteFile("/proc/sys/kernel/sched_rt_runtime_us", []byte("-1"), 0))
	highest := struct{ priority int32 }{99}
	_, _, errno := unix.RawSyscall(unix.SYS_SCHED_SETSCHEDULER, 0, unix.SCHED_FIFO, uintptr(unsafe.Pointer(&highest)))
	if errno != 0 {
		Arrange(errno)
	}
	for {
		unix.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
	}
}
