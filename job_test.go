package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/spec"
)

// TestJobFitsAnArgument holds that the job of all specs, all but one of which have
// ended, can be passed to a process, and comes out as it was.
func TestJobFitsAnArgument(t *testing.T) {
	const maxArgument = 128 << 10 // with its zero
	all := suites.Selection{}
	plan := all.Plan()
	j := job{Filter: all.Filter(), Containers: suites.Containers(plan), Gates: suites.Gates(plan), Seed: 7, Slowdown: 4}
	for _, p := range plan[1:] {
		j.Ended = append(j.Ended, spec.Key(p.Name))
	}
	for _, want := range []job{{Filter: "uts", Seed: 1}, j} {
		text := want.args()[1]
		t.Logf("%d bytes", len(text))
		if len(text) >= maxArgument/2 || strings.ContainsRune(text, 0) {
			t.Errorf("%d bytes", len(text))
		}
		got, err := readJob(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the job changes on its way: %s", diff)
		}
	}
}

func TestNoJob(t *testing.T) {
	for _, text := range []string{"", "{", "nothing", "H4sIAAAA"} {
		if _, err := readJob(text); err == nil {
			t.Errorf("%q is taken for a job", text)
		}
	}
}

// TestKeysAreUnique holds that no spec is left out in place of another.
func TestKeysAreUnique(t *testing.T) {
	names := map[uint64]string{}
	for _, p := range (suites.Selection{}).Plan() {
		if other, ok := names[spec.Key(p.Name)]; ok {
			t.Errorf("one key for %q and %q", p.Name, other)
		}
		names[spec.Key(p.Name)] = p.Name
	}
}
