package tools

import (
	"fmt"
	"strconv"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("unshare(1) --time", Label("tools"), func() {
	It("sets the offsets of the clocks", Proves("unshare-tool-time-offsets"), func() {
		kinds.Need(nsutil.Time)
		r := newRoom()
		const uptime = "read -r up rest </proc/uptime; echo ${up%.*}"
		for _, row := range []struct {
			options             []string
			monotonic, boottime int
		}{
			{[]string{"--monotonic", "100000", "--boottime", "200000"}, 100000, 200000},
			{[]string{"--boottime", "300000"}, 0, 300000},
			{nil, 0, 0},
		} {
			before := uptimeOf(r, uptime)
			m := r.member(unshare(append([]string{"--time", "--fork"}, row.options...)...), uptime)
			after := uptimeOf(r, uptime)
			Expect(m.file("timens_offsets")).To(Equal(fmt.Sprintf("monotonic %d 0 boottime %d 0", row.monotonic, row.boottime)))
			Expect(m.ns(nsutil.Time)).NotTo(Equal(rooms.NS(r.PID(), nsutil.Time)))
			Expect(seconds(m.said)).To(And(BeNumerically(">=", before+row.boottime), BeNumerically("<=", after+row.boottime)), "the time since boot inside")

			visitor := r.visitor("/proc/"+m.number()+"/ns/time", nsutil.Time)
			inside, outside := Get(visitor.Fork()), Get(r.Fork())
			first := Get(clock(outside))
			there := Get(clock(inside))
			last := Get(clock(outside))
			Expect(there).To(And(BeNumerically(">=", first+row.monotonic), BeNumerically("<=", last+row.monotonic)), "CLOCK_MONOTONIC inside")
		}
	})
})

// clock returns the seconds of CLOCK_MONOTONIC.
func clock(s *harness.Subject) (int, error) {
	var t unix.Timespec
	_, err := s.Syscall("clock_gettime", unix.SYS_CLOCK_GETTIME, unix.CLOCK_MONOTONIC, harness.Struct(&t))
	return int(t.Sec), err
}

func uptimeOf(r *room, text string) int {
	return seconds(r.Does(shell, "-c", text))
}

func seconds(text string) int {
	return Get(strconv.Atoi(text))
}
