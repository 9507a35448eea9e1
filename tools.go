package main

import (
	"context"
	"fmt"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/vm/kernels"
)

// tools returns the sets of programs that are asked for.
func (f *machineFlags) tools() (kernels.ToolRequest, error) {
	r, err := kernels.ParseTools(f.With...)
	if err != nil {
		return r, usageError{fmt.Errorf("--with=%w", err)}
	}
	return r, nil
}

// toolsFor returns the sets of programs that virtual machines get: those that are asked
// for, and what the plan's specs cannot do without.
func (f *machineFlags) toolsFor(plan []reports.PlannedSpec) (kernels.ToolRequest, error) {
	r, err := f.tools()
	if err != nil {
		return r, err
	}
	for _, set := range suites.ToolSets(plan) {
		r = r.With(set)
	}
	return r, nil
}

// findTools returns the programs that guests of an architecture get; nil for none.
func (o *output) findTools(ctx context.Context, r kernels.ToolRequest, arch string) (*kernels.Tools, error) {
	if len(r.Sets) == 0 {
		return nil, nil
	}
	return kernels.FindTools(ctx, r, arch, o.findOptions())
}
