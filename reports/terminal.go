package reports

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// TerminalOptions says how a [Terminal] writes. The zero value is what a user
// expects without having said anything.
type TerminalOptions struct {
	// Verbose asks for a line for each spec, mutant and benchmark, those that passed, were
	// skipped, killed or measured included.
	Verbose bool
	NoColor bool // no colours, even where the terminal has them
}

// Terminal shows a run while it happens. On a terminal it keeps a line of
// progress for each run in place and writes failures in full above it; elsewhere, and where
// TERM is dumb, it writes a line for each failure, and one now and then while
// mutants are tried or benchmarks measured. Colours need a terminal, and
// NO_COLOR to be unset. It is safe for concurrent use.
type Terminal struct {
	mu     sync.Mutex
	w      io.Writer
	opts   TerminalOptions
	report Report
	colors palette
	line   *progress // nil where nothing can be updated in place
	told   time.Time // when the run began or the last line of progress came
}

// NewTerminal returns a Terminal that writes to w. Call Close at the end.
func NewTerminal(w io.Writer, opts TerminalOptions) *Terminal {
	t := &Terminal{w: w, opts: opts}
	file := terminalOf(w)
	if file == nil {
		return t
	}
	t.colors.on = !opts.NoColor && wantsColor()
	t.line = newProgress(w, sizeOf(file), time.Now)
	t.line.start(&t.mu)
	return t
}

// terminalOf returns the terminal that w is; nil if it is none that can do more
// than print.
func terminalOf(w io.Writer) *os.File {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return file
}

// wantsColor reports whether the user has not asked for no colours (no-color.org).
func wantsColor() bool { return os.Getenv("NO_COLOR") == "" }

func sizeOf(f *os.File) func() (columns, rows int) {
	return func() (int, int) {
		if columns, rows, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns, rows
		}
		return 80, 24
	}
}

// Event shows what e changes.
func (t *Terminal) Event(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, graded, seen := t.verdict(e), t.graded(e), t.failedBefore(e)
	t.report.Apply(e)
	switch run := t.report.Run(e.Run); {
	case e.Type == SpecEnds && e.Result != nil:
		if s := run.Spec(e.Result.Spec); s != nil && s.Verdict != before {
			t.ended(run, *s)
		}
	case e.Type == RunBegins:
		t.told = e.Time
	case e.Type == MutantEnds && e.Graded != nil:
		if m := run.Mutant(e.Graded.Mutant); m != nil && !graded {
			t.mutantEnded(run, *m)
		}
		t.mutantProgress(run, e.Time)
	case e.Type == Measured && e.Measurement != nil:
		t.measured(run, *e.Measurement, seen)
		t.benchProgress(run, e.Time)
	case e.Type == KernelReports && e.Complaint != nil:
		t.print(t.colors.paint(yellow, "KERNEL") + "  " + oneLine(e.Run) + "  " + oneLine(complaintTitle(*e.Complaint)) + "\n")
	case e.Type == RunEnds && e.End != nil:
		t.runEnded(run, e.End.Error)
	}
	if t.line != nil {
		t.line.event(e, &t.report)
	}
}

// verdict returns what is known so far of the spec that e ends.
func (t *Terminal) verdict(e Event) Verdict {
	if run := t.report.Run(e.Run); run != nil && e.Result != nil {
		if s := run.Spec(e.Result.Spec); s != nil {
			return s.Verdict
		}
	}
	return Missing
}

// graded reports whether the mutant that e ends has ended before.
func (t *Terminal) graded(e Event) bool {
	run := t.report.Run(e.Run)
	return run != nil && e.Graded != nil && run.trial.ended[e.Graded.Mutant]
}

// runEnded says why a run ended early, and what came of each where there are several.
func (t *Terminal) runEnded(r *Run, trouble string) {
	if trouble != "" {
		t.print(t.colors.paint(yellow, "ERROR") + "  " + oneLine(r.Name) + "  " + oneLine(trouble) + "\n")
	}
	if len(t.report.Runs) > 1 && len(r.Results) > 0 {
		t.print(runLine(r, t.colors) + "\n")
	}
}

func (t *Terminal) ended(r *Run, s SpecResult) {
	switch {
	case s.Verdict.Bad() && t.line != nil:
		t.print(failureText(r, s, full, t.colors) + "\n")
	case s.Verdict == XFail && !t.opts.Verbose: // a list may be long
	case s.Verdict == Known || s.Verdict == XFail:
		t.print(t.specLine(r, s, s.Known.Statement+" ("+s.Known.ID+")"))
	case s.Verdict == Pass && s.Known != nil:
		t.print(t.specLine(r, s, s.Known.unseenText()))
	case s.Verdict.Bad():
		t.print(t.specLine(r, s, firstLine(s.Failure.Message)))
	case t.opts.Verbose && s.Verdict == Skipped:
		t.print(t.specLine(r, s, fmt.Sprintf("%s: %s", s.Skip.Code, s.Skip.Text)))
	case t.opts.Verbose:
		t.print(t.specLine(r, s, duration(s.Seconds)))
	}
}

func (t *Terminal) specLine(r *Run, s SpecResult, what string) string {
	return fmt.Sprintf("%s  %s  %s: %s: %s\n", t.colors.paint(verdictColor(s.Verdict), string(s.Verdict)),
		oneLine(r.Name), oneLine(s.Topic), oneLine(s.Spec), oneLine(what))
}

// print writes text above the progress line.
func (t *Terminal) print(text string) {
	if t.line != nil {
		t.line.clear()
	}
	io.WriteString(t.w, text)
}

// Close clears the progress line; [WritePretty] writes the summary.
func (t *Terminal) Close() {
	if t.line == nil {
		return
	}
	t.line.stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line.clear()
}
