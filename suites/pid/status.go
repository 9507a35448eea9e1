package pid

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// columns are the lines of /proc/PID/status that have a number for each level.
var columns = []string{"NStgid", "NSpid", "NSpgid", "NSsid"}

// view is a procfs, by one who can read it and the path where it is for him.
type view struct {
	reader *harness.Subject
	proc   string
}

// column returns the numbers in a line of a process's status, which the procfs
// shows under the given number, from the procfs's namespace inwards.
func (v view) column(number int, line string) []int {
	return v.columnOf(fmt.Sprint(number), line)
}

func (v view) columnOf(name, line string) []int {
	text, err := v.reader.ReadFile(v.proc + "/" + name + "/status")
	Expect(err).NotTo(HaveOccurred())
	var all []int
	for _, field := range strings.Fields(statusLine(text, line)) {
		var n int
		Get(fmt.Sscan(field, &n))
		all = append(all, n)
	}
	return all
}

// three is a process in the innermost of three nested PID namespaces, and views
// of the procfs of each: of the suite's, of the middle one and of its own.
type three struct {
	middle, inner, process *harness.Subject
	views                  []view
	numbers                []int // of process, as calls have told them
}

func newThree() three {
	outside := newMounter(newInit(Spawn()), 0)
	var t three
	t.middle = newMounter(outside, unix.CLONE_NEWPID)
	fork(t.middle)
	maker := newMounter(t.middle, unix.CLONE_NEWPID)
	t.inner = maker
	fork(maker)
	fork(maker)
	t.process = fork(maker)
	t.views = []view{{outside, "/proc"}, {t.middle, "/proc"}, {t.inner, "/proc"}}
	// outside: init 1, mounter 2, then middle 3, 4, inner 5, 6, 7 and the process 8;
	// in the middle: 1, 2, inner 3, 4, 5 and the process 6; innermost 1, 2, 3 and 4.
	t.numbers = []int{8, 6, 4}
	Expect(t.process.Getpid()).To(Equal(4))
	return t
}

var _ = Specs("/proc/PID/status", Label("pid"), func() {
	It("has a process id for each level in NStgid, from the procfs's inwards", Proves("pid-status-nstgid-column-per-level"), func() {
		t := newThree()
		for i, v := range t.views {
			Expect(v.column(t.numbers[i], "NStgid")).To(Equal(t.numbers[i:]))
		}
		thread := Get(t.process.Thread())
		for i, v := range t.views {
			name := fmt.Sprintf("%d/task/%d", t.numbers[i], thread.NSPID()+t.numbers[i]-4)
			Expect(v.columnOf(name, "NStgid")).To(Equal(t.numbers[i:]), "of a thread that is not the first")
		}
		Expect(t.views[0].column(2, "NStgid")).To(Equal([]int{2}), "of a process above")
	})

	It("has a thread id for each level in NSpid, from the procfs's inwards", Proves("pid-status-nspid-column-per-level"), func() {
		t := newThree()
		thread := Get(t.process.Thread())
		Expect(thread.NSPID()).To(Equal(5))
		of := []int{9, 7, 5}
		for i, v := range t.views {
			Expect(v.column(t.numbers[i], "NSpid")).To(Equal(t.numbers[i:]))
			Expect(v.columnOf(fmt.Sprintf("%d/task/%d", t.numbers[i], of[i]), "NSpid")).To(Equal(of[i:]), "of a thread that is not the first")
		}
	})

	groups := []struct {
		line, what, proves string
		lead               func(s *harness.Subject) error
	}{
		{"NSpgid", "process group", "pid-status-nspgid-column-per-level", func(s *harness.Subject) error {
			_, err := s.Syscall("setpgid", unix.SYS_SETPGID, 0, 0)
			return err
		}},
		{"NSsid", "session", "pid-status-nssid-column-per-level", func(s *harness.Subject) error {
			_, err := s.Syscall("setsid", unix.SYS_SETSID)
			return err
		}},
	}
	for _, g := range groups {
		It("has the id of the "+g.what+" for each level in "+g.line+", from the procfs's inwards", Proves(g.proves), func() {
			t := newThree()
			outer := numbers(t.middle)
			for i, v := range t.views {
				Expect(v.column(t.numbers[i], g.line)).To(Equal(make([]int, 3-i)), "none of these namespaces sees the leader")
			}
			Expect(len(outer)).To(BeNumerically(">", 2))
			Arrange(g.lead(t.middle))
			follower := Get(t.middle.Fork())
			for i, v := range t.views[:2] {
				Expect(v.column(seenFrom(v.reader, follower), g.line)).To(Equal([]int{3, 1}[i:]))
			}
			inside := newInit(follower)
			Expect(t.views[0].column(seenFrom(t.views[0].reader, inside), g.line)).To(Equal([]int{3, 1, 0}), "the innermost does not see the leader")

			Arrange(g.lead(t.process))
			child := fork(t.process)
			for i, v := range t.views {
				Expect(v.column(t.numbers[i], g.line)).To(Equal(t.numbers[i:]), "the leader's own")
				Expect(v.column(seenFrom(v.reader, child), g.line)).To(Equal(t.numbers[i:]), "its child's")
			}
		})
	}

	It("hides the levels outside of the procfs's", Proves("pid-status-hides-outer-levels"), func() {
		t := newThree()
		whole := numbers(t.process)
		for i, v := range t.views {
			for _, line := range columns {
				Expect(v.column(t.numbers[i], line)).To(HaveLen(3-i), line)
			}
			Expect(v.column(t.numbers[i], "NSpid")).To(Equal(whole[len(whole)-3+i:]))
		}
		through := view{Spawn(), procOf(t.inner)}
		for _, line := range columns {
			Expect(through.column(4, line)).To(HaveLen(1), "%s, read from outside", line)
		}
		Expect(through.column(4, "NSpid")).To(Equal([]int{4}))
	})
})
