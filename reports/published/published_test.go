// Package published has results of runs, and what is rendered of them for people: this
// folder's page and report.html. See the page for how to add a run.
package published

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/nsconform/nsconform/reports"
)

var update = flag.Bool("update", false, "render anew")

const intro = `# What these kernels keep

Runs of nsconform on released kernels. The results are in the files ` + "`*.json.gz`" + ` here, as ` + "`nsconform test`" + ` wrote them
(their [schema](../schema/results.json)); this page, and [report.html](report.html), which has every requirement and all that failed, and is to be
downloaded, are rendered from them. To add a run:

    ./nsconform test --kernel debian:trixie --report-dir out
    gzip -9nc out/results.json > reports/published/NAME.json.gz
    make published

`

// TestRenderingsAreOfTheResults holds what is rendered and the results together, or
// renders them anew with -update.
func TestRenderingsAreOfTheResults(t *testing.T) {
	files, err := filepath.Glob("*.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("nothing is published")
	}
	var sources []reports.Source
	for _, file := range files {
		report, err := reports.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, reports.Source{Path: file, Report: report})
	}
	merged := reports.Merge(sources...)
	rendered(t, "README.md", "markdown", intro, merged)
	rendered(t, "report.html", "html", "", merged)
}

func rendered(t *testing.T, path, format, before string, r *reports.Report) {
	t.Helper()
	now := bytes.NewBufferString(before)
	if err := reports.Write(format, now, r); err != nil {
		t.Fatal(err)
	}
	if format == "markdown" { // the tables: all that failed would be a megabyte
		tables, _, _ := bytes.Cut(now.Bytes(), []byte("<details>"))
		now = bytes.NewBuffer(append(bytes.TrimSpace(tables), '\n'))
	}
	if *update {
		if err := os.WriteFile(path, now.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if committed, err := os.ReadFile(path); err != nil || !bytes.Equal(committed, now.Bytes()) {
		t.Errorf("%s is not what the results are rendered as now (error %v): make published", path, err)
	}
}
