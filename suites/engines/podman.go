package engines

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	. "github.com/nsconform/nsconform/suites/spec"
)

// podman has no daemon; see podman-run(1).
var podman = engine{
	name:     "podman",
	programs: []string{"podman"},
	rootless: true,
	own:      []nsutil.Kind{nsutil.Mnt, nsutil.PID, nsutil.Net, nsutil.UTS, nsutil.IPC, nsutil.Cgroup},
	ways: map[nsutil.Kind]ways{
		nsutil.PID:    podmanWays("--pid", "--pid=private"),
		nsutil.Net:    podmanWays("--network", "--network=none"), // private has links, too
		nsutil.UTS:    podmanWays("--uts", "--uts=private"),
		nsutil.IPC:    podmanWays("--ipc", "--ipc=shareable").and(hidden, "--ipc=private"),
		nsutil.Cgroup: podmanWays("--cgroupns", "--cgroupns=private"),
		nsutil.User: podmanWays("--userns", fmt.Sprintf("--uidmap=0:%[1]d:%[2]d --gidmap=0:%[1]d:%[2]d", containers.First, containers.Count)).
			and(unlike, fmt.Sprintf("--userns=auto:size=%d", containers.Count/4)).
			and(kept, "--userns=keep-id"),
	},

	open: func(r *room) {
		r.own(r.Path("podman"))
		state := "/run"
		if r.user != 0 {
			r.Account("alice", r.user, containers.First, containers.Count)
			state = fmt.Sprintf("/run/user-%d", r.user)
			r.own(state)
		}
		r.writeFile("storage.conf", fmt.Sprintf(podmanStorage, r.Path("podman/storage"), state+"/storage"))
		r.writeFile("containers.conf", podmanDefaults)
		r.Environment = append(r.Environment, "XDG_RUNTIME_DIR="+state,
			"CONTAINERS_STORAGE_CONF="+r.Path("storage.conf"), "CONTAINERS_CONF="+r.Path("containers.conf"))
		r.podman("load", "--quiet", "--input="+r.imageFile())
	},
	run: func(c *container) (status int, said string) {
		line := append([]string{"run", "--detach", "--name=" + c.name, "--pidfile=" + c.pidFile()}, c.words()...)
		if c.hostname != "" {
			line = append(line, "--hostname="+c.hostname)
		}
		if c.options.pod != "" {
			line = append(line, "--pod="+c.options.pod)
		}
		for _, v := range c.volumes {
			line = append(line, fmt.Sprintf("--volume=%s:%s:%s", v.source, v.point, v.option))
		}
		return c.room.ExecuteAs(c.room.user, append([]string{NeedProgram("podman").Path}, append(line, imageName, c.mark)...)...)
	},
	pid: func(c *container) int {
		return Get(strconv.Atoi(strings.TrimSpace(Get(c.room.ReadFile(c.pidFile())))))
	},
	exec: func(c *container, argv ...string) {
		c.room.podman(append([]string{"exec", "--detach", c.name}, argv...)...)
	},
	remove: func(c *container) {
		c.room.podman("rm", "--force", "--time=0", c.name)
	},
	pod: func(r *room, name string, shared ...nsutil.Kind) {
		var words []string
		for _, kind := range shared {
			words = append(words, string(kind))
		}
		// A cgroup that a pod of 4.3 has by itself lets none of its containers make devices.
		r.podman("pod", "create", "--name="+name, "--network=none", "--share="+strings.Join(words, ","), "--share-parent=false",
			"--infra-image="+imageName, "--infra-command="+waiting)
	},
}

// podmanWays returns the words that all options have alike, and those for a namespace of
// the container's own.
func podmanWays(option, private string) ways {
	return ways{own: private, host: option + "=host", another: option + "=container:%s", pathname: option + "=ns:%s"}
}

// podmanStorage says where images and containers are, without layers over layers.
const podmanStorage = `[storage]
driver = "vfs"
graphroot = %q
runroot = %q
`

// podmanDefaults are for a room without systemd. A profile that is loaded would stay.
const podmanDefaults = `[containers]
apparmor_profile = "unconfined"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
`

// podman claims that a command succeeds, and returns what it prints.
func (r *room) podman(args ...string) string {
	return r.DoesAs(r.user, append([]string{NeedProgram("podman").Path}, args...)...)
}
