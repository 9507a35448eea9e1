package spec

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

// Program is a program of this machine that specs are about.
type Program struct {
	Path    string
	Version string // with the package: "util-linux 2.41.5", "iproute2 6.15.0"; empty if it tells none
	help    string // what it says of its options
}

// toolNeeds are the programs of the catalog's needs.
var toolNeeds = map[string][]string{
	"unshare-tool": {"unshare"},
	"nsenter-tool": {"nsenter"},
	"lsns-tool":    {"lsns"},
	"ip-tool":      {"ip"},
	"newuidmap":    {"newuidmap", "newgidmap"},
	"cni-plugins":  {"cni/bridge", "cni/host-local", "ip"},
	oneRuntime:     {"crun", "runc"},
	oneEngine:      {"containerd", "crictl", "crio", "ctr", "docker", "podman"},
}

// These are the needs of any of the programs: a spec asks for the one that it is of.
const (
	oneRuntime = "oci-runtime"
	oneEngine  = "container-engine"
)

// programSets are the sets of programs that engines take, where it is not their name.
var programSets = map[string]string{
	"containerd": "cri", "crictl": "cri", "conmon": "crio", "pinns": "crio", "skopeo": "crio",
}

// makesContainers reports whether a program is one of those. Each is in a set that has
// what else it takes.
func makesContainers(name string) bool {
	return slices.Contains(toolNeeds[oneRuntime], name) || slices.Contains(toolNeeds[oneEngine], name)
}

// origins match what programs tell of their versions. Others of the same name, such as
// those of busybox, are not what the catalog speaks of.
var origins = map[string]*regexp.Regexp{
	"unshare": utilLinux, "nsenter": utilLinux, "lsns": utilLinux,
	"ip":   regexp.MustCompile(`(iproute2)-(?:ss)?([0-9][^,\s]*)`),
	"crun": regexp.MustCompile(`^(crun) version ([0-9]\S*)`),
	"runc": regexp.MustCompile(`^(runc) version ([0-9]\S*)`),

	"containerd": regexp.MustCompile(`^(containerd) \S+ v?([0-9]\S*)`),
	"crio":       regexp.MustCompile(`^(crio) version ([0-9]\S*)`),
	"crictl":     regexp.MustCompile(`^(crictl) version v?([0-9]\S*)`),
	"ctr":        regexp.MustCompile(`^(ctr) \S+ v?([0-9]\S*)`),
	"docker":     regexp.MustCompile(`^(Docker) version ([0-9][^,\s]*)`),
	"podman":     regexp.MustCompile(`^(podman) version ([0-9]\S*)`),
}

var utilLinux = regexp.MustCompile(`(util-linux) ([0-9]\S*)`)

var programs struct {
	sync.Mutex
	known map[string]*Program
}

// release returns the name of a program's package and its version.
func (p Program) release() (name string, v nsutil.Version, err error) {
	name, number, _ := strings.Cut(p.Version, " ")
	v, err = nsutil.ParseVersion(number)
	return name, v, err
}

// NeedProgram returns a program of a catalog's need, or as "cni/NAME" a plugin of the
// Container Network Interface, and skips the spec where this machine does not have it.
func NeedProgram(name string) Program {
	p := program(name)
	switch {
	case p == nil:
		set := "tools"
		switch {
		case programSets[name] != "":
			set = programSets[name]
		case makesContainers(name):
			set = name
		case strings.HasPrefix(name, "cni/"):
			set = "cni"
		}
		SkipFor(reports.SkipTool, "there is no program %s (a virtual machine has it by --with %s)", name, set)
	case p.Version == "" && origins[name] != nil:
		SkipFor(reports.SkipTool, "%s is another program of that name", p.Path)
	}
	current.runs(*p)
	return *p
}

// program returns nil where there is none of that name. It asks once.
func program(name string) *Program {
	programs.Lock()
	defer programs.Unlock()
	if programs.known == nil {
		programs.known = map[string]*Program{}
	}
	if _, asked := programs.known[name]; !asked {
		programs.known[name] = findProgram(name)
	}
	return programs.known[name]
}

// ToolVersions returns the versions of the programs that requirements need, by their
// package: "util-linux": "2.41.5". It is nil when they need none.
func ToolVersions(gates map[string]Gate) (versions map[string]string) {
	for _, gate := range gates {
		for _, need := range gate.Needs {
			for _, name := range toolNeeds[need] {
				p := program(name)
				if p == nil || p.Version == "" {
					continue
				}
				if versions == nil {
					versions = map[string]string{}
				}
				origin, number, _ := strings.Cut(p.Version, " ")
				versions[origin] = number
			}
		}
	}
	return versions
}

// findProgram returns nil where there is none.
func findProgram(name string) *Program {
	if plugin, ok := strings.CutPrefix(name, pluginPrefix); ok {
		return findPlugin(plugin)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return nil
	}
	p := &Program{Path: path}
	// What becomes of it does not matter: only what it says.
	option := "-V"
	if makesContainers(name) {
		option = "--version"
	}
	said, _ := exec.Command(path, option).CombinedOutput()
	if origin := origins[name]; origin != nil {
		if found := origin.FindStringSubmatch(string(said)); found != nil {
			p.Version = strings.ToLower(found[1]) + " " + found[2]
		}
	}
	help, _ := exec.Command(path, "--help").CombinedOutput()
	p.help = string(help)
	return p
}

// NeedOption returns a program, and skips the spec unless it has an option, by what it
// says of itself; since is the version that brought it: "2.41".
func NeedOption(name, option, since string) Program {
	p := NeedProgram(name)
	if !strings.Contains(p.help, option) {
		SkipFor(reports.SkipTool, "%s of %s has no %s, which came with %s", name, p.Version, option, since)
	}
	return p
}

// NeedVersion returns a program, and skips the spec with versions before since, "2.42":
// what says what that brought.
func NeedVersion(name, since, what string) Program {
	p := NeedProgram(name)
	wanted, err := nsutil.ParseVersion(since)
	if err != nil {
		current.Broken(err.Error())
	}
	if _, found, err := p.release(); err != nil || !found.AtLeast(wanted) {
		SkipFor(reports.SkipTool, "%s of %s does not do that: %s came with %s", name, p.Version, what, since)
	}
	return p
}
