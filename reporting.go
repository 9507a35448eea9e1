package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/nsconform/nsconform/reports"
)

// reportFlags say what to do with the results.
type reportFlags struct {
	ReportDir string `placeholder:"DIR" help:"Write results.json, junit.xml, ktap.txt, report.html, summary.md, events.ndjson and console.log there."`
	Format    string `default:"pretty" enum:"${formats}" help:"What to print: ${formats}. All come at the end, but ktap while a run goes on."`
	Verbose   bool   `short:"v" help:"Show each spec, or each mutant, as it ends."`
}

// conclude prints and writes the reports, and tells CI. Its error is the exit status.
func (f *reportFlags) conclude(out *output, files *files, report *reports.Report) error {
	status := f.write(out, files, report)
	tellCI(out, report, true)
	return status
}

// write prints and writes the reports. Its error is the exit status.
func (f *reportFlags) write(out *output, files *files, report *reports.Report) error {
	if err := f.print(out, files, report); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	if f.ReportDir != "" {
		if err := reports.WriteAll(f.ReportDir, report); err != nil {
			return err
		}
		if err := files.err; err != nil {
			return fmt.Errorf("write to %s: %w", f.ReportDir, err)
		}
		fmt.Fprintf(out.stderr, "reports are in %s; start with %s\n", f.ReportDir, filepath.Join(f.ReportDir, "report.html"))
	}
	if code := reports.ExitCode(report); code != 0 {
		return exitCode(code)
	}
	return nil
}

// print prints the report, or what is left of it where that was printed as it came.
func (f *reportFlags) print(out *output, files *files, report *reports.Report) error {
	if files.ktap != nil {
		return files.ktap.Close()
	}
	return reports.Write(f.Format, out.stdout, report)
}

// stream has so many runs printed as they go on, if the format is one for that.
func (f *reportFlags) stream(out *output, files *files, runs int) {
	if f.Format == "ktap" {
		files.ktap = reports.NewKTAPStream(out.stdout, runs)
	}
}

// following returns a function that hands each event to all that follow a run. Any
// goroutine may call it.
func following(files *files, report *reports.Report, view *reports.Terminal) func(reports.Event) {
	var mutex sync.Mutex
	return func(e reports.Event) {
		mutex.Lock()
		defer mutex.Unlock()
		files.event(e)
		report.Apply(e)
		view.Event(e)
	}
}

// files are what a run writes while it lasts: to the report folder, and to be printed.
type files struct {
	console io.Writer
	stream  *reports.Writer
	open    []*os.File
	ktap    *reports.KTAPStream // nil unless the format is that

	mutex sync.Mutex
	err   error // the first that went wrong
}

func openFiles(dir string) (*files, error) {
	f := &files{console: io.Discard}
	if dir == "" {
		return f, nil
	}
	if err := reports.CheckDir(dir); err != nil {
		return nil, err
	}
	for _, name := range []string{"console.log", "events.ndjson"} {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			f.close()
			return nil, err
		}
		f.open = append(f.open, file)
	}
	f.console, f.stream = &inTurn{w: consoleLog{f, f.open[0]}}, reports.NewWriter(f.open[1])
	return f, nil
}

// consoleLog is what the consoles of all machines are written to. It takes everything:
// a disk that is full keeps no machine from its end.
type consoleLog struct {
	files *files
	file  *os.File
}

// Write implements [io.Writer].
func (c consoleLog) Write(p []byte) (int, error) {
	_, err := c.file.Write(p)
	c.files.failed(err)
	return len(p), nil
}

func (f *files) event(e reports.Event) {
	if f.ktap != nil {
		f.ktap.Event(e)
	}
	if f.stream == nil {
		return
	}
	f.failed(f.stream.Emit(e))
}

// failed keeps the first error.
func (f *files) failed(err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *files) close() {
	for _, file := range f.open {
		file.Close()
	}
}

// inTurn is a writer that several goroutines may use.
type inTurn struct {
	mutex sync.Mutex
	w     io.Writer
}

// Write implements [io.Writer]. What it is given stays together.
func (t *inTurn) Write(p []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.w.Write(p)
}
