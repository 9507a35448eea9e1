package kinds

import (
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/nsconform/nsconform/harness"
	"golang.org/x/sys/unix"
)

// pidMark is a process with a number that no process has outside.
func pidMark(int) *Mark {
	pid := int(FreePID())
	what := fmt.Sprintf("process %d", pid)
	return &Mark{
		What: what,
		Sign: what,
		put: func(s *harness.Subject) error {
			_, err := s.Clone3SetTID(harness.CloneArgs{}, int32(pid))
			return err
		},
		see: func(s *harness.Subject) (string, error) {
			err := s.Kill(pid, 0)
			if errors.Is(err, unix.EPERM) {
				err = nil // it is there, though not for s to signal
			}
			return presence(what, err, unix.ESRCH)
		},
	}
}

// timeMark sets the monotonic and the boot-time clock ahead, which is only
// possible before the time namespace has its first member.
func timeMark(n int) *Mark {
	const step = 10_000 // seconds, far above what passes between two looks at a clock
	sign := fmt.Sprintf("clocks ahead by %d s and %d s", n*step, 3*n*step)
	return &Mark{
		What:  sign,
		Sign:  sign,
		Fixed: true,
		early: func(s *harness.Subject) error {
			return s.WriteFile("/proc/self/timens_offsets", fmt.Sprintf("monotonic %d 0\nboottime %d 0\n", n*step, 3*n*step), 0)
		},
		see: func(s *harness.Subject) (string, error) {
			var ahead [2]int64
			for i, clock := range []int32{unix.CLOCK_MONOTONIC, unix.CLOCK_BOOTTIME} {
				var here unix.Timespec
				there, err := s.ClockGettime(int(clock))
				if err != nil {
					return "", err
				}
				if err := unix.ClockGettime(clock, &here); err != nil {
					return "", err
				}
				seconds := int64(there/time.Second) - here.Sec
				ahead[i] = int64(math.Round(float64(seconds)/step)) * step
			}
			return fmt.Sprintf("clocks ahead by %d s and %d s", ahead[0], ahead[1]), nil
		},
	}
}

// userMark maps the ids of whoever makes the namespace to a number of the mark's own.
func userMark(n int) *Mark {
	id := 1_000_000 + n
	var creator *harness.Subject
	return &Mark{
		What:   fmt.Sprintf("the creator's uid mapped to %d", id),
		Sign:   fmt.Sprintf("uid %d", id),
		before: func(s *harness.Subject) error { creator = s; return nil },
		put: func(s *harness.Subject) error {
			if creator == nil {
				mapping := fmt.Sprintf("%d %d 1", id, os.Geteuid())
				return s.MapIDs(mapping, mapping)
			}
			uid, err := creator.Getuid()
			for _, file := range []string{"uid_map", "gid_map"} {
				if err == nil {
					err = creator.WriteFile(fmt.Sprintf("/proc/%d/%s", s.PID(), file), fmt.Sprintf("%d %d 1", id, uid), 0)
				}
			}
			return err
		},
		see: func(s *harness.Subject) (string, error) {
			uid, err := s.Getuid()
			return fmt.Sprintf("uid %d", uid), err
		},
	}
}
