// Command nsconform tells whether a Linux kernel keeps what is documented about
// namespaces.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/kernels"
)

// Exit statuses besides those of [reports.ExitCode].
const (
	exitUsage  = 2
	exitBroken = 3
)

// endSignals are those by which a user ends a command.
var endSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// cli is the command line.
type cli struct {
	Test    testCmd    `cmd:"" help:"Prove the requirements on one or more kernels."`
	Bench   benchCmd   `cmd:"" help:"Measure what each operation on namespaces costs, on one or more kernels."`
	Compare compareCmd `cmd:"" help:"Compare what two runs have proved, and what they cost."`
	Report  reportCmd  `cmd:"" help:"Merge reports, or print them in another format."`
	Mutants mutantsCmd `cmd:"" help:"Grade the suite itself: run it on kernels that break one promise each."`
	Inspect inspectCmd `cmd:"" help:"Tell which namespaces a process is in, what holds them, and whether they keep it apart."`
	List    listCmd    `cmd:"" help:"List the requirements and the specs that prove them."`
	Explain explainCmd `cmd:"" help:"Explain requirements: what is promised, where, and which spec proves it."`
	Kernels kernelsCmd `cmd:"" help:"List the kernels that are here and those that could be fetched."`
	Shell   shellCmd   `cmd:"" help:"Open a shell in a virtual machine that runs a kernel."`
}

// usageError is a mistake on the command line.
type usageError struct{ error }

// exitCode is an error that says nothing more: everything has been told.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	dispatchSpecialProcesses()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), endSignals...)
	defer stop()
	status := -1
	parser, err := kong.New(&cli{},
		kong.Name("nsconform"),
		kong.Description("Proves, promise by documented promise, that a Linux kernel keeps its namespaces apart."),
		kong.UsageOnError(),
		kong.Vars{"toolsets": strings.Join(kernels.ToolSets(), ", "), "formats": strings.Join(reports.Formats(), ","), "diffformats": strings.Join(reports.DiffFormats(), ",")},
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { status = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&output{stdout, stderr}),
	)
	if err != nil {
		panic(err) // the tags of cli are wrong
	}
	command, err := parser.Parse(args)
	if status >= 0 {
		return status // --help
	}
	if err != nil {
		return report(usageError{err}, stderr)
	}
	err = command.Run()
	if ctx.Err() != nil {
		err = interrupted(err)
	}
	return report(err, stderr)
}

// interrupted is the end of a command that the user has stopped: what else it
// says of itself follows from that.
func interrupted(err error) error {
	if code := exitCode(0); errors.As(err, &code) {
		return exitCode(reports.ExitInterrupted)
	}
	return interruptError{}
}

// interruptError says that the user has stopped a command before it had results.
type interruptError struct{}

func (interruptError) Error() string { return "interrupted" }

// output is where commands write: results to stdout, all else to stderr.
type output struct{ stdout, stderr io.Writer }

// report prints what went wrong in one line and returns the exit status for it.
func report(err error, stderr io.Writer) int {
	var code exitCode
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, interruptError{}):
		fmt.Fprintln(stderr, "nsconform: interrupted")
		return reports.ExitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "nsconform: %v\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "nsconform: %v\n", err)
	return exitBroken
}
