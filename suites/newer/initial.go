package newer

import (
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// initial returns s's descriptor of the initial namespace of the kind: that of
// the kernel's own thread kthreadd where it may be seen, else the suite's own;
// the mount namespace, which the suite may have unshared, is the oldest of all.
func initial(s *harness.Subject, kind nsutil.Kind) int {
	const kthreadd = "/proc/2/"
	name, err := s.ReadFile(kthreadd + "comm")
	if err != nil || strings.TrimSpace(name) != "kthreadd" {
		SkipFor(reports.SkipNested, "the suite does not run in the initial PID namespace")
	}
	if fd, err := s.Open(kthreadd+"ns/"+string(kind), unix.O_RDONLY|unix.O_CLOEXEC); err == nil {
		return fd
	}
	fd := open(s, s, kind)
	for kind == nsutil.Mnt {
		before, _, err := s.MntNSStep(fd, harness.NS_MNT_GET_PREV)
		if err != nil {
			break
		}
		fd = before
	}
	return fd
}
