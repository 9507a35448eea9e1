package runtimes

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/program"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// container is one that a runtime makes, from a bundle in a room.
type container struct {
	runtime
	config
	room   *rooms.Room
	id     string
	bundle string // folder, as the room has it
	cgroup string // path in the hierarchy

	pid int // of its first process, as the suite's procfs shows it
}

// newRoom returns a room for runtimes and their containers. What these may share is the
// room's, and not the machine's.
func newRoom() *rooms.Room {
	NeedKconfig("CONFIG_PROC_CHILDREN")
	containers.NeedHierarchy()
	return rooms.New(nsutil.UTS, nsutil.IPC, nsutil.Net)
}

var made atomic.Int32

// prepared returns a container that is not made yet: its bundle, with a program that
// only waits.
func (rt runtime) prepared(r *rooms.Room, c config) *container {
	n := made.Add(1)
	id := fmt.Sprintf("%s-%s-%d", harness.Mark(), rt.name, n)
	made := &container{runtime: rt, config: c, room: r, id: id, bundle: r.Path(id), cgroup: "/" + id}
	rootfs := r.Seen(made.rootfs())
	for _, dir := range []string{"proc", "dev", "below", filepath.Dir(made.program())} {
		Arrange(os.MkdirAll(filepath.Join(rootfs, dir), 0o755))
	}
	// The program has the same path whatever root the container gets.
	for _, root := range []string{rootfs, r.Seen("/")} {
		file := filepath.Join(root, made.program())
		Arrange(os.WriteFile(file, program.Of(program.Waiting), 0o755))
		Arrange(os.Chmod(file, 0o755))
	}
	Arrange(os.WriteFile(r.Seen(made.bundle+"/config.json"), c.text(made.program(), made.cgroup), 0o644))
	if c.asks(nsutil.User) {
		Arrange(filepath.WalkDir(rootfs, func(path string, _ os.DirEntry, err error) error {
			return errors.Join(err, os.Chmod(path, 0o755), os.Lchown(path, containers.First, containers.First))
		}))
	}
	containers.ClearGroups(made.cgroup)
	return made
}

func (c *container) rootfs() string   { return c.bundle + "/rootfs" }
func (c *container) program() string  { return c.room.Path("waiting") }
func (c *container) stateDir() string { return c.room.Path("state") }

// start makes a container and has it run.
func (rt runtime) start(r *rooms.Room, config config) *container {
	c := rt.prepared(r, config)
	c.expectMade(c.tried())
	return c
}

// tried has the runtime make a container and have it run, and returns what comes of that.
func (c *container) tried() (status int, said string) {
	return c.room.Execute(c.command(c.run(c))...)
}

// expectMade claims that the container was made, and finds its first process.
func (c *container) expectMade(status int, said string) {
	Expect(status).To(Equal(0), "%s makes %s: %s", c.name, c.id, said)
	c.pid = c.find(c.state().PID)
}

// find returns a process of the room's, by its number in there, as the suite's procfs
// shows it.
func (c *container) find(number int) int {
	return c.room.MustFind(number, c.name)
}

// state is what a runtime tells of a container. See runtime.md, State.
type state struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	PID    int    `json:"pid"` // as the runtime has it
	Bundle string `json:"bundle"`
}

func (c *container) state() (s state) {
	text := c.room.Does(c.command(c.runtime.state(c))...)
	Expect(json.Unmarshal([]byte(text), &s)).To(Succeed(), text)
	return s
}

// exec has the runtime start a further process, and returns that, as the suite's procfs
// shows it.
func (c *container) exec() int {
	file := c.room.File("exec.pid")
	c.room.Does(c.command(c.runtime.exec(c, file, c.program()))...)
	number := Get(strconv.Atoi(strings.TrimSpace(Get(c.room.ReadFile(file)))))
	return c.find(number)
}

// entered returns a process of the suite's in the container.
func (c *container) entered() *harness.Subject {
	return Spawn(harness.Entered(c.pid), harness.Named("inside"))
}

// end has the runtime kill the container, and waits until it tells of the end.
func (c *container) end() {
	number := c.state().PID
	c.room.Does(c.command(c.kill(c, "KILL"))...)
	var status unix.WaitStatus
	Get(c.room.Wait4(number, &status, 0)) // its parent in the room was the runtime
	Expect(status.Signal()).To(Equal(unix.SIGKILL))
	Eventually(func() string { return c.state().Status }).WithTimeout(Patience()).WithPolling(rooms.Interval).Should(Equal("stopped"))
}

// remove has the runtime delete the container, which has ended.
func (c *container) remove() {
	c.room.Does(c.command(c.delete(c))...)
}

// groups returns the cgroups of the container that there are, its own first.
func (c *container) groups() []string { return containers.Groups(c.cgroup) }
