package timens

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// tick is the unit of times in /proc/PID/stat, and of the fractions in /proc/uptime.
const tick = time.Second / 100

// uptimeFile returns the two numbers of /proc/uptime as s sees them: the time
// since boot, and that which all processors together have been idle.
func uptimeFile(s *harness.Subject) (up, idle time.Duration) {
	text, err := s.ReadFile("/proc/uptime")
	Expect(err).NotTo(HaveOccurred())
	return parseUptime(text)
}

func parseUptime(text string) (up, idle time.Duration) {
	Expect(text).To(MatchRegexp(`^\d+\.\d\d \d+\.\d\d\n$`))
	var numbers [2]time.Duration
	for i, word := range strings.Fields(text) {
		numbers[i] = Get(time.ParseDuration(word + "s"))
	}
	return numbers[0], numbers[1]
}

// bootTime returns when the machine was booted, as /proc/stat tells s, by the time of day.
func bootTime(s *harness.Subject) time.Duration {
	text, err := s.ReadFile("/proc/stat")
	Expect(err).NotTo(HaveOccurred())
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20) // that of the interrupts is long
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "btime "); ok {
			return time.Duration(Get(strconv.ParseInt(value, 10, 64))) * time.Second
		}
	}
	Fail("/proc/stat has no btime")
	return 0
}

// startTime returns when the process was started after boot, as s sees it.
func startTime(s, process *harness.Subject) time.Duration {
	text, err := s.ReadFile(fmt.Sprintf("/proc/%d/stat", process.PID()))
	Expect(err).NotTo(HaveOccurred())
	const after = 22 - 3 // fields, after the name in parentheses
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	Expect(len(fields)).To(BeNumerically(">", after))
	return time.Duration(Get(strconv.ParseUint(fields[after], 10, 64))) * tick
}

// expectUptime claims that s sees /proc/uptime ahead of the suite's clock.
func expectUptime(s *harness.Subject, ahead time.Duration) {
	before := now(unix.CLOCK_BOOTTIME)
	up, _ := uptimeFile(s)
	expectBetween(up-ahead, before-tick, now(unix.CLOCK_BOOTTIME), "/proc/uptime in %s, less the offset", s.Name())
}

// expectSysinfo claims that sysinfo tells s an uptime ahead of the suite's clock.
func expectSysinfo(s *harness.Subject, ahead time.Duration) {
	before := now(unix.CLOCK_BOOTTIME)
	up, err := s.Uptime()
	Expect(err).NotTo(HaveOccurred())
	expectBetween(up-ahead, before, now(unix.CLOCK_BOOTTIME)+time.Second, "in %s, less the offset", s.Name())
}

var _ = Specs("What tells the time since boot to members of a time namespace:", Label("time"), func() {
	It("/proc/uptime is shifted by the boottime offset", Proves("time-proc-uptime-shifted"), func() {
		outside := Spawn()
		expectUptime(outside, 0)
		for _, offsets := range worlds() {
			maker := home(offsets)
			fd := Get(maker.Open("/proc/uptime", unix.O_RDONLY|unix.O_CLOEXEC))
			s := Get(maker.Fork())
			expectUptime(s, offsets.Boottime)
			expectUptime(maker, 0)
			for _, s := range further(offsets) {
				expectUptime(s, offsets.Boottime)
			}
			before := now(unix.CLOCK_BOOTTIME)
			up, _ := parseUptime(string(Get(s.Read(fd, 100))))
			expectBetween(up-offsets.Boottime, before-tick, now(unix.CLOCK_BOOTTIME), "in a file that another has opened")
			_, idle := uptimeFile(outside)
			_, insideIdle := uptimeFile(s)
			_, later := uptimeFile(outside)
			expectBetween(insideIdle, idle-time.Second, later+time.Second, "the processors' idle time")
		}
	})

	It("sysinfo is shifted by the boottime offset", Proves("time-stat-starttime-and-sysinfo-shifted"), func() {
		for _, offsets := range append(worlds(), nsutil.TimeOffsets{}) {
			maker := home(offsets)
			expectSysinfo(maker, 0)
			for _, s := range append(further(offsets), Get(maker.Fork())) {
				expectSysinfo(s, offsets.Boottime)
			}
		}
	})

	It("the time of boot in /proc/stat is earlier by the boottime offset", Proves("time-stat-starttime-and-sysinfo-shifted"), func() {
		NeedKernel("5.11")
		outside := Spawn()
		for _, offsets := range append(worlds(), nsutil.TimeOffsets{}) {
			maker := home(offsets)
			want := bootTime(outside)
			Expect(bootTime(maker)).To(BeNumerically("~", want, time.Second))
			for _, s := range append(further(offsets), Get(maker.Fork())) {
				expectBetween(bootTime(s)+offsets.Boottime, want-time.Second, want+time.Second, "as %s sees it, plus the offset", s.Name())
			}
		}
	})

	It("the start of any process in /proc/PID/stat is shifted by the boottime offset", Proves("time-stat-starttime-and-sysinfo-shifted"), func() {
		NeedKernel("5.11")
		for _, offsets := range append(worlds(), nsutil.TimeOffsets{}) {
			before := now(unix.CLOCK_BOOTTIME)
			maker := home(offsets)
			s := Get(maker.Fork())
			child := Get(s.Fork())
			after := now(unix.CLOCK_BOOTTIME)
			readers := append(further(offsets), s)
			for _, process := range []*harness.Subject{maker, s, child} {
				want := startTime(maker, process)
				expectBetween(want, before-tick, after)
				for _, s := range readers {
					expectBetween(startTime(s, process)-offsets.Boottime, want-tick, want+tick, "%s as %s sees it, less the offset", process.Name(), s.Name())
				}
			}
		}
	})
})
