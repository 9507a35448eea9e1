package rooms

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// Tend has the room's process collect all children at once, as an init does whom
// programs leave their children to, and a child of it be the one that does what the
// specs say. It returns the init.
func (r *Room) Tend() *harness.Subject {
	steward := Get(r.Fork())
	Arrange(r.Sigaction(unix.SIGCHLD, harness.SIG_IGN))
	r.init, r.Subject = r.Subject, steward
	return r.init
}

// Find returns a process of the room's, by its number in there, as the suite's procfs
// shows it; 0 where there is none.
func (r *Room) Find(number int) int {
	level := len(strings.Fields(Status(r.PID())["NSpid"])) - 1
	return r.first(func(pid int) bool {
		numbers := strings.Fields(Status(pid)["NSpid"])
		return len(numbers) > level && numbers[level] == strconv.Itoa(number)
	})
}

// Executing returns a process of the room's with these arguments, as the suite's procfs
// shows it; 0 where there is none.
func (r *Room) Executing(argv ...string) int {
	line := strings.Join(argv, "\x00") + "\x00"
	return r.first(func(pid int) bool { return commandLine(pid) == line })
}

// first returns one of the room's processes that is what is looked for.
func (r *Room) first(is func(pid int) bool) int {
	top := r.Subject
	if r.init != nil {
		top = r.init
	}
	for descendants := []int{top.PID()}; len(descendants) > 0; descendants = descendants[1:] {
		pid := descendants[0]
		if is(pid) {
			return pid
		}
		descendants = append(descendants, Children(pid)...)
	}
	return 0
}

// MustFind is [Room.Find] for a process that a program has told of.
func (r *Room) MustFind(number int, by string) int {
	pid := r.Find(number)
	if pid == 0 {
		Fail(fmt.Sprintf("%s says %d of a process that the room does not have", by, number))
	}
	return pid
}
