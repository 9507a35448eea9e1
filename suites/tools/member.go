package tools

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// member is a shell that a tool has started, which waits.
type member struct {
	tool *harness.Subject // the process that was the tool: the shell itself, or its parent
	pid  int              // the shell, as the suite's procfs shows it
	room *room
	said string // by the time it waits
}

// member has root run a tool that starts a shell, which does what the text says and
// then waits.
func (r *room) member(tool []string, text string) *member {
	return r.memberOf(0, tool, text)
}

// memberOf is member with a tool that another user runs.
func (r *room) memberOf(user int, tool []string, text string) *member {
	NeedKconfig("CONFIG_PROC_CHILDREN")
	if text != "" {
		text += "; "
	}
	argv := has(tool, text+"echo waiting; read -r word <"+r.Path("hold")+"; echo $word")
	m := &member{tool: r.Start(user, argv...), room: r}
	Eventually(func() (string, error) {
		said, err := m.tool.Output()
		if waits := strings.Contains(said, "waiting\n"); !waits && rooms.Ended(m.tool.PID()) {
			return "", StopTrying(fmt.Sprintf("%s has ended: %s", strings.Join(tool, " "), said))
		}
		return said, err
	}).WithTimeout(Patience()).WithPolling(rooms.Interval).Should(ContainSubstring("waiting\n"), strings.Join(argv, " "))
	m.said = strings.TrimSpace(strings.Replace(Get(m.tool.Output()), "waiting\n", "", 1))
	for m.pid = m.tool.PID(); ; {
		children := rooms.Children(m.pid)
		if len(children) == 0 {
			return m
		}
		m.pid = children[len(children)-1]
	}
}

// ns returns the namespace of a kind that the shell is in.
func (m *member) ns(kind nsutil.Kind) nsutil.ID {
	return rooms.NS(m.pid, kind)
}

// number returns the shell's process id in the room.
func (m *member) number() string {
	numbers := strings.Fields(rooms.Status(m.pid)["NSpid"])
	levels := strings.Fields(rooms.Status(m.room.PID())["NSpid"])
	Expect(len(numbers)).To(BeNumerically(">=", len(levels)))
	return numbers[len(levels)-1]
}

// file returns what a file of the shell's in /proc has, without blanks at its ends.
func (m *member) file(name string) string {
	text := Get(os.ReadFile(fmt.Sprintf("/proc/%d/%s", m.pid, name)))
	return strings.Join(strings.Fields(string(text)), " ")
}

// end kills the tool and the shell, and waits for both.
func (m *member) end() {
	if m.pid != m.tool.PID() {
		Arrange(unix.Kill(m.pid, unix.SIGKILL))
		Eventually(rooms.Ended).WithArguments(m.pid).WithTimeout(Patience()).WithPolling(rooms.Interval).Should(BeTrue())
	}
	m.tool.Signal(unix.SIGKILL)
	Get(m.tool.Wait())
}

// goOn has the shell come to its end.
func (m *member) goOn() {
	Arrange(m.room.WriteFile(m.room.Path("hold"), "went on\n", 0))
}

// visitor returns a process of the room that has joined a namespace by its file.
func (r *room) visitor(file string, kind nsutil.Kind) *harness.Subject {
	visitor := Get(r.Fork())
	fd, err := visitor.Open(file, unix.O_RDONLY|unix.O_CLOEXEC)
	Expect(err).NotTo(HaveOccurred(), "to open %s", file)
	Expect(visitor.Setns(fd, kind.Flag())).To(Succeed(), "to join %s", file)
	Arrange(visitor.Close(fd))
	return visitor
}

// isPinned reports whether a file of the room is a namespace's, and which.
func (r *room) isPinned(file string) (id nsutil.ID, pinned bool) {
	var fs unix.Statfs_t
	Arrange(unix.Statfs(r.Seen(file), &fs))
	return Get(nsutil.IDOf(r.Seen(file))), fs.Type == unix.NSFS_MAGIC
}
