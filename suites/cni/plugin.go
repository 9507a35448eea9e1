package cni

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// config is a network configuration as plugins read it.
type config map[string]any

// with returns the configuration and more.
func (c config) with(key string, value any) config {
	more := maps.Clone(c)
	more[key] = value
	return more
}

// kind returns the name of the plugin.
func (c config) kind() string { return c["type"].(string) }

// version is that of the specification which plugins are to keep to.
const version = "1.0.0"

// network returns the configuration of a network without addresses.
func network(kind, name string) config {
	return config{"cniVersion": version, "type": kind, "name": name}
}

// addressed returns the configuration with addresses of a subnet, which host-local
// gives out and keeps account of in the room, and a default route.
func (r *room) addressed(c config, subnet string) config {
	return c.with("ipam", config{
		"type": "host-local", "dataDir": r.Path("store"),
		"ranges": [][]config{{{"subnet": subnet}}}, "routes": []config{{"dst": "0.0.0.0/0"}},
	})
}

// reserved returns the addresses of a network that host-local has given out.
func (r *room) reserved(network string) (addresses []string) {
	files, err := r.ReadDir(r.Path("store/" + network))
	if err != unix.ENOENT {
		Arrange(err)
	}
	for _, file := range files {
		if _, err := netip.ParseAddr(file); err == nil {
			addresses = append(addresses, file)
		}
	}
	return addresses
}

// order is what a runtime asks of a plugin.
type order struct {
	command string // "ADD"
	config  string
	kind    string // the plugin
	// The parameters, each left out where it is empty.
	id, netns, ifname string
	path              string // of other plugins; "" for where this one is
	user              int
}

// start has a new process of the room execute the plugin.
func (r *room) start(o order) *harness.Subject {
	program := NeedProgram("cni/" + o.kind).Path
	r.configs++
	file := r.Path(fmt.Sprintf("config-%d.json", r.configs))
	Arrange(r.WriteFile(file, o.config, unix.O_CREAT))
	Arrange(r.Chmod(file, 0o644))
	var env []string
	if o.path == "" {
		o.path = filepath.Dir(program)
	}
	for _, parameter := range []struct{ name, value string }{
		{"CNI_COMMAND", o.command}, {"CNI_CONTAINERID", o.id}, {"CNI_NETNS", o.netns}, {"CNI_IFNAME", o.ifname}, {"CNI_PATH", o.path},
	} {
		if parameter.value != "" {
			env = append(env, parameter.name+"="+parameter.value)
		}
	}
	child := Get(r.Fork())
	if o.user != 0 {
		Arrange(child.Setgroups())
		Arrange(child.Setresgid(o.user, o.user, o.user))
		Arrange(child.Setresuid(o.user, o.user, o.user))
	}
	Arrange(child.ExecWith(file, env, program))
	return child
}

// does has the room execute the plugin to its end.
func (r *room) does(o order) (status int, said string) {
	child := r.start(o)
	end, err := child.Wait()
	Expect(err).NotTo(HaveOccurred(), "%s %s", o.kind, o.command)
	said = strings.TrimSpace(Get(child.Output()))
	Expect(end.Exited()).To(BeTrue(), "%s %s: %v: %s", o.kind, o.command, end, said)
	return end.ExitStatus(), said
}

// succeeds claims that a plugin does as it is told, and returns what it prints.
func (r *room) succeeds(o order) string {
	status, said := r.does(o)
	Expect(status).To(Equal(0), "%s %s: %s", o.kind, o.command, said)
	return said
}

// failure is the error object that a plugin prints.
type failure struct {
	Code    int    `json:"code"`
	Message string `json:"msg"`
	Details string `json:"details"`
}

// fails claims that a plugin fails and says so as it should.
func (r *room) fails(o order) (f failure) {
	status, said := r.does(o)
	Expect(status).NotTo(Equal(0), "%s %s: %s", o.kind, o.command, said)
	Expect(json.Unmarshal([]byte(said), &f)).To(Succeed(), "%s %s: %s", o.kind, o.command, said)
	Expect(f.Code).To(BeNumerically(">", 0), said)
	Expect(f.Message).NotTo(BeEmpty(), said)
	return f
}
