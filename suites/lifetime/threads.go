package lifetime

import (
	"slices"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// ofThreads are the kinds that a thread enters apart from the rest of its process.
func ofThreads() []nsutil.Kind {
	return slices.DeleteFunc(nsutil.Kinds(), func(kind nsutil.Kind) bool { return kinds.ForChildren(kind) || kind == nsutil.User })
}

var _ = Specs("Lifetime:", Label("lifetime"), func() {
	for _, kind := range ofThreads() {
		It("a "+string(kind)+" namespace whose last member is a thread ends when that exits, not with its process", Label(string(kind)), Proves("life-ends-with-last-member"), func() {
			r := roomFor(kind, 1)
			process := r.guest()
			thread := Get(process.Thread())
			Expect(thread.Unshare(kind.Flag())).To(Succeed())
			r.expectFull("a thread is in it")
			thread.Syscall("exit", unix.SYS_EXIT, 0)
			r.expectOneEnded("the thread has exited")
			Expect(process.Getpid()).NotTo(BeZero(), "the process goes on")
		})

		It("a "+string(kind)+" namespace does not end when the first thread of a process exits and another goes on", Label(string(kind)), Proves("life-ends-with-last-member"), func() {
			r := roomFor(kind, 1)
			t := r.admit()
			thread := Get(t.inside.Thread())
			t.inside.Syscall("exit", unix.SYS_EXIT, 0)
			r.expectMark(thread)
			r.expectFull("a thread is in it")
			thread.Syscall("exit", unix.SYS_EXIT, 0)
			r.expectOneEnded("the last thread has exited")
		})
	}
})
