package timens

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// suitesOwn returns a process that has made a time namespace for its children,
// which the suite's user namespace owns.
func suitesOwn() *harness.Subject { return home(nsutil.TimeOffsets{}) }

// belowOwn is suitesOwn for a user namespace below, in which s has all
// capabilities, and which alice has made.
func belowOwn() *harness.Subject {
	s := Spawn(harness.As(alice, alice))
	Arrange(s.Unshare(unix.CLONE_NEWUSER))
	same := fmt.Sprintf("%d %d 1", alice, alice)
	Arrange(s.MapIDs(same, same))
	Arrange(s.Unshare(newtime))
	Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
	return s
}

// self is for writers to the file of their own children's namespace.
func self(s *harness.Subject) (writer, target *harness.Subject) { return s, s }

// writers are processes that write to the offsets for target's children.
var writers = []struct {
	who   string
	scene func() (s, target *harness.Subject)
	may   bool
}{
	{"root", func() (_, _ *harness.Subject) { return self(suitesOwn()) }, true},
	{"with CAP_SYS_TIME alone", func() (_, _ *harness.Subject) { return self(only(suitesOwn(), unix.CAP_SYS_TIME)) }, true},
	{"root without CAP_SYS_TIME", func() (_, _ *harness.Subject) {
		s := suitesOwn()
		Arrange(s.DropCapabilities(unix.CAP_SYS_TIME))
		return self(s)
	}, false},
	{"with CAP_SYS_ADMIN alone", func() (_, _ *harness.Subject) { return self(only(suitesOwn(), unix.CAP_SYS_ADMIN)) }, false},
	{"root with CAP_SYS_TIME permitted, not in effect", func() (_, _ *harness.Subject) {
		s := suitesOwn()
		Arrange(s.Capset(harness.Capabilities{Permitted: 1 << unix.CAP_SYS_TIME}))
		return self(s)
	}, false},
	{"a user", func() (_, _ *harness.Subject) {
		s := suitesOwn()
		Arrange(s.Setresuid(alice, alice, alice))
		Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
		return self(s)
	}, false},
	{"root of a new user namespace below the owner", func() (_, _ *harness.Subject) {
		s := suitesOwn()
		Arrange(s.Unshare(unix.CLONE_NEWUSER))
		return self(s)
	}, false},
	{"with all capabilities in alice's user namespace below the owner", func() (_, _ *harness.Subject) {
		s := suitesOwn()
		Arrange(s.Join(belowOwn(), nsutil.User))
		return self(s)
	}, false},
	{"with all capabilities in the owner below the suite's", func() (_, _ *harness.Subject) { return self(belowOwn()) }, true},
	{"without CAP_SYS_TIME in the owner below the suite's", func() (_, _ *harness.Subject) {
		s := belowOwn()
		Arrange(s.DropCapabilities(unix.CAP_SYS_TIME))
		Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
		return self(s)
	}, false},
	{"below the owner below the suite's", func() (_, _ *harness.Subject) {
		s := belowOwn()
		Arrange(s.Unshare(unix.CLONE_NEWUSER))
		Get(s.Prctl(unix.PR_SET_DUMPABLE, 1))
		return self(s)
	}, false},
	{"root above the owner", func() (_, _ *harness.Subject) { return Spawn(), belowOwn() }, true},
	{"root without CAP_SYS_TIME above the owner", func() (_, _ *harness.Subject) {
		s := Spawn()
		Arrange(s.DropCapabilities(unix.CAP_SYS_TIME))
		return s, belowOwn()
	}, false},
	{"who has made the owner", func() (_, _ *harness.Subject) { return Spawn(harness.As(alice, alice)), belowOwn() }, true},
}

// openOffsets opens the file of the offsets for target's children.
func openOffsets(s, target *harness.Subject) int {
	return Get(s.Open(fmt.Sprintf("/proc/%d/timens_offsets", target.PID()), unix.O_WRONLY|unix.O_CLOEXEC))
}

// expectWritable claims that s may write to the offsets for target's children,
// or that it may not, by a descriptor.
func expectWritable(s *harness.Subject, fd int, target *harness.Subject, may bool) {
	before, after := offsetsOf(target), offsetsOf(target)
	if may {
		after = nsutil.TimeOffsets{Monotonic: 3600e9, Boottime: 7200e9}
	}
	monotonic, boottime := records(nsutil.TimeOffsets{Monotonic: 3600e9, Boottime: 7200e9})
	_, err := s.Write(fd, []byte(monotonic+boottime))
	if may {
		Expect(err).NotTo(HaveOccurred())
	} else {
		Expect(err).To(MatchError(unix.EPERM))
		_, err := s.Write(fd, []byte("boottime 0 0\n"))
		Expect(err).To(MatchError(unix.EPERM))
		Expect(offsetsOf(target)).To(Equal(before))
	}
	Expect(offsetsOf(target)).To(Equal(after))
	expectClocks(Get(target.Fork()), after, clockMonotonic, clockBoottime)
}

var _ = Specs("Writing the offsets of a time namespace", Label("time", "user"), func() {
	for _, w := range writers {
		verb, promises := "is allowed", []string{"time-offsets-write-needs-cap-sys-time"}
		if !w.may {
			verb, promises = "gives EPERM", append(promises, "time-offsets-write-without-cap-eperm")
		}
		It(verb+": "+w.who, Proves(promises...), func() {
			s, target := w.scene()
			expectWritable(s, openOffsets(s, target), target, w.may)
		})
	}

	It("needs the capability when the file is opened", Proves("time-offsets-write-needs-cap-sys-time", "time-offsets-write-without-cap-eperm"), func() {
		for _, may := range []bool{true, false} {
			target, able := suitesOwn(), Spawn(harness.Named("able"))
			unable := Get(able.Clone(unix.CLONE_FILES))
			Arrange(unable.DropCapabilities(unix.CAP_SYS_TIME))
			opener, writer := unable, able
			if may {
				opener, writer = able, unable
			}
			expectWritable(writer, openOffsets(opener, target), target, may)
		}
	})
})
