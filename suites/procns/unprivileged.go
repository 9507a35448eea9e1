package procns

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// restrictions are the settings by which distributions and administrators keep
// user namespaces from the unprivileged, with the value that does.
var restrictions = []struct {
	file, value string
	code        reports.SkipCode
}{
	{"/proc/sys/user/max_user_namespaces", "0", reports.SkipSysctl},
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", reports.SkipSysctl},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", reports.SkipLSM},
}

func needUnprivilegedUserns() {
	for _, r := range restrictions {
		if text, err := os.ReadFile(r.file); err == nil && strings.TrimSpace(string(text)) == r.value {
			SkipFor(r.code, "%s is %s", r.file, r.value)
		}
	}
}

var _ = Specs("An unprivileged process", Label("procns", "user"), func() {
	for _, way := range harness.Ways() {
		It(fmt.Sprintf("makes a user namespace by %s, and gets capabilities there only", way), Proves("ns-userns-creation-unprivileged"), func() {
			needUnprivilegedUserns()
			nobody := Spawn(harness.As(alice, alice), harness.Named("nobody"))
			caps := Get(nobody.Capget())
			Expect(caps.Effective | caps.Permitted).To(BeZero())
			Expect(Get(nobody.Fork()).Unshare(unix.CLONE_NEWUTS)).To(MatchError(unix.EPERM))

			inside, err := create(nobody, way, nsutil.User)
			Expect(err).NotTo(HaveOccurred())
			Expect(inside.NS(nsutil.User)).NotTo(Equal(Get(nobody.NS(nsutil.User))))
			Expect(inside.Unshare(unix.CLONE_NEWUTS)).To(Succeed(), "with the capabilities of the new user namespace")
			Expect(inside.Sethostname("inside")).To(Succeed())
			Expect(nobody.Hostname()).NotTo(Equal("inside"))
			Expect(Get(nobody.Fork()).Unshare(unix.CLONE_NEWUTS)).To(MatchError(unix.EPERM), "the creator has gained nothing")
		})

		It(fmt.Sprintf("makes a user namespace and one of each other kind by one %s", way), Proves("ns-userns-creation-unprivileged"), func() {
			needUnprivilegedUserns()
			nobody := Spawn(harness.As(alice, alice), harness.Named("nobody"))
			var all []nsutil.Kind
			for _, kind := range kinds.Built() {
				if !can(way, kind) {
					continue
				}
				all = append(all, kind)
				if kind == nsutil.User {
					continue
				}
				before := linksOf(nobody)
				Expect(create(nobody, way, kind)).Error().To(MatchError(unix.EPERM), "%s alone", kind)
				Expect(linksOf(nobody)).To(Equal(before), "after a refused call")
			}
			inside, err := create(nobody, way, all...)
			Expect(err).NotTo(HaveOccurred())
			Expect(linksOf(inside).changed(linksOf(nobody))).To(ConsistOf(namesOf(all, true, true)))
		})
	}
})
