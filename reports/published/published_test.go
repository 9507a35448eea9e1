// Package published has results of runs, and what is rendered of them for people: pages,
// each with a report.html. See a page for how to add a run.
package published

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nsconform/nsconform/reports"
)

var update = flag.Bool("update", false, "render anew")

// pages are what is rendered, each in a folder with its results.
var pages = []struct{ folder, title, schema, example, file string }{
	{".", "# What these kernels keep\n\nRuns of nsconform on released kernels.", "../schema", "test --kernel debian:trixie", "reports/published/NAME.json.gz"},
	{"containers", "# Whose namespaces containers get\n\nRuns of nsconform with real container runtimes and engines, on released kernels.", "../../schema",
		"test runtimes engines --kernel debian:trixie", "reports/published/containers/NAME.json.gz"},
}

// intro is what stands above the tables.
const intro = `%s The results are in the files ` + "`*.json.gz`" + ` here, as ` + "`nsconform test`" + ` wrote them
(their [schema](%s/results.json)); this page, and [report.html](report.html), which has every requirement and all that failed, and is to be
downloaded, are rendered from them. To add a run:

    ./nsconform %s --report-dir out
    gzip -9nc out/results.json > %s
    make published

`

// TestRenderingsAreOfTheResults holds what is rendered and the results together, or
// renders them anew with -update.
func TestRenderingsAreOfTheResults(t *testing.T) {
	for _, page := range pages {
		files, err := filepath.Glob(filepath.Join(page.folder, "*.json.gz"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 {
			t.Errorf("nothing is published in %s", page.folder)
			continue
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
		before := fmt.Sprintf(intro, page.title, page.schema, page.example, page.file)
		rendered(t, filepath.Join(page.folder, "README.md"), "markdown", before, merged)
		rendered(t, filepath.Join(page.folder, "report.html"), "html", "", merged)
	}
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
