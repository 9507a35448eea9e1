package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/nsconform/nsconform/vm/kernels"
)

// kernelsCmd lists kernels.
type kernelsCmd struct{}

// Run prints a line for each kernel that can be asked for by name.
func (kernelsCmd) Run(out *output) error {
	entries, err := kernels.List(out.findOptions())
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprint(w, "kernel\trelease\t\n")
	for _, e := range entries {
		fmt.Fprintf(w, "%s\t%s\t%s\n", e.Name, e.Release, e.Note)
	}
	return w.Flush()
}
