package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/nsutil/inspect"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/term"
)

// inspectCmd tells which namespaces a process is in, and whether they keep it apart.
type inspectCmd struct {
	All     bool     `help:"List all namespaces of the machine, what holds them, and which processes share all of theirs."`
	Require []string `placeholder:"KIND" help:"Exit with 1 unless the target is isolated in these kinds (pid,net,...), with 3 where that cannot be told."`
	Format  string   `default:"pretty" enum:"pretty,json" help:"What to print: pretty,json."`
	Target  string   `arg:"" optional:"" help:"PID, or path of a namespace file: /run/netns/x."`
}

// inspected is what can be printed: a machine, or a target.
type inspected interface {
	WriteText(io.Writer, inspect.Style) error
	WriteJSON(io.Writer) error
}

// Run prints what is known of the target, or of the machine. Its error is the exit status.
func (c *inspectCmd) Run(out *output) error {
	required, err := c.check()
	if err != nil {
		return usageError{err}
	}
	machine, err := inspect.Look()
	if err != nil {
		return err
	}
	if c.All {
		return c.print(out, machine)
	}
	report, err := c.target(machine)
	if err != nil {
		return err
	}
	for _, kind := range required {
		if _, is := report.Of(kind); !is {
			return usageError{fmt.Errorf("--require=%s: %s is a namespace of kind %s", kind, c.Target, report.Kinds[0].Kind)}
		}
	}
	if err := c.print(out, report); err != nil {
		return err
	}
	return hold(out, report, required)
}

// check returns the kinds that the user requires, if the command line makes sense.
func (c *inspectCmd) check() ([]nsutil.Kind, error) {
	switch {
	case c.All && c.Target != "":
		return nil, errors.New("give a target, or --all, not both")
	case !c.All && c.Target == "":
		return nil, errors.New("give a PID, the path of a namespace file, or --all")
	case c.All && len(c.Require) > 0:
		return nil, errors.New("--require is about a target, not about --all")
	}
	var required []nsutil.Kind
	for _, word := range c.Require {
		kind := nsutil.Kind(word)
		if !slices.Contains(nsutil.Kinds(), kind) {
			return nil, fmt.Errorf("--require: %q is no kind of namespace: choose of %v", word, nsutil.Kinds())
		}
		required = append(required, kind)
	}
	return required, nil
}

// target inspects a process where the target is a number, else a file.
func (c *inspectCmd) target(machine *inspect.Machine) (*inspect.Report, error) {
	var report *inspect.Report
	pid, err := strconv.Atoi(c.Target)
	if err == nil {
		report, err = machine.Process(pid)
	} else {
		report, err = machine.Pin(c.Target)
	}
	if errors.Is(err, inspect.ErrNoProcess) || errors.Is(err, inspect.ErrNoNamespace) || errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{fmt.Errorf("%w: give a PID or the path of a namespace file", err)}
	}
	return report, err
}

func (c *inspectCmd) print(out *output, what inspected) error {
	if c.Format == "json" {
		return what.WriteJSON(out.stdout)
	}
	file, is := out.stdout.(*os.File)
	color := is && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == ""
	return what.WriteText(out.stdout, inspect.Style{Color: color})
}

// hold says which of the required kinds the target is not isolated in, and why. What is known
// to be wrong outweighs what cannot be told.
func hold(out *output, report *inspect.Report, required []nsutil.Kind) error {
	status := exitCode(reports.ExitHeld)
	for _, kind := range required {
		k, _ := report.Of(kind)
		if k.Verdict == inspect.Isolated {
			continue
		}
		fmt.Fprintf(out.stderr, "nsconform: %s\n", k)
		if k.Verdict != inspect.Unknown {
			status = reports.ExitViolated
		} else if status == reports.ExitHeld {
			status = reports.ExitBroken
		}
	}
	if status == reports.ExitHeld {
		return nil
	}
	return status
}
