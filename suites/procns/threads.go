package procns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("Threads of a process", Label("procns"), func() {
	for _, kind := range []nsutil.Kind{nsutil.Cgroup, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.UTS} { // which a thread may have for itself
		It("have the device and inode of the "+string(kind)+" namespace that each is in, and their children share it", Label(string(kind)), Proves("procns-same-inode-iff-same-namespace", "ns-fork-shares-all"), func() {
			kinds.Need(kind)
			outside, leader := Spawn(harness.Named("outside")), Spawn(harness.Named("leader"))
			mark := kinds.NewMark(kind)
			Arrange(mark.Prepare(leader))
			staying, leaving := Get(leader.Thread()), Get(leader.Thread())
			id := func(thread *harness.Subject) nsutil.ID {
				return Get(outside.NSFile(fmt.Sprintf("/proc/%d/task/%d/ns/%s", leader.PID(), thread.PID(), kind)))
			}
			home := id(leader)
			Expect([]nsutil.ID{id(staying), id(leaving), Get(outside.NS(kind))}).To(HaveEach(home), "in the beginning")

			Expect(leaving.Unshare(kind.Flag())).To(Succeed())
			away := id(leaving)
			Expect(away).NotTo(Equal(home))
			Expect([]nsutil.ID{id(leader), id(staying)}).To(HaveEach(home))
			Expect(outside.NSFile(kind.File(leader.PID()))).To(Equal(home), "the process's is that of its first thread")
			for _, thread := range []*harness.Subject{leader, staying, leaving} {
				Expect(thread.NSFile("/proc/self/ns/"+string(kind))).To(Equal(home), "that of the process, as any thread finds it")
				Expect(thread.NSFile("/proc/thread-self/ns/"+string(kind))).To(Equal(id(thread)), "its own")
			}

			for name, birth := range births {
				for _, thread := range []*harness.Subject{leader, staying, leaving} {
					child, err := birth(thread)
					Expect(err).NotTo(HaveOccurred(), name)
					Expect(child.NS(kind)).To(Equal(id(thread)), "a child by %s of %s", name, thread.Name())
				}
			}

			joined := Spawn(harness.Named("joined"))
			Arrange(joined.Setns(Get(joined.OpenNS(leaving, kind)), kind.Flag()))
			Expect(joined.NS(kind)).To(Equal(away))
			Arrange(mark.Put(joined))
			Expect(mark.See(leaving)).To(Equal(mark.Sign), "it is the namespace that the thread is in")
			Expect(mark.See(leader)).NotTo(Equal(mark.Sign))
		})
	}
})
