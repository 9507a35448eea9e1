package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/vm/kernels"
)

// TestSpecsNameSetsOfProgramsThatThereAre holds the labels of specs and the sets of
// packages together.
func TestSpecsNameSetsOfProgramsThatThereAre(t *testing.T) {
	sets := suites.ToolSets(suites.Selection{}.Plan())
	if len(sets) == 0 {
		t.Error("no spec needs programs")
	}
	for _, set := range sets {
		if !slices.Contains(kernels.ToolSets(), set) {
			t.Errorf("specs need the programs %s, of which no package is known", set)
		}
	}
}

// TestSpecsOfRuntimesSayWhich holds what the table of runtimes is made of and the names
// of specs together.
func TestSpecsOfRuntimesSayWhich(t *testing.T) {
	selection, err := suites.Select("engines", "runtimes")
	if err != nil {
		t.Fatal(err)
	}
	ofKinds := 0
	for _, p := range selection.Plan() {
		begin := p.Runtime + ": "
		if p.Kind != "" {
			begin += p.Kind + ": "
			ofKinds++
		}
		if p.Runtime == "" || !strings.HasPrefix(p.Name, begin) {
			t.Errorf("%q is said to be of runtime %q and kind %q", p.Name, p.Runtime, p.Kind)
		}
	}
	if ofKinds == 0 {
		t.Error("no spec of a runtime is of a kind")
	}
	for _, p := range (suites.Selection{}).WithTools().Plan() {
		if p.Runtime+p.Kind != "" {
			t.Errorf("%q is of no runtime, but said to be of %q and kind %q", p.Name, p.Runtime, p.Kind)
		}
	}
}
