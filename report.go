package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/nsconform/nsconform/reports"
)

// reportCmd has what works on reports of runs that are over.
type reportCmd struct {
	Merge mergeCmd `cmd:"" help:"Make one report of several, of other machines or of a job for each kernel. Exits as one run of them all would."`
	Show  showCmd  `cmd:"" help:"Print one report, or several as one, in any format."`
}

// mergeCmd writes one report of several.
type mergeCmd struct {
	Format string   `default:"pretty" enum:"${formats}" help:"What to print: ${formats}."`
	Out    string   `arg:"" help:"Folder to write the report to, in every format."`
	In     []string `arg:"" help:"Reports: results.json, compressed or not, events.ndjson of a run that did not end, or folders that have one of them."`
}

// Run reads all before it writes anything. Its error is the exit status, that of the
// merged report.
func (c *mergeCmd) Run(out *output) error {
	if err := notOfARun(c.Out); err != nil {
		return err
	}
	merged, err := readAll(c.In)
	if err != nil {
		return err
	}
	flags := reportFlags{ReportDir: c.Out, Format: c.Format}
	status := flags.write(out, &files{}, merged)
	tellCI(out, merged, false) // the runs have told what failed
	return status
}

// notOfARun refuses the folder of a run, whose events and console would be taken for
// those of what is merged.
func notOfARun(dir string) error {
	for _, name := range []string{"events.ndjson", "console.log"} {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			return usageError{fmt.Errorf("%s is of a run: choose another folder for what is merged", path)}
		}
	}
	return nil
}

// showCmd prints reports.
type showCmd struct {
	Format string   `default:"pretty" enum:"${formats}" help:"What to print: ${formats}."`
	In     []string `arg:"" help:"Reports, as merge takes them."`
}

// Run prints, and says nothing of what it prints by its exit status.
func (c *showCmd) Run(out *output) error {
	merged, err := readAll(c.In)
	if err != nil {
		return err
	}
	if err := reports.Write(c.Format, out.stdout, merged); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

func readAll(paths []string) (*reports.Report, error) {
	var sources []reports.Source
	for _, path := range paths {
		report, err := readReport(path)
		if err != nil {
			return nil, err
		}
		sources = append(sources, reports.Source{Path: path, Report: report})
	}
	return reports.Merge(sources...), nil
}
