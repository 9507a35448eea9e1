package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/spec"
)

// hereFlags ask for this machine.
type hereFlags struct {
	Here bool   `help:"Run on this machine, not in a virtual one."`
	Name string `default:"here" placeholder:"NAME" help:"What reports call this machine, with --here. Default: here."`
}

// here is this machine. The specs run in child processes: one that dies takes
// nothing with it, and whatever it started is ended after it.
type here struct {
	called    string
	processes int
	as        *ordinary // nil for root
}

func (h here) name() string { return h.called }

func (here) close() {}

// grace is how long an interrupted suite process may take to clean up.
const grace = 15 * time.Second

func (h here) run(ctx context.Context, j job, s *session) ending {
	j.Slowdown, j.Beside = 1, worthwhile(h.processes, len(s.plan))
	return h.divide(ctx, s, suites.Divide(s.plan, j.Beside), func(p *part, mark string) []string {
		j := p.job(j)
		j.Mark = mark
		return j.args()
	})
}

// divide runs a session in a process for each part, all at the same time. args
// returns what each is told; the mark is its own.
func (h here) divide(ctx context.Context, s *session, parts [][]int, args func(p *part, mark string) []string) ending {
	release, err := suites.Alone()
	if err != nil {
		return ending{err: err}
	}
	defer release()
	harness.AdoptOrphans()
	turn, err := spec.NewTurn()
	if err != nil {
		return ending{err: err}
	}
	defer turn.Close()
	settings := harness.TakeSettings()
	end := s.divide(ctx, parts, func(p *part) ending {
		mark := fmt.Sprintf("%d-%d", os.Getpid(), p.number)
		defer harness.Tidy(mark)
		e := h.runPart(ctx, args(p, mark), p, turn)
		if e.err == nil {
			return e
		}
		// It may have been killed before it could do that itself; others go on.
		return e.also(restoreQuietly(settings, turn))
	})
	harness.EndChildren(grace)
	if err := settings.Restore(); err != nil {
		return end.also(err)
	}
	return end
}

// restoreQuietly restores settings, but not those that a spec has set for a moment.
func restoreQuietly(settings harness.Settings, turn *os.File) error {
	t, err := spec.OpenTurn(fmt.Sprintf("/proc/self/fd/%d", turn.Fd()))
	if err != nil {
		return err
	}
	defer t.Close()
	return t.Quietly(settings.Restore)
}

// runPart runs one suite process, or one that measures.
func (h here) runPart(ctx context.Context, args []string, p *part, turn *os.File) ending {
	// The child dies with the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	read, write, err := os.Pipe()
	if err != nil {
		return ending{err: fmt.Errorf("open a pipe for the events: %w", err)}
	}
	defer read.Close()
	said := &tail{limit: 4 << 10}
	child := exec.CommandContext(ctx, "/proc/self/exe", args...)
	child.Args[0] = os.Args[0]
	child.Stdout, child.Stderr = said, said
	child.ExtraFiles = []*os.File{write, turn} // streamFD and turnFD
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	child.Cancel = func() error { return interrupt(child.Process) }
	child.WaitDelay = grace
	start := child.Start
	if h.as != nil {
		start = func() error { return h.as.start(child) }
	}
	if err := start(); err != nil {
		write.Close()
		return ending{err: fmt.Errorf("start the suite: %w", err)}
	}
	write.Close()
	streamErr := reports.ReadStream(read, func(e reports.Event) error { p.record(e); return nil })
	if err = child.Wait(); err == nil {
		err = streamErr
	}
	return explainEnding(err, child.ProcessState.ExitCode(), said.String())
}

// interrupt asks a suite process to end and clean up. The user who asks once more
// does not want to wait for it: others clean up after it then.
func interrupt(suite *os.Process) error {
	again := make(chan os.Signal, 1)
	signal.Notify(again, endSignals...)
	go func() {
		defer signal.Stop(again)
		select {
		case <-again:
			suite.Kill() // its only error is that it has ended
		case <-time.After(grace):
		}
	}()
	return suite.Signal(syscall.SIGTERM)
}

// explainEnding says what a suite process's end means.
func explainEnding(err error, exitCode int, said string) ending {
	switch {
	case exitCode == suites.HungExit:
		return ending{err: errors.New("a spec did not come back"), verdict: reports.Timeout, told: true}
	case err != nil && strings.TrimSpace(said) != "":
		return ending{err: fmt.Errorf("the suite's process ended early: %w: %s", err, strings.TrimSpace(said)), verdict: reports.Broken}
	case err != nil:
		return ending{err: fmt.Errorf("the suite's process ended early: %w", err), verdict: reports.Broken}
	}
	return ending{}
}

// tail keeps the end of what is written to it.
type tail struct {
	limit int
	kept  []byte
}

var _ io.Writer = (*tail)(nil)

// Write implements [io.Writer].
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-t.limit):]
	return len(p), nil
}

// String returns what is kept.
func (t *tail) String() string { return string(t.kept) }
