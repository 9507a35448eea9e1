package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nsconform/nsconform/nsutil"
)

// Deviation is a mistake of some kernels, or of some versions of a program, by which
// they break requirements, with the evidence. A spec that sees exactly it does not fail
// with these; see [github.com/nsconform/nsconform/suites/spec.Deviates].
type Deviation struct {
	ID           string
	Requirements []string // that it breaks
	Statement    string   // what these kernels or programs do
	// Program is whose mistake it is, by the name of its package; empty for the kernel.
	Program string
	// Since is the first upstream version that does it, Before are the first ones of
	// their series that do not any more, in order. Later series than theirs do not;
	// earlier ones without an entry do, as far as is known. Without Before all later
	// ones do, which only a program may: nobody has mended it yet.
	Since  nsutil.Version
	Before []nsutil.Version
	// Sometimes says that it takes a certain timing, so that a run which does not see it
	// says nothing.
	Sometimes bool
	Evidence  string // the commits that brought and removed it
	URL       string
}

// programs is the closed set of those that a deviation may be of, named as in
// [github.com/nsconform/nsconform/suites/spec.Program]'s Version.
var programs = []string{"crun", "iproute2", "runc", "util-linux"}

// Of says who deviates: "Linux 5.8 to before 6.12.117, 7.3.4", "crun 1.7 and later".
func (d Deviation) Of() string { return cmp.Or(d.Program, "Linux") + " " + d.Versions() }

// Versions returns the versions: "5.8 to before 6.12.117, 7.3.4", "1.7 and later, sometimes".
func (d Deviation) Versions() string {
	var before []string
	for _, v := range d.Before {
		before = append(before, versionText(v))
	}
	text := versionText(d.Since) + " and later"
	if before != nil {
		text = fmt.Sprintf("%s to before %s", versionText(d.Since), strings.Join(before, ", "))
	}
	if d.Sometimes {
		text += ", sometimes"
	}
	return text
}

// Deviations returns the known deviations from a requirement.
func Deviations(requirement string) []Deviation { return current().deviationsFrom(requirement) }

func (c *catalog) deviationsFrom(requirement string) []Deviation {
	var from []Deviation
	for _, d := range c.deviations {
		if slices.Contains(d.Requirements, requirement) {
			from = append(from, d)
		}
	}
	return from
}

// deviationEntry is a deviation as it is written.
type deviationEntry struct {
	ID           string   `yaml:"id"`
	Requirements []string `yaml:"requirements"`
	Statement    string   `yaml:"statement"`
	Program      string   `yaml:"program"`
	Since        string   `yaml:"since"`
	Before       []string `yaml:"before"`
	Sometimes    bool     `yaml:"sometimes"`
	Evidence     string   `yaml:"evidence"`
	URL          string   `yaml:"url"`
}

func (r *reader) readDeviation(file string, node *yaml.Node) {
	var e deviationEntry
	if !r.decode(file, node, &e) {
		return
	}
	at := func(field string) place { return place{file, lineOf(node, field)} }
	for _, field := range []struct{ name, value string }{
		{"id", e.ID}, {"statement", e.Statement}, {"since", e.Since}, {"before", strings.Join(e.Before, " ")}, {"evidence", e.Evidence}, {"url", e.URL},
	} {
		if field.value == "" && !(field.name == "before" && e.Program != "") {
			r.problem(at(field.name), "deviation %s: %s is missing", e.ID, field.name)
		}
	}
	if e.Program != "" && !slices.Contains(programs, e.Program) {
		r.problem(at("program"), "deviation %s: %q is none of: %s", e.ID, e.Program, strings.Join(programs, " "))
	}
	if e.ID != "" && (!idSyntax.MatchString(e.ID) || len(e.ID) > maxIDLength) {
		r.problem(at("id"), "bad id %q: want at most %d lower-case letters, digits and single hyphens", e.ID, maxIDLength)
	}
	d := Deviation{ID: e.ID, Requirements: e.Requirements, Statement: e.Statement, Program: e.Program, Sometimes: e.Sometimes, Evidence: e.Evidence, URL: e.URL}
	if e.Since != "" {
		d.Since = r.version(at("since"), e.ID, "since", e.Since)
	}
	last := d.Since
	for _, text := range e.Before {
		v := r.version(at("before"), e.ID, "before", text)
		if v.Compare(last) <= 0 {
			r.problem(at("before"), "deviation %s: since %s and before %s are not in order", e.ID, e.Since, strings.Join(e.Before, ", "))
		}
		last, d.Before = v, append(d.Before, v)
	}
	r.deviations = append(r.deviations, d)
	r.deviationPlaces = append(r.deviationPlaces, at("requirements"))
}

// checkDeviations holds that each deviation is from requirements that there are.
func (r *reader) checkDeviations() {
	for i, d := range r.deviations {
		if len(d.Requirements) == 0 {
			r.problem(r.deviationPlaces[i], "deviation %s: requirements are missing", d.ID)
		}
		for _, id := range d.Requirements {
			if !slices.ContainsFunc(r.requirements, func(q Requirement) bool { return q.ID == id }) {
				r.problem(r.deviationPlaces[i], "deviation %s: there is no requirement %s", d.ID, id)
			}
		}
	}
}
