package spec

import (
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/moby/sys/capability"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// Gate is what a requirement asks of the machine.
type Gate struct {
	Since   nsutil.Version `json:"since"`
	Kconfig []string       `json:"kconfig,omitempty"`
	Needs   []string       `json:"needs,omitempty"`
	// Deviations are those that are known of some kernels and programs.
	Deviations []Deviation `json:"deviations,omitempty"`
}

// Gates are the gates of all requirements that specs to run prove, by id. They
// are handed to a guest, where it would take long to read the catalog.
var Gates map[string]Gate

// host is what gates ask about the machine the specs run on.
var host = sync.OnceValue(func() (h struct {
	version  nsutil.Version
	unknown  error          // of the version
	upstream nsutil.Version // with the patch level, as far as the kernel names it
	config   nsutil.Config
	caps     uint64 // effective, one bit each
	nested   bool   // not in the initial user namespace
}) {
	h.version, h.unknown = nsutil.Running()
	h.upstream, _ = nsutil.RunningUpstream()
	h.config, _ = nsutil.RunningConfig()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) == nil {
		h.caps = uint64(data[1].Effective)<<32 | uint64(data[0].Effective)
	}
	mapping, _ := os.ReadFile("/proc/self/uid_map")
	number, _ := nsutil.InitialIno(nsutil.User)
	user, err := nsutil.IDOf(nsutil.User.File(0))
	// A kernel that has user namespaces may be wrong about one of these, of which no spec should be spared.
	h.nested = err == nil && user.Ino != number && !slices.Equal(strings.Fields(string(mapping)), []string{"0", "0", "4294967295"})
	return h
})

// Kconfig returns the running kernel's configuration; nil when it cannot be read.
func Kconfig() nsutil.Config { return host().config }

// Capabilities returns the names of the capabilities that this process has in effect.
func Capabilities() []string {
	var names []string
	for _, c := range capability.ListKnown() {
		if host().caps&(1<<c) != 0 {
			names = append(names, capabilityName(c))
		}
	}
	return names
}

func capabilityName(c capability.Cap) string { return "CAP_" + strings.ToUpper(c.String()) }

// gate skips the spec unless all of its requirements apply here.
func gate(ids []string) {
	for _, id := range ids {
		r, ok := Gates[id]
		if !ok {
			current.Broken("no such requirement: " + id)
		}
		if !hostAtLeast(r.Since) {
			SkipFor(reports.SkipKernelVersion, "%s is promised since Linux %s, this is %s", id, r.Since, host().version)
		}
		for _, option := range r.Kconfig {
			NeedKconfig(option)
		}
		for _, need := range r.Needs {
			gateNeed(need)
		}
	}
}

// hostAtLeast reports whether the kernel is of that version or later. The spec is
// broken, not skipped, where the kernel's version cannot be told.
func hostAtLeast(v nsutil.Version) bool {
	if host().unknown != nil && v != (nsutil.Version{}) {
		current.Broken(host().unknown.Error())
	}
	return host().version.AtLeast(v)
}

// gateNeed skips the spec when this process lacks what the catalog says a test
// of the requirement needs. Needs that any Linux satisfies say nothing here.
func gateNeed(need string) {
	switch {
	case strings.HasPrefix(need, "CAP_"):
		NeedCapability(need)
	case need == "root", need == "two-uids", need == "unprivileged-uid":
		NeedCapability("CAP_SETUID")
	case need == "init-userns":
		NeedInitial(nsutil.User)
	case need == "cgroup-v1": // a new hierarchy is only made there
		NeedInitial(nsutil.User)
		NeedInitial(nsutil.Cgroup)
	case need == "cgroup-v2":
		NeedCgroup()
	}
	if need == oneRuntime || need == oneEngine {
		return
	}
	for _, program := range toolNeeds[need] {
		NeedProgram(program)
	}
}

// NeedKconfig skips the spec when the kernel's configuration is known and does
// not set the option.
func NeedKconfig(option string) {
	if _, state := host().config.Lookup(option); state == nsutil.OptionAbsent {
		SkipFor(reports.SkipKconfig, "the kernel is built without %s", option)
	}
}

// NeedBuilt skips the spec when the kernel is known to be built without one of the
// kinds of namespaces.
func NeedBuilt(kinds ...nsutil.Kind) {
	for _, kind := range kinds {
		if option := kind.Feature().Config(); option != "" {
			NeedKconfig(option)
		}
	}
}

// NeedCapability skips the spec when the suite lacks the capability, a name
// such as "CAP_SYS_ADMIN".
func NeedCapability(name string) {
	for _, c := range capability.ListKnown() {
		if capabilityName(c) != name {
			continue
		}
		if host().caps&(1<<c) == 0 {
			SkipFor(reports.SkipCapability, "the suite lacks %s", name)
		}
		return
	}
	current.Broken("no such capability: " + name)
}

// NeedModule skips the spec, in which a call has failed as if the kernel lacked
// a module, unless that is loaded or, by its option "CONFIG_VETH", built in.
func NeedModule(module, option string) {
	if _, err := os.Stat("/sys/module/" + module); err == nil {
		return
	}
	if value, _ := host().config.Lookup(option); value != "y" {
		SkipFor(reports.SkipResource, "the kernel has no module %s loaded, nor can it load it", module)
	}
}

// NeedKernel skips the spec on kernels before the given version, "6.18": for a
// part of a requirement that came later than the rest.
func NeedKernel(since string) {
	v, err := nsutil.ParseVersion(since)
	if err != nil {
		current.Broken(err.Error())
	}
	if !hostAtLeast(v) {
		SkipFor(reports.SkipKernelVersion, "since Linux %s, this is %s", since, host().version)
	}
}
