package clone

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

// failure is a reason for a clone call to fail after it has made a namespace.
type failure struct {
	why   string
	way   harness.Way
	since string
	errno func(kind nsutil.Kind) error
	make  func(s *harness.Subject, flags int) (*harness.Subject, error)
}

func always(errno error) func(nsutil.Kind) error { return func(nsutil.Kind) error { return errno } }

var failures = []failure{
	{"the pidfd's address is bad", harness.ByClone, "5.2", always(unix.EFAULT), func(s *harness.Subject, flags int) (*harness.Subject, error) {
		return pidfdTo(harness.ByClone, s, flags|unix.CLONE_PIDFD, 8)
	}},
	{"the cgroup's descriptor is bad", harness.ByClone3, "5.7", always(unix.EBADF), func(s *harness.Subject, flags int) (*harness.Subject, error) {
		return s.Clone3(harness.CloneArgs{Flags: uint64(flags) | unix.CLONE_INTO_CGROUP, Cgroup: 999})
	}},
	{"the pidfd's address is bad", harness.ByClone3, "5.3", always(unix.EFAULT), func(s *harness.Subject, flags int) (*harness.Subject, error) {
		return pidfdTo(harness.ByClone3, s, flags|unix.CLONE_PIDFD, 8)
	}},
	{"another kind is at its limit", harness.ByClone, "", always(unix.ENOSPC), func(s *harness.Subject, flags int) (*harness.Subject, error) {
		return s.Clone(flags | besides(flags))
	}},
	{"the pid may not be chosen", harness.ByClone3, "5.5", settidErrno, func(s *harness.Subject, flags int) (*harness.Subject, error) {
		return s.Clone3SetTID(harness.CloneArgs{Flags: uint64(flags)}, 2)
	}},
}

// settidErrno is that of a pid which is another's, or not the init's.
func settidErrno(kind nsutil.Kind) error {
	if kind == nsutil.PID {
		return unix.EINVAL
	}
	return unix.EPERM
}

// slow are the kinds that the kernel takes its time to destroy.
var slow = map[nsutil.Kind]bool{nsutil.IPC: true, nsutil.Net: true, nsutil.PID: true}

// besides returns the flag of the kind that has the limit 0 beside that of flags.
func besides(flags int) int {
	if flags == unix.CLONE_NEWCGROUP {
		return unix.CLONE_NEWUTS
	}
	return unix.CLONE_NEWCGROUP
}

var _ = Specs("A failed clone", Label("clone"), func() {
	for _, kind := range nsutil.Kinds() {
		for i, f := range failures {
			if slow[kind] && i > 1 {
				continue
			}
			if kind == nsutil.Time && f.way == harness.ByClone {
				continue // clone(2) has no flag for it
			}
			It(fmt.Sprintf("by %s of kind %s makes no child and keeps no charge when %s", f.way, kind, f.why), Label(string(kind)), Proves("clone-failure-leaves-nothing"), func() {
				kinds.Need(kind)
				if f.since != "" {
					NeedKernel(f.since)
				}
				root := Spawn(harness.Cloned(nsutil.User), harness.Mapped(mapping), harness.Named("root"))
				limit := func(flag, n int) {
					for _, k := range nsutil.Kinds() {
						if k.Flag() == flag {
							Arrange(root.WriteFile(fmt.Sprintf("/proc/sys/user/max_%s_namespaces", k), fmt.Sprint(n), 0))
						}
					}
				}
				limit(kind.Flag(), 1)
				limit(besides(kind.Flag()), 0)
				s := Get(root.Fork())
				before := descriptors(s)
				expectRefused(s, f.errno(kind), func() (*harness.Subject, error) { return f.make(s, kind.Flag()) })
				Expect(descriptors(s)).To(Equal(before))

				Eventually(func() error { return kindOf(f.way, s, kind) }).WithPolling(polling).Should(Succeed(), "one, with the limit 1")
				Expect(kindOf(f.way, s, kind)).To(MatchError(unix.ENOSPC), "a second one")
			})
		}
	}
})

// kindOf has s make a child in a new namespace of the kind.
func kindOf(way harness.Way, s *harness.Subject, kind nsutil.Kind) error {
	_, err := by(way, s, kind.Flag())
	return err
}
