// Package selftest holds specs that misbehave on purpose, one for each verdict
// that good specs on a good kernel never get. They show that the suite notices.
package selftest

import (
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// Self marks these specs, and no others. Each has a label of its own, too.
const Self = "self-test"

var _ = Specs("a spec that", Label(Self), func() {
	It("holds", Label("pass"), func() {
		Expect(Spawn().Getpid()).To(BeNumerically(">", 0))
	})

	It("is violated", Label("fail"), func() {
		Expect(Spawn(harness.Cloned(nsutil.UTS)).Sethostname("self-test")).To(MatchError(unix.EPERM))
	})

	It("sees a deviation that is not known of this kernel", Label("deviates"), func() {
		Deviates("unknown", "the scene is not what it should be")
	})

	It("is told what is random", Label("chance"), func() {
		Fail(fmt.Sprintf("seed %d, %d sequences", Chance.Seed, Chance.Sequences))
	})

	It("hangs in a blocking call", Label("hang"), func() {
		impatient := harness.NewScope(T(), harness.Limits{Call: 200 * time.Millisecond})
		s := impatient.Spawn(harness.Named("reader"))
		r, _, err := s.Pipe()
		Arrange(err)
		s.Read(r, 1)
	})

	It("hangs the suite itself", Label("hang-suite"), func() {
		select {}
	})

	It("does not end when it is asked to", Label("stubborn"), func() {
		signal.Ignore(unix.SIGTERM)
		select {}
	})

	It("cannot arrange its scene", Label("broken"), func() {
		Get(Spawn().Open("/nonexistent/scene", unix.O_RDONLY))
	})

	It("panics itself", Label("spec-panic"), func() {
		panic("a spec's own mistake")
	})

	It("kills the suite", Label("kill"), func() {
		Arrange(unix.Kill(os.Getpid(), unix.SIGKILL))
	})

	It("leaves another hostname behind", Label("leak-hostname"), func() {
		onlyInGuest()
		Arrange(unix.Sethostname([]byte("left-behind")))
	})

	It("leaves a child behind", Label("leak-child"), func() {
		Get(os.StartProcess("/proc/self/exe", []string{"left-behind", "--help"}, &os.ProcAttr{}))
	})

	It("leaves a descriptor behind", Label("leak-descriptor"), func() {
		Get(unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0))
	})

	It("is skipped without a code", Label("bare-skip"), func() {
		Skip("for no reason that counts")
	})
})

// onlyInGuest keeps a spec that does harm in the virtual machine, whose init is /init.
func onlyInGuest() {
	if init, err := os.Readlink("/proc/1/exe"); err != nil || init != "/init" {
		SkipFor(reports.SkipNested, "this would harm the machine: it runs only in the virtual machine")
	}
}
