package suites

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/catalog"
	"github.com/nsconform/nsconform/suites/selftest"
	"github.com/nsconform/nsconform/suites/spec"
)

// Selection is a choice of specs. The zero value is all of them.
type Selection struct {
	ids, labels []string
	selfTest    string
	lacking     []string // sets of programs whose specs it leaves out
}

// Select returns the specs that prove a requirement which one of args names, by
// its id, a pattern for ids, its page or its topic, or that carry a label, such
// as a kind, which one of args names.
func Select(args ...string) (Selection, error) {
	var s Selection
	labels := labels()
	for _, arg := range args {
		isLabel := slices.Contains(labels, arg)
		if isLabel {
			s.labels = append(s.labels, arg)
		}
		requirements, err := catalog.Select(arg)
		if err != nil && !isLabel {
			return s, err
		}
		for _, r := range requirements {
			s.ids = append(s.ids, r.ID)
		}
	}
	return s, nil
}

// Requirements returns the requirements that args name, in the catalog's order: those that
// [catalog.Select] knows by the name, else those that the specs with the label prove.
func Requirements(args ...string) ([]catalog.Requirement, error) {
	var names []string
	for _, arg := range args {
		if _, err := catalog.Select(arg); err == nil || !slices.Contains(labels(), arg) {
			names = append(names, arg)
			continue
		}
		for _, p := range (Selection{labels: []string{arg}}).Plan() {
			names = append(names, p.Requirements...)
		}
	}
	return catalog.Select(names...)
}

// SelfTest returns the specs with the given label among those that show how this
// suite judges, which hang, leak and break on purpose. No other selection has them.
func SelfTest(label string) Selection { return Selection{selfTest: label} }

// WithTools returns the selection less the specs that need other sets of programs than
// these, see [ToolSets].
func (s Selection) WithTools(sets ...string) Selection {
	s.lacking = slices.DeleteFunc(slices.Clone(toolSets), func(set string) bool { return slices.Contains(sets, set) })
	return s
}

// toolSets are the labels of specs that run programs which are not this suite's. Each
// names the set of programs that they need.
var toolSets = []string{"cni", "cri", "crio", "crun", "ctr", "docker", "podman", "runc", "tools"}

// ToolSets returns the names of the sets of programs that the plan's specs need, sorted.
func ToolSets(plan []reports.PlannedSpec) (sets []string) {
	for _, set := range toolSets {
		if slices.ContainsFunc(plan, func(p reports.PlannedSpec) bool { return labelled(p, []string{set}) }) {
			sets = append(sets, set)
		}
	}
	return sets
}

// runtimeTopics are the labels of specs each of which is of one program that makes
// containers, the one whose set of programs is its other label.
var runtimeTopics = []string{"engines", "runtimes"}

// runtimeOf returns the program that makes the containers of a spec with these labels; ""
// for other specs.
func runtimeOf(labels []string) string {
	if !slices.ContainsFunc(labels, func(label string) bool { return slices.Contains(runtimeTopics, label) }) {
		return ""
	}
	if i := slices.IndexFunc(labels, func(label string) bool { return slices.Contains(toolSets, label) }); i >= 0 {
		return labels[i]
	}
	return ""
}

// labelled reports whether a spec has one of the labels.
func labelled(p reports.PlannedSpec, labels []string) bool {
	return slices.ContainsFunc(p.Labels, func(label string) bool { return slices.Contains(labels, label) })
}

// Filter returns the selection as a Ginkgo label filter, for [Config].
func (s Selection) Filter() string {
	if s.selfTest != "" {
		return selftest.Self + " && " + s.selfTest
	}
	filter := "!" + selftest.Self
	for _, set := range s.lacking {
		filter += " && !" + set
	}
	if chosen := spec.Filter(s.ids, s.labels); chosen != "" {
		filter = fmt.Sprintf("%s && (%s)", filter, chosen)
	}
	return filter
}

// has says of one spec what the filter says.
func (s Selection) has(p reports.PlannedSpec) bool {
	self := slices.Contains(p.Labels, selftest.Self)
	switch {
	case s.selfTest != "":
		return self && slices.Contains(p.Labels, s.selfTest)
	case self, labelled(p, s.lacking):
		return false
	case len(s.ids)+len(s.labels) == 0:
		return true
	}
	return slices.ContainsFunc(p.Requirements, func(id string) bool { return slices.Contains(s.ids, id) }) ||
		labelled(p, s.labels)
}

// labels returns every label of a spec.
func labels() []string {
	var all []string
	for _, p := range (Selection{}).Plan() {
		all = append(all, p.Labels...)
	}
	slices.SortFunc(all, strings.Compare)
	return slices.Compact(all)
}
