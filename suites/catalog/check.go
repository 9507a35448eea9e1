package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/nsconform/nsconform/nsutil"
)

// entry is a requirement as it is written.
type entry struct {
	ID           string   `yaml:"id"`
	Statement    string   `yaml:"statement"`
	Page         string   `yaml:"page"`
	Section      string   `yaml:"section"`
	Level        Level    `yaml:"level"`
	Since        string   `yaml:"since"`
	SinceChecked *bool    `yaml:"since_checked"`
	Kind         Kind     `yaml:"kind"`
	Needs        []string `yaml:"needs"`
	Kconfig      []string `yaml:"kconfig"`
	Inventory    []string `yaml:"inventory"`
	Differs      string   `yaml:"differs"`
	Hard         string   `yaml:"hard"`
	Untestable   string   `yaml:"untestable"`
	Tier         Tier     `yaml:"tier"`
}

// maxIDLength keeps a requirement's id in one column of a report.
const maxIDLength = 56

var (
	idSyntax        = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	sinceSyntax     = regexp.MustCompile(`^\d+\.\d+(\.\d+)?$`)
	kconfigSyntax   = regexp.MustCompile(`^CONFIG_[A-Z0-9_]+$`)
	inventorySyntax = regexp.MustCompile(`^[A-Z0-9]+(-[A-Z0-9]+)+$`)
)

// readRequirement adds one requirement. It adds it even when something in it is
// wrong, so that what refers to it is not blamed, too.
func (r *reader) readRequirement(file, topic string, node *yaml.Node) {
	var e entry
	if !r.decode(file, node, &e) {
		return
	}
	at := func(field string) place { return place{file, lineOf(node, field)} }
	r.checkPresent(at, e)
	r.checkWords(at, e)
	r.checkLists(at, e)
	r.checkUnique(at, e)
	req := Requirement{
		ID: e.ID, Topic: topic, Statement: e.Statement, Page: e.Page, Section: e.Section,
		Level: e.Level, Kind: e.Kind, Tier: e.Tier,
		SinceUnchecked: e.SinceChecked != nil && !*e.SinceChecked,
		Needs:          e.Needs, Kconfig: e.Kconfig, Inventory: e.Inventory,
		Differs: e.Differs, Hard: e.Hard, Untestable: e.Untestable,
	}
	if e.Since != "" {
		req.Since = r.version(at("since"), e.ID, "since", e.Since)
	}
	r.requirements = append(r.requirements, req)
}

func (r *reader) version(at place, id, field, text string) nsutil.Version {
	if !sinceSyntax.MatchString(text) {
		r.problem(at, "%s: %s is %q, want a version such as 6.9", id, field, text)
		return nsutil.Version{}
	}
	v, err := nsutil.ParseVersion(text)
	if err != nil {
		r.problem(at, "%s: %w", id, err)
	}
	return v
}

func (r *reader) checkPresent(at func(string) place, e entry) {
	for _, field := range []struct{ name, value string }{
		{"id", e.ID}, {"statement", e.Statement}, {"page", e.Page}, {"section", e.Section},
		{"level", string(e.Level)}, {"kind", string(e.Kind)}, {"tier", string(e.Tier)},
	} {
		if field.value == "" {
			r.problem(at(field.name), "%s is missing", strings.TrimSpace(e.ID+" "+field.name))
		}
	}
	if e.SinceChecked != nil && e.Since == "" {
		r.problem(at("since_checked"), "%s: since_checked without since", e.ID)
	}
	if e.Hard != "" && e.Untestable != "" {
		r.problem(at("hard"), "%s: both hard and untestable", e.ID)
	}
}

func (r *reader) checkWords(at func(string) place, e entry) {
	if e.ID != "" && (!idSyntax.MatchString(e.ID) || len(e.ID) > maxIDLength) {
		r.problem(at("id"), "bad id %q: want at most %d lower-case letters, digits and single hyphens", e.ID, maxIDLength)
	}
	if strings.HasSuffix(e.Statement, ".") || strings.ContainsAny(e.Statement, "\n\t") {
		r.problem(at("statement"), "%s: want the statement on one line without a full stop", e.ID)
	}
	oneOf(r, at("level"), e.ID, e.Level, Must, May)
	oneOf(r, at("kind"), e.ID, e.Kind, Semantics, Errno, Permission, ProcFormat, Lifetime, AtVersion)
	oneOf(r, at("tier"), e.ID, e.Tier, Core, Peripheral)
}

// oneOf complains when have is neither empty nor one of want.
func oneOf[T ~string](r *reader, at place, id string, have T, want ...T) {
	if have != "" && !slices.Contains(want, have) {
		words := strings.Trim(fmt.Sprint(want), "[]")
		r.problem(at, "%s: %q is none of: %s", id, string(have), words)
	}
}

func (r *reader) checkLists(at func(string) place, e entry) {
	for _, need := range e.Needs {
		if _, known := needs[need]; !known {
			r.problem(at("needs"), "%s: unknown need %q: see needs.go for the closed set", e.ID, need)
		}
	}
	for _, option := range e.Kconfig {
		if !kconfigSyntax.MatchString(option) {
			r.problem(at("kconfig"), "%s: bad option %q: want something like CONFIG_UTS_NS", e.ID, option)
		}
	}
	for _, id := range e.Inventory {
		if !inventorySyntax.MatchString(id) {
			r.problem(at("inventory"), "%s: bad inventory id %q: want something like UTS-ISO-01", e.ID, id)
		}
	}
}

// checkUnique holds that no two requirements share an id, or a statement of the
// inventory. The two kinds of ids cannot be mistaken for each other.
func (r *reader) checkUnique(at func(string) place, e entry) {
	for _, id := range append([]string{e.ID}, e.Inventory...) {
		here := at("id")
		if first, taken := r.seen[id]; taken && id != "" {
			r.problem(here, "%s is at %v already", id, first)
			continue
		}
		r.seen[id] = here
	}
}
