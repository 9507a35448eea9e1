package mutants

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTableIsReadAsTheCompilerDoes(t *testing.T) {
	got := parse("topic", `
/* MUTANT is explained elsewhere. */
const struct mutant topic_mutants[] = {
	MUTANT("a-lie",
	       "it says \"a\" "
	       "and goes on",
	       BREAKS("one two"
		      " three"),
	       PROBE("first|second", .entry = skip),
	       PROBE(SYSCALL("setns"), .exit = succeed)),
	MUTANT("another", "lie", BREAKS("four"), PROBE("third", .entry = skip, .when = never)),
	{}
};`)
	want := []Mutant{
		{Name: "a-lie", Lie: `it says "a" and goes on`, Topic: "topic", Functions: []string{"first|second", "sys_setns"}, Requirements: []string{"one", "two", "three"}},
		{Name: "another", Lie: "lie", Topic: "topic", Functions: []string{"third"}, Requirements: []string{"four"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestEveryEntryIsRead holds what Go reads of the tables to what the compiler sees.
func TestEveryEntryIsRead(t *testing.T) {
	files := sources()
	entry, probe := regexp.MustCompile(`(?m)^\s*MUTANT\(`), regexp.MustCompile(`\bPROBE\(`)
	for name, text := range files {
		if !strings.HasSuffix(name, ".c") {
			continue
		}
		found := parse(name, text)
		if n := len(entry.FindAllString(text, -1)); n != len(found) {
			t.Errorf("%s: %d entries of %d are read", name, len(found), n)
		}
		probes := 0
		for _, m := range found {
			probes += len(m.Functions)
		}
		if n := len(probe.FindAllString(text, -1)); n != probes {
			t.Errorf("%s: %d probes of %d are read", name, probes, n)
		}
		topic := strings.TrimSuffix(name, ".c")
		if listed := strings.Count(files["tables.h"], topic+"_mutants"); len(found) > 0 && listed != 2 {
			t.Errorf("%s: tables.h names its table %d times", name, listed)
		}
	}
}

func TestMutantsAreNamedAndComplete(t *testing.T) {
	const maxProbes = 6 // MAX_PROBES of mutant.h
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	seen := map[string]bool{}
	for _, m := range table() {
		switch {
		case !name.MatchString(m.Name):
			t.Errorf("%q is no name: want words and dashes", m.Name)
		case seen[m.Name]:
			t.Errorf("%s: the name is used twice", m.Name)
		case m.Lie == "" || len(m.Requirements) == 0 && m.Topic != "cost":
			t.Errorf("%s: says nothing, or breaks nothing", m.Name)
		case len(m.Functions) == 0 || len(m.Functions) > maxProbes:
			t.Errorf("%s: has %d probes", m.Name, len(m.Functions))
		}
		if sorted := slices.Compact(slices.Sorted(slices.Values(m.Requirements))); len(sorted) != len(m.Requirements) {
			t.Errorf("%s: names a requirement twice", m.Name)
		}
		seen[m.Name] = true
	}
}

func TestSelect(t *testing.T) {
	for _, tt := range []struct {
		patterns []string
		want     []string
		err      string
	}{
		{[]string{"uts-unshare-shares"}, []string{"uts-unshare-shares"}, ""},
		{[]string{"setns-*-type-eperm", "mnt-clone-shares"}, []string{"mnt-clone-shares", "setns-wrong-type-eperm"}, ""},
		{[]string{"no-such"}, nil, `no mutant is called "no-such"`},
		{[]string{"["}, nil, "is no pattern"},
	} {
		got, err := Select(tt.patterns...)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: got %v, want %s", tt.patterns, err, tt.err)
			}
			continue
		}
		var names []string
		for _, m := range got {
			names = append(names, m.Name)
		}
		if diff := cmp.Diff(tt.want, names); diff != "" || err != nil {
			t.Errorf("%q: %v %s", tt.patterns, err, diff)
		}
	}
	all, err := Select()
	if err != nil || len(all) != len(Table()) {
		t.Errorf("got %d of %d, %v", len(all), len(Table()), err)
	}
	topic, err := Select("calls")
	if err != nil || len(topic) == 0 || slices.ContainsFunc(topic, func(m Mutant) bool { return m.Topic != "calls" }) {
		t.Errorf("a topic selects %v, %v", topic, err)
	}
}

func TestCostsAreNotGraded(t *testing.T) {
	costs := Costs()
	if !slices.ContainsFunc(costs, func(m Mutant) bool { return m.Name == "cost-setns" }) {
		t.Errorf("got %v", costs)
	}
	if len(costs)+len(Table()) != len(table()) {
		t.Errorf("%d costs and %d others of %d", len(costs), len(Table()), len(table()))
	}
	if chosen, err := Select("cost*"); err == nil {
		t.Errorf("selected %v", chosen)
	}
}
