package runtimes

import (
	"encoding/json"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	. "github.com/nsconform/nsconform/suites/spec"
)

// namespace is an entry of config.json's linux.namespaces.
type namespace struct {
	Type string `json:"type"`
	Path string `json:"path,omitempty"`
}

// types are config.json's words for the kinds.
var types = map[nsutil.Kind]string{
	nsutil.PID: "pid", nsutil.Net: "network", nsutil.Mnt: "mount", nsutil.UTS: "uts",
	nsutil.IPC: "ipc", nsutil.User: "user", nsutil.Cgroup: "cgroup", nsutil.Time: "time",
}

// config is what differs from one container to the next.
type config struct {
	namespaces []namespace
	hostname   string // of its own UTS namespace
	// propagation is the root's; empty for private.
	propagation string
	offset      int // of the monotonic clock, in seconds
	// volumes are folders of the room by their mount points, each with how mounts pass.
	volumes []volume
}

// volume is a folder of the room that a container gets.
type volume struct{ source, point, option string }

// with returns a configuration that asks for a new namespace of each kind.
func with(kinds ...nsutil.Kind) config {
	var c config
	for _, kind := range kinds {
		c.namespaces = append(c.namespaces, namespace{Type: types[kind]})
	}
	return c
}

// joining returns the configuration with a namespace of that kind to be joined.
func (c config) joining(kind nsutil.Kind, path string) config {
	c.namespaces = append(slices.Clone(c.namespaces), namespace{types[kind], path})
	return c
}

// asks reports whether the configuration names a kind.
func (c config) asks(kind nsutil.Kind) bool {
	return slices.ContainsFunc(c.namespaces, func(n namespace) bool { return n.Type == types[kind] })
}

type object = map[string]any

// text returns config.json for a container that executes the program in a cgroup.
func (c config) text(program, cgroup string) []byte {
	linux := object{"namespaces": c.namespaces, "cgroupsPath": cgroup, "rootfsPropagation": "private"}
	version := "1.0.2"
	if c.propagation != "" {
		linux["rootfsPropagation"] = c.propagation
	}
	if c.asks(nsutil.User) {
		ids := []object{{"containerID": 0, "hostID": containers.First, "size": containers.Count}}
		linux["uidMappings"], linux["gidMappings"] = ids, ids
	}
	if c.asks(nsutil.Time) {
		version = "1.1.0" // which brought the type
	}
	if c.offset != 0 {
		linux["timeOffsets"] = object{"monotonic": object{"secs": c.offset}}
	}
	mounts := []object{
		{"destination": "/proc", "type": "proc", "source": "proc"},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"mode=755"}},
	}
	for _, v := range c.volumes {
		mounts = append(mounts, object{"destination": v.point, "type": "bind", "source": v.source, "options": []string{"rbind", v.option}})
	}
	root := object{
		"ociVersion": version,
		"process":    object{"user": object{"uid": 0, "gid": 0}, "args": []string{program}, "env": []string{}, "cwd": "/"},
		"root":       object{"path": "rootfs"},
		"mounts":     mounts,
		"linux":      linux,
	}
	if c.hostname != "" {
		root["hostname"] = c.hostname
	}
	return Get(json.Marshal(root))
}
