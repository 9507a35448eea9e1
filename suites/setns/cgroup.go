package setns

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// cgroups returns the cgroups of a process, as the reader's cgroup namespace shows them.
func cgroups(reader, of *harness.Subject) string {
	text, err := reader.ReadFile(fmt.Sprintf("/proc/%d/cgroup", of.PID()))
	Expect(err).NotTo(HaveOccurred())
	return text
}

var _ = Specs("Joining a cgroup namespace", Label("setns", "cgroup"), func() {
	It("changes the view and not the cgroup", Proves("setns-cgroup-leaves-cgroup"), func() {
		home, mark := marked(nsutil.Cgroup)
		s, _ := marked(nsutil.Cgroup) // in a cgroup of its own
		witness := Spawn(harness.Named("witness"))
		fd, pidfd := Get(s.OpenNS(home, nsutil.Cgroup)), Get(s.PidfdOpen(home.PID()))
		callers, homes := cgroups(witness, s), cgroups(witness, home)
		Expect(callers).NotTo(Or(Equal(homes), Equal(cgroups(witness, witness))))
		sibling := Get(s.Fork())
		for caller, join := range map[*harness.Subject]int{s: fd, sibling: pidfd} {
			expectJoined(caller, join, unix.CLONE_NEWCGROUP, home, nsutil.Cgroup)
			Expect(mark.See(caller)).To(Equal(mark.Sign))
			Expect(cgroups(witness, caller)).To(Equal(callers), "as the witness sees it")
			Expect(cgroups(caller, caller)).To(ContainSubstring("/.."), "as the caller sees it, its own is outside the root")
			Expect(cgroups(witness, Get(caller.Fork()))).To(Equal(callers), "that of its child")
		}
		Expect(cgroups(witness, home)).To(Equal(homes))
	})
})
