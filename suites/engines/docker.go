package engines

import (
	"fmt"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	. "github.com/nsconform/nsconform/suites/spec"
)

// docker is a client, and a daemon that does all; see docker run.
var docker = engine{
	name:     "docker",
	programs: []string{"docker", "dockerd", "containerd", "runc"},
	own:      []nsutil.Kind{nsutil.Mnt, nsutil.PID, nsutil.Net, nsutil.UTS, nsutil.IPC, nsutil.Cgroup},
	ways: map[nsutil.Kind]ways{
		nsutil.PID:    {own: "", host: "--pid=host", another: "--pid=container:%s"},
		nsutil.Net:    {own: "--network=none", host: "--network=host", another: "--network=container:%s"},
		nsutil.UTS:    {own: "", host: "--uts=host"},
		nsutil.IPC:    {own: "--ipc=shareable", hidden: "--ipc=private", host: "--ipc=host", another: "--ipc=container:%s"},
		nsutil.Cgroup: {own: "--cgroupns=private", host: "--cgroupns=host"},
		nsutil.User:   {own: "", host: "--userns=host"}, // of a daemon that maps ids
	},

	open: func(r *room) {
		r.refurnish()
		r.dockerd()
	},
	openMapping: func(r *room) {
		ids := fmt.Sprintf("nobody:%d:%d\n", containers.First, containers.Count)
		r.refurnish(file{"subuid", ids}, file{"subgid", ids})
		r.dockerd("--userns-remap=nobody:nogroup")
	},
	run: func(c *container) (status int, said string) {
		line := append([]string{"run", "--detach", "--name=" + c.name}, c.words()...)
		if c.hostname != "" {
			line = append(line, "--hostname="+c.hostname)
		}
		for _, v := range c.volumes {
			line = append(line, fmt.Sprintf("--volume=%s:%s:%s", v.source, v.point, v.option))
		}
		return c.room.Execute(append([]string{NeedProgram("docker").Path}, append(line, imageName, c.mark)...)...)
	},
	swept: "/run/docker/netns", // by the minute; until then they are empty, with nothing mounted there
	pid: func(c *container) int {
		return Get(strconv.Atoi(c.room.docker("inspect", "--format={{.State.Pid}}", c.name)))
	},
	exec: func(c *container, argv ...string) {
		c.room.docker(append([]string{"exec", "--detach", c.name}, argv...)...)
	},
	remove: func(c *container) {
		c.room.docker("rm", "--force", c.name)
	},
}

// dockerd starts the daemon, without a network of its own, and loads the image.
func (r *room) dockerd(options ...string) {
	r.serve("/run/docker.sock", "dockerd", append(options, "--storage-driver=vfs", "--bridge=none", "--iptables=false", "--ip6tables=false")...)
	r.docker("load", "--quiet", "--input="+r.imageFile())
}

// docker claims that a command succeeds, and returns what it prints.
func (r *room) docker(args ...string) string {
	return r.Does(append([]string{NeedProgram("docker").Path}, args...)...)
}
