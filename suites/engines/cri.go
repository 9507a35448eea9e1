package engines

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// cri is containerd by the Container Runtime Interface, as Kubernetes has it make
// containers.
var cri = byCRI(engine{
	name:     "cri",
	programs: []string{"crictl", "containerd", "ctr", "cni/ptp", "cni/host-local", "cni/loopback"},
	// The interface has no word for UTS namespaces: those on the host's network share it.
	together: []nsutil.Kind{nsutil.Net, nsutil.UTS},
	open:     openContainerd,
	openMapping: func(r *room) {
		NeedVersion("containerd", "2.0", "to give pods user namespaces")
		openContainerd(r)
	},
})

// crio is CRI-O, which is for that interface alone.
var crio = byCRI(engine{
	name:     "crio",
	programs: []string{"crictl", "crio", "pinns", "conmon", "runc", "skopeo", "nsenter", "cni/ptp", "cni/host-local", "cni/loopback"},
	open:     openCRIO,
})

// byCRI returns the engine with what all do alike that are told by crictl, which stands in
// the place of the kubelet: its exec is what kubectl exec ends in. A container is in a pod
// of its own, unless it is told to be in another one.
func byCRI(e engine) engine {
	e.own = []nsutil.Kind{nsutil.Mnt, nsutil.PID, nsutil.Net, nsutil.UTS, nsutil.IPC, nsutil.Cgroup}
	e.ways = map[nsutil.Kind]ways{
		nsutil.PID: {own: "CONTAINER", host: "NODE", neighbour: "TARGET"},
		nsutil.Net: {own: "POD", host: "NODE"},
		nsutil.IPC: {own: "POD", host: "NODE"},
	}
	if e.together != nil {
		e.ways[nsutil.UTS] = e.ways[nsutil.Net]
	}
	if e.openMapping != nil {
		e.ways[nsutil.User] = ways{own: "POD", host: "NODE"}
	}
	e.podKinds = []nsutil.Kind{nsutil.Net, nsutil.IPC, nsutil.UTS}
	e.run = func(c *container) (status int, said string) {
		pod := c.options.pod
		if pod == "" {
			pod = c.name
			if status, said = c.room.runPod(pod, c.hostname, c.namespaceOptions()); status != 0 {
				return status, said
			}
		}
		status, said = c.room.Execute(c.room.crictlLine("create", c.room.podID(pod), c.containerFile(), c.room.podFile(pod))...)
		if status != 0 {
			return status, said
		}
		c.id = strings.TrimSpace(said)
		return c.room.Execute(c.room.crictlLine("start", c.id)...)
	}
	e.pid = func(c *container) int {
		return Get(strconv.Atoi(c.room.crictl("inspect", "--output=go-template", "--template={{.info.pid}}", c.id)))
	}
	e.exec = func(c *container, argv ...string) {
		line := append([]string{"exec", c.id}, argv...)
		c.executing = append(c.executing, c.room.Start(0, c.room.crictlLine(line...)...))
	}
	e.remove = func(c *container) {
		c.room.crictl("stop", "--timeout=0", c.id) // or its program would be asked to end itself
		if c.options.pod != "" {
			c.room.crictl("rm", "--force", c.id)
		} else {
			c.room.crictl("rmp", "--force", c.room.podID(c.name))
		}
		for _, client := range c.executing {
			_, err := client.Wait()
			Expect(err).NotTo(HaveOccurred(), "crictl exec, when the container has gone")
		}
	}
	e.address = func(c *container) string {
		return c.room.crictl("inspectp", "--output=go-template", "--template={{.status.network.ip}}", c.room.podID(c.name))
	}
	e.pod = func(r *room, name string, shared ...nsutil.Kind) {
		options := object{"network": modes["POD"], "ipc": modes["POD"], "pid": modes["CONTAINER"]}
		if slices.Contains(shared, nsutil.PID) {
			options["pid"] = modes["POD"]
		}
		status, said := r.runPod(name, "", options)
		Expect(status).To(BeZero(), said)
	}
	return e
}

// crictl claims that a command succeeds, and returns what it prints.
func (r *room) crictl(args ...string) string {
	return r.Does(r.crictlLine(args...)...)
}

func (r *room) crictlLine(args ...string) []string {
	return append([]string{NeedProgram("crictl").Path, "--config=" + r.Path("crictl.yaml")}, args...)
}

// containerID returns the id that a container has besides its name.
func (r *room) containerID(name string) string {
	return r.crictl("ps", "--quiet", "--name=^"+name+"$")
}

// podID returns the id that a pod has besides its name.
func (r *room) podID(name string) string {
	return r.crictl("pods", "--quiet", "--name=^"+name+"$")
}
