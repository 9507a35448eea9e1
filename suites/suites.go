// Package suites runs the conformance specs: it selects them, runs them in this
// process, and tells what happens as a stream of events.
//
// The specs themselves are in the packages below, one a topic. They are ordinary
// Ginkgo specs, written with package spec.
package suites

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/catalog"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	// The specs.
	_ "github.com/nsconform/nsconform/suites/cgroup"
	_ "github.com/nsconform/nsconform/suites/clone"
	_ "github.com/nsconform/nsconform/suites/cni"
	_ "github.com/nsconform/nsconform/suites/engines"
	_ "github.com/nsconform/nsconform/suites/idmapped"
	_ "github.com/nsconform/nsconform/suites/idmaps"
	_ "github.com/nsconform/nsconform/suites/ipc"
	_ "github.com/nsconform/nsconform/suites/lifetime"
	_ "github.com/nsconform/nsconform/suites/limits"
	_ "github.com/nsconform/nsconform/suites/mount"
	_ "github.com/nsconform/nsconform/suites/mountapi"
	_ "github.com/nsconform/nsconform/suites/mountlock"
	_ "github.com/nsconform/nsconform/suites/mountmodel"
	_ "github.com/nsconform/nsconform/suites/net"
	_ "github.com/nsconform/nsconform/suites/newer"
	_ "github.com/nsconform/nsconform/suites/nsfs"
	_ "github.com/nsconform/nsconform/suites/pid"
	_ "github.com/nsconform/nsconform/suites/pivotroot"
	_ "github.com/nsconform/nsconform/suites/procns"
	_ "github.com/nsconform/nsconform/suites/propagation"
	_ "github.com/nsconform/nsconform/suites/runtimes"
	_ "github.com/nsconform/nsconform/suites/setns"
	_ "github.com/nsconform/nsconform/suites/timens"
	_ "github.com/nsconform/nsconform/suites/tools"
	_ "github.com/nsconform/nsconform/suites/unixcred"
	_ "github.com/nsconform/nsconform/suites/unshare"
	_ "github.com/nsconform/nsconform/suites/user"
	_ "github.com/nsconform/nsconform/suites/userfiles"
	_ "github.com/nsconform/nsconform/suites/uts"
)

const description = "nsconform"

// all returns every spec, self-tests included, in the order they are written.
// Building them takes a while, so it is done once.
var all = sync.OnceValue(func() (all specs) {
	all.containers = map[string]int{}
	spec.Build(func(int) bool { return true })
	for _, r := range ginkgo.PreviewSpecs(description).SpecReports {
		if r.LeafNodeType == types.NodeTypeIt {
			all.planned = append(all.planned, planned(r))
			all.containers[r.FullText()] = spec.Container(r.Labels())
		}
	}
	return all
})

type specs struct {
	planned    []reports.PlannedSpec
	containers map[string]int // by a spec's name: the number of its container
}

// Prepare begins to do, beside the caller, what everything here needs first: to
// read the catalog and to build the specs.
func Prepare() {
	go catalog.Load()
	go all()
}

// Plan returns the selected specs, in the order they are written.
func (s Selection) Plan() []reports.PlannedSpec {
	plan := []reports.PlannedSpec{}
	for _, p := range all().planned {
		if s.has(p) {
			plan = append(plan, p)
		}
	}
	return plan
}

// Containers returns the containers that the plan's specs are written in, for [Config].
func Containers(plan []reports.PlannedSpec) []int {
	var containers []int
	for container := range sizes(plan) {
		containers = append(containers, container)
	}
	slices.Sort(containers)
	return containers
}

// Divide divides the containers that the plan's specs are written in into n
// parts with about the same number of specs, for as many processes.
func Divide(plan []reports.PlannedSpec, n int) [][]int {
	sizes := sizes(plan)
	containers := Containers(plan)
	slices.SortStableFunc(containers, func(a, b int) int { return sizes[b] - sizes[a] })
	parts, specs := make([][]int, n), make([]int, n)
	for i := range parts {
		parts[i] = []int{} // nil would be everything
	}
	for _, container := range containers {
		smallest := slices.Index(specs, slices.Min(specs))
		parts[smallest] = append(parts[smallest], container)
		specs[smallest] += sizes[container]
	}
	return parts
}

// Within returns those of the plan's specs that are written in these containers.
func Within(plan []reports.PlannedSpec, containers []int) []reports.PlannedSpec {
	var within []reports.PlannedSpec
	for _, p := range plan {
		if slices.Contains(containers, all().containers[p.Name]) {
			within = append(within, p)
		}
	}
	return within
}

// sizes returns how many of the plan's specs are in each container.
func sizes(plan []reports.PlannedSpec) map[int]int {
	sizes := map[int]int{}
	for _, p := range plan {
		sizes[all().containers[p.Name]]++
	}
	return sizes
}

// Gates returns the gates of the requirements that the plan's specs prove, for [Config].
func Gates(plan []reports.PlannedSpec) map[string]spec.Gate {
	gates := map[string]spec.Gate{}
	for _, p := range plan {
		for _, id := range p.Requirements {
			if r, ok := catalog.Get(id); ok {
				gates[id] = spec.Gate{Since: r.Since, Kconfig: r.Kconfig, Needs: r.Needs, Deviations: deviations(id)}
			}
		}
	}
	return gates
}

func deviations(id string) []spec.Deviation {
	var all []spec.Deviation
	for _, d := range catalog.Deviations(id) {
		told := reports.Deviation{ID: d.ID, Statement: d.Statement, Program: d.Program, Evidence: d.Evidence, URL: d.URL}
		if d.Program == "" {
			told.Kernels = d.Versions()
		} else {
			told.Versions = d.Versions()
		}
		all = append(all, spec.Deviation{Deviation: told, Since: d.Since, Before: d.Before, Sometimes: d.Sometimes})
	}
	return all
}

func planned(r types.SpecReport) reports.PlannedSpec {
	ids, labels := spec.Requirements(r.Labels())
	return reports.PlannedSpec{
		Name:         r.FullText(),
		Requirements: ids,
		Labels:       labels,
		Runtime:      runtimeOf(labels),
		Kind:         spec.KindOf(r.Labels()),
		Location:     location(r.LeafNodeLocation),
	}
}

// location returns the place within the repository: "suites/uts/names.go:31".
func location(l types.CodeLocation) string {
	file := l.FileName
	if i := strings.LastIndex(file, "/suites/"); i >= 0 {
		file = file[i+1:]
	}
	return fmt.Sprintf("%s:%d", file, l.LineNumber)
}

// Coverage counts requirements and those of them that specs prove.
func Coverage(of []catalog.Requirement) catalog.Coverage {
	var proven []string
	for _, p := range (Selection{}).Plan() {
		proven = append(proven, p.Requirements...)
	}
	return catalog.Cover(of, proven)
}
