package engines

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/image"
	"github.com/nsconform/nsconform/suites/internal/program"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// room is the host of an engine. What containers may share is the room's, and not the
// machine's.
type room struct {
	*rooms.Room
	engine engine
	user   int    // who the engine is of
	group  string // its cgroup, as a path of the hierarchy
}

// The image's name, and its program, which only waits.
const (
	imageName = "localhost/waiting:latest"
	waiting   = "/waiting"
)

// interval is between two looks at what an engine has come to.
const interval = 20 * time.Millisecond

var made atomic.Int32

// host returns a room in which the engine is ready.
func (e engine) host() *room { return e.hostOf(0, e.open) }

// mappingHost is [engine.host] for containers with user namespaces of their own.
func (e engine) mappingHost() *room {
	if e.openMapping != nil {
		return e.hostOf(0, e.openMapping)
	}
	return e.host()
}

// hostOf returns a room in which open makes a user's engine ready.
func (e engine) hostOf(user int, open func(r *room)) *room {
	e.need()
	NeedKconfig("CONFIG_PROC_CHILDREN")
	NeedKconfig("CONFIG_CGROUP_PIDS")
	containers.NeedHierarchy()
	r := &room{Room: rooms.New(nsutil.UTS, nsutil.IPC, nsutil.Net), engine: e, user: user}
	r.group = fmt.Sprintf("/%s-%s-%d", harness.Mark(), e.name, made.Add(1))
	r.enclose()
	r.Tend()
	r.Patience *= 2 // the programs are large, and start others
	for _, dir := range []string{"/run", "/var"} {
		Arrange(r.Mount("none", dir, "tmpfs", 0, "mode=755"))
	}
	for _, dir := range []string{"/var/lib", "/var/tmp"} { // a guest may have none
		Arrange(os.Mkdir(r.Seen(dir), 0o755))
	}
	Arrange(r.Symlink("/run", "/var/run"))
	Arrange(r.Mount("none", "/dev/shm", "tmpfs", 0, "mode=1777"))
	r.Environment = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + r.Dir, "TMPDIR=" + r.Dir}
	open(r)
	return r
}

// enclose puts the room into a cgroup, and a cgroup namespace, which shows that as the
// root. What is in the root below itself leaves it no controllers to hand on, so the
// room's processes are in a group of their own.
func (r *room) enclose() {
	group := containers.Hierarchy + r.group
	containers.ClearGroups(r.group)
	for _, dir := range []string{group, group + "/room"} {
		Arrange(os.Mkdir(dir, 0o755))
	}
	containers.HandOut("pids") // some engines want one
	move := func(dir string) error {
		return os.WriteFile(dir+"/cgroup.procs", []byte(strconv.Itoa(r.PID())), 0)
	}
	Arrange(move(group))
	Arrange(r.Unshare(unix.CLONE_NEWCGROUP))
	Arrange(move(group + "/room"))
	Arrange(r.Bind(group, containers.Hierarchy))
}

// imageFile writes the image to a file of the room's.
func (r *room) imageFile() string {
	i := image.Image{
		Name: imageName, Path: waiting, Program: program.Of(program.Waiting),
		Folders: []string{"/below", "/dev", "/etc", "/proc", "/run", "/sys", "/tmp"},
	}
	file := r.Path("image.tar")
	Arrange(os.WriteFile(r.Seen(file), Get(i.Archive()), 0o644))
	return file
}

// writeFile writes a file of the room's folder.
func (r *room) writeFile(name, text string) {
	Arrange(os.WriteFile(r.Seen(r.Path(name)), []byte(text), 0o644))
}

// own makes a folder of the user's, for nobody else.
func (r *room) own(path string) {
	Arrange(r.Mkdir(path))
	Arrange(r.Chmod(path, 0o700))
	Arrange(r.Chown(path, r.user, r.user))
}
