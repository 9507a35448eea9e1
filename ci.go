package main

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/reports"
)

// tellCI shows the results where GitHub runs the command: on the page of the run, and
// where annotate is set, at the lines of what failed. That it cannot is no reason for
// another verdict.
func tellCI(out *output, report *reports.Report, annotate bool) {
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		if err := appendSummary(path, report); err != nil {
			fmt.Fprintf(out.stderr, "nsconform: write the summary: %v\n", err)
		}
	}
	if annotate && os.Getenv("GITHUB_ACTIONS") == "true" {
		reports.WriteAnnotations(out.stderr, report)
	}
}

func appendSummary(path string, report *reports.Report) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if err := reports.WriteMarkdown(file, report); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
