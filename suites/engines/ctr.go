package engines

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	. "github.com/nsconform/nsconform/suites/spec"
)

// ctr is containerd's own client; see ctr run --help.
var ctr = engine{
	name:     "ctr",
	programs: []string{"ctr", "containerd", "runc"},
	own:      []nsutil.Kind{nsutil.Mnt, nsutil.PID, nsutil.Net, nsutil.UTS, nsutil.IPC},
	ways: map[nsutil.Kind]ways{
		nsutil.PID:    ctrWays("pid", nsutil.PID),
		nsutil.Net:    {own: "", host: "--net-host", pathname: "--with-ns=network:%s"},
		nsutil.UTS:    ctrWays("uts", nsutil.UTS),
		nsutil.IPC:    ctrWays("ipc", nsutil.IPC),
		nsutil.Cgroup: {host: "", pathname: "--with-ns=cgroup:%s"},
		nsutil.User:   {host: "", pathname: "--with-ns=user:%s", own: fmt.Sprintf("--uidmap=0:%[1]d:%[2]d --gidmap=0:%[1]d:%[2]d", containers.First, containers.Count)},
	},

	open: func(r *room) {
		r.refurnish()
		r.writeFile("containerd.toml", fmt.Sprintf(containerdConfig, runtime.GOARCH))
		r.serve("/run/containerd/containerd.sock", "containerd", "--config="+r.Path("containerd.toml"))
		r.Environment = append(r.Environment, "CONTAINERD_SNAPSHOTTER=native")
		r.ctr("image", "import", r.imageFile())
	},
	run: func(c *container) (status int, said string) {
		if c.namespaces[nsutil.User].whose == pathname {
			NeedVersion("runc", "1.1.11", "to join a user namespace without a map of its own")
		}
		// The room's cgroup has no controller of processors.
		line := append([]string{"run", "--detach", "--null-io", "--cpu-shares=0", "--pid-file=" + c.pidFile()}, c.words()...)
		if c.hostname != "" {
			NeedVersion("ctr", "1.7", "the option --hostname")
			line = append(line, "--hostname="+c.hostname)
		}
		for _, v := range c.volumes {
			line = append(line, fmt.Sprintf("--mount=type=bind,src=%s,dst=%s,options=rbind:%s", v.source, v.point, v.option))
			if v.option == "rshared" {
				line = append(line, "--rootfs-propagation=rshared") // a slave root would hold mounts back
			}
		}
		return c.room.Execute(append([]string{NeedProgram("ctr").Path}, append(line, imageName, c.name, waiting, c.mark)...)...)
	},
	pid: func(c *container) int {
		return Get(strconv.Atoi(strings.TrimSpace(Get(c.room.ReadFile(c.pidFile())))))
	},
	exec: func(c *container, argv ...string) {
		id := fmt.Sprintf("exec-%d", made.Add(1))
		// ctr leaves the pipes of what it does not wait for.
		c.room.ctr(append([]string{"task", "exec", "--detach", "--exec-id=" + id, "--fifo-dir=" + c.room.Path(id), c.name}, argv...)...)
	},
	remove: func(c *container) {
		c.room.ctr("task", "delete", "--force", c.name)
		c.room.ctr("container", "delete", c.name)
	},
}

// ctrWays are those of a kind of which the host's is a matter of its path.
func ctrWays(name string, kind nsutil.Kind) ways {
	option := "--with-ns=" + name + ":"
	return ways{own: "", host: option + kind.File(1), pathname: option + "%s"}
}

// containerdConfig is without what CRI is served by, which has needs of its own. Since
// version 2 it is the daemon that unpacks images, and has to know where to.
const containerdConfig = `version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]
[[plugins."io.containerd.transfer.v1.local".unpack_config]]
platform = "linux/%s"
snapshotter = "native"
`

// ctr claims that a command succeeds, and returns what it prints.
func (r *room) ctr(args ...string) string {
	return r.Does(append([]string{NeedProgram("ctr").Path}, args...)...)
}
