package idmaps

import (
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// needChangesToCount skips the spec where a change of ids leaves processes dumpable.
func needChangesToCount() {
	if text, err := os.ReadFile("/proc/sys/fs/suid_dumpable"); err == nil && strings.TrimSpace(string(text)) == "1" {
		SkipFor(reports.SkipSysctl, "fs.suid_dumpable is 1")
	}
}

var _ = Specs("Map files of a process that a change of effective ids has made non-dumpable", Label("user", "idmaps"), func() {
	It("cannot be opened for writing by its parent, or itself, until it is dumpable again", Proves("user-map-of-non-dumpable-child-unwritable"), func() {
		needChangesToCount()
		w := newWorld()
		alices, target := w.ofAlice()
		for _, file := range idFiles {
			Expect(write(w.root, target, file, "0 11 1\n1 12 1")).To(Succeed())
		}
		expectOpens := func(errno error, when string) {
			for _, file := range append(mapFiles, "setgroups") {
				for _, s := range []*harness.Subject{alices, target} {
					fd, err := s.Open(path(target, file), unix.O_WRONLY)
					if errno == nil {
						Expect(err).NotTo(HaveOccurred(), "%s by %s, %s", file, s.Name(), when)
						Arrange(s.Close(fd))
						continue
					}
					Expect(err).To(MatchError(errno), "%s by %s, %s", file, s.Name(), when)
				}
				Expect(alices.ReadFile(path(target, file))).To(Equal(Get(w.root.ReadFile(path(target, file)))))
				Expect(w.outside.Open(path(target, file), unix.O_WRONLY)).Error().NotTo(HaveOccurred(), "%s by root, %s", file, when)
			}
		}
		expectOpens(nil, "before any change")
		Expect(target.Setresuid(1, -1, -1)).To(Succeed())
		Expect(target.Setresgid(1, -1, -1)).To(Succeed())
		expectOpens(nil, "after a change of its real ids")
		for change, set := range map[string]func(real, effective, saved int) error{"uid": target.Setresuid, "gid": target.Setresgid} {
			Expect(set(-1, 1, -1)).To(Succeed())
			Expect(set(-1, 0, -1)).To(Succeed())
			expectOpens(unix.EACCES, "after changes of its effective "+change)
			Get(target.Prctl(unix.PR_SET_DUMPABLE, 1))
			expectOpens(nil, "once it is dumpable again")
		}
	})
})
