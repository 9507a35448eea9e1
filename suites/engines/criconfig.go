package engines

import (
	"cmp"
	"encoding/json"
	"path/filepath"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	. "github.com/nsconform/nsconform/suites/spec"
)

type object = map[string]any

// modes are the numbers that the interface has for whose namespace is meant; see
// api.proto, NamespaceMode.
var modes = map[string]int{"POD": 0, "CONTAINER": 1, "NODE": 2, "TARGET": 3}

// propagations are those for how mounts pass; see api.proto, MountPropagation.
var propagations = map[string]int{"rprivate": 0, "rslave": 1, "rshared": 2}

// namespaceOptions returns api.proto's NamespaceOption of a container's: that of its
// pod where it is in one, but for what it is told itself. Of PID namespaces it says what
// the kubelet does where nobody has told that anything.
func (c *container) namespaceOptions() object {
	options := object{}
	if c.options.pod != "" {
		var pod struct {
			Linux struct {
				Security struct {
					Options object `json:"namespace_options"`
				} `json:"security_context"`
			} `json:"linux"`
		}
		Arrange(json.Unmarshal([]byte(Get(c.room.ReadFile(c.room.podFile(c.options.pod)))), &pod))
		options = pod.Linux.Security.Options
	}
	for key, kind := range map[string]nsutil.Kind{"network": nsutil.Net, "pid": nsutil.PID, "ipc": nsutil.IPC} {
		if _, said := c.told(kind); said || c.options.pod == "" {
			options[key] = modes[c.ways[kind][c.whose(kind)]]
		}
	}
	if c.whose(nsutil.User) == own {
		ids := []object{{"container_id": 0, "host_id": containers.First, "length": containers.Count}}
		options["userns_options"] = object{"mode": modes["POD"], "uids": ids, "gids": ids}
	}
	if c.whose(nsutil.PID) == neighbour {
		options["target_id"] = c.room.containerID(c.namespaces[nsutil.PID].subject)
	}
	return options
}

// podFile is where the configuration of a pod is.
func (r *room) podFile(name string) string { return r.Path(name + "-pod.json") }

// runPod has a pod run, whose hostname is its name where it is not told another.
func (r *room) runPod(name, hostname string, options object) (status int, said string) {
	config := object{
		"metadata":   object{"name": name, "namespace": "default", "uid": name},
		"dns_config": object{"servers": []string{"10.83.0.1"}}, // or the host's are copied, if it has any
		"linux":      object{"cgroup_parent": "/pods", "security_context": object{"namespace_options": options}},
	}
	if options["network"] != modes["NODE"] {
		config["hostname"] = cmp.Or(hostname, name)
	}
	r.writeFile(filepath.Base(r.podFile(name)), string(Get(json.Marshal(config))))
	return r.Execute(r.crictlLine("runp", r.podFile(name))...)
}

// containerFile writes the configuration of the container itself to a file.
func (c *container) containerFile() string {
	var mounts []object
	for _, v := range c.volumes {
		mounts = append(mounts, object{"host_path": v.source, "container_path": v.point, "propagation": propagations[v.option]})
	}
	name := c.name + ".json"
	c.room.writeFile(name, string(Get(json.Marshal(object{
		"metadata": object{"name": c.name},
		"image":    object{"image": imageName},
		"args":     []string{c.mark},
		"mounts":   mounts,
		"linux":    object{"security_context": object{"namespace_options": c.namespaceOptions()}},
	}))))
	return c.room.Path(name)
}
