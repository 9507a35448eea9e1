package main

import (
	"slices"
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
