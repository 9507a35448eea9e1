package kernels

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// toolSets are the packages of each set of programs that a guest can have, besides
// what they depend on. Sets that specs need are named by the specs' labels. A name is
// Debian's in all suites that have kernels; of several, "new|old", the first that a
// suite has is taken.
var toolSets = map[string][]string{
	// A shell is what programs like unshare run when they are told nothing else.
	"tools": {"util-linux", "uidmap", "iproute2", "dash"},
	"cni":   {"containernetworking-plugins", "iproute2"},
	// Container runtimes, one a set: most users ask for theirs.
	"crun": {"crun"},
	"runc": {"runc"},
	// Container engines, each with what it makes containers with. Docker's client is a
	// package of its own from Debian 13 on; Podman would do with the runc of others.
	"cri":    {"containerd", "containernetworking-plugins", "runc"},
	"crio":   {"conmon", "containernetworking-plugins", "runc", "skopeo", "util-linux"},
	"ctr":    {"containerd", "runc"},
	"docker": {"containerd", "docker-cli|docker.io", "docker.io", "runc"},
	"podman": {"crun", "podman", "uidmap"},
}

// goPrograms are what further programs sets have.
var goPrograms = map[string][]goProgram{
	"cri": {crictl},
	// CRI-O's libraries for btrfs and signatures are C, which it does without.
	"crio": {crictl,
		{name: "crio", module: "github.com/cri-o/cri-o", version: "v1.36.3", dir: "cmd/crio", tags: "containers_image_openpgp,exclude_graphdriver_btrfs"},
		{name: "pinns", module: "github.com/cri-o/cri-o", version: "v1.36.3", dir: "pinns/src", inC: true},
	},
}

// crictl is as old as to be answered by all that sets have.
var crictl = goProgram{name: "crictl", module: "sigs.k8s.io/cri-tools", version: "v1.34.0", dir: "cmd/crictl", tells: "pkg/version.Version"}

// ToolSets returns the names of the sets, sorted.
func ToolSets() []string { return slices.Sorted(maps.Keys(toolSets)) }

// ToolRequest is a choice of sets. The zero value is none.
type ToolRequest struct {
	Sets []string // sorted, each once
	// Suite is where they come from; empty for the machine's own suites.
	Suite string
}

// ParseTools reads a choice as users write it: names of sets, each with the suite that
// it is to come from or without. "tools" and "tools@trixie" are. What a guest runs
// shares its libraries, so all sets come from one suite.
func ParseTools(texts ...string) (ToolRequest, error) {
	var r ToolRequest
	for _, text := range texts {
		name, suite, named := strings.Cut(text, "@")
		switch {
		case toolSets[name] == nil:
			return r, fmt.Errorf("%s: no such set of tools: there is %s", text, strings.Join(ToolSets(), ", "))
		case named && (!validName.MatchString(suite) || isVersion(suite)):
			return r, fmt.Errorf("%s: want a suite after the @, as in %s@trixie", text, name)
		case named && r.Suite != "" && r.Suite != suite:
			return r, errors.New("a guest has one set of libraries: take all tools from one suite")
		case named:
			r.Suite = suite
		}
		r = r.With(name)
	}
	return r, nil
}

// With returns the choice and one more set, of the same suite.
func (r ToolRequest) With(set string) ToolRequest {
	if !slices.Contains(r.Sets, set) {
		r.Sets = append(slices.Clone(r.Sets), set)
		slices.Sort(r.Sets)
	}
	return r
}

// String returns the choice as the user would write it.
func (r ToolRequest) String() string {
	text := strings.Join(r.Sets, ",")
	if r.Suite != "" {
		text += "@" + r.Suite
	}
	return text
}

// packages returns the names of the packages that the sets consist of, as in [toolSets].
func (r ToolRequest) packages() []string {
	var names []string
	for _, set := range r.Sets {
		names = append(names, toolSets[set]...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// goPrograms returns the programs of the sets that no package has.
func (r ToolRequest) goPrograms() (programs []goProgram) {
	for _, set := range r.Sets {
		for _, p := range goPrograms[set] {
			if !slices.Contains(programs, p) {
				programs = append(programs, p)
			}
		}
	}
	return programs
}

// contents says of what a folder of the sets is made, and how.
func (r ToolRequest) contents() string {
	words := r.packages()
	for _, p := range r.goPrograms() {
		words = append(words, p.String())
	}
	return toolLayout + strings.Join(words, " ")
}
