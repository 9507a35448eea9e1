package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nsconform/nsconform/vm/kernels"
	"github.com/nsconform/nsconform/vm/wire"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Shell boots a machine, without a job, and connects its console to stdin and
// stdout. On a terminal the user gets an interactive shell; otherwise the
// shell reads stdin, of at most 512 KiB, as a script, and stdout gets what it
// prints. The machine goes when the shell ends, and the terminal is restored
// however that comes. The outcome has the shell's exit code.
//
// What the machine says before the shell is only shown when it fails. The
// shell is busybox's, taken from the archive of the machine's distribution
// where it is not installed.
func Shell(ctx context.Context, c Config, stdin, stdout *os.File) (*Outcome, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	var err error
	if c.busybox, err = kernels.Busybox(ctx, c.Kernel.Arch, kernels.Options{CacheDir: c.CacheDir}); err != nil {
		return nil, fmt.Errorf("get a shell for the guest: %w", err)
	}
	order := wire.Job{Shell: &wire.Shell{}}
	if name := os.Getenv("TERM"); name != "" {
		order.Env = append(order.Env, "TERM="+name)
	}
	j := Job{Console: &gate{out: stdout}, Record: func([]byte) {}}
	j.fill()
	t := &consoleTerminal{}
	run := func() (*Outcome, error) {
		p, err := newPlan(ctx, &c)
		if err != nil {
			return nil, err
		}
		s := newSession(&j)
		s.order, s.terminal = order, t
		return p.run(ctx, s, nil)
	}
	if !term.IsTerminal(int(stdin.Fd())) {
		if order.Shell.Script, err = readScript(stdin); err != nil {
			return nil, err
		}
		return run()
	}
	order.Shell.Interactive = true
	if columns, rows, err := term.GetSize(int(stdin.Fd())); err == nil {
		order.Shell.Columns, order.Shell.Rows = uint16(columns), uint16(rows)
	}
	t.keyboard = stdin
	before, err := term.MakeRaw(int(stdin.Fd()))
	if err != nil {
		return nil, fmt.Errorf("set up terminal: %w", err)
	}
	defer term.Restore(int(stdin.Fd()), before)
	return t.runInteractive(run)
}

// maxScript fits a job, in which it is written in base64.
const maxScript = wire.MaxPayload / 2

func readScript(stdin io.Reader) ([]byte, error) {
	script, err := io.ReadAll(io.LimitReader(stdin, maxScript+1))
	if err != nil {
		return nil, fmt.Errorf("read the shell's input: %w", err)
	}
	if len(script) > maxScript {
		return nil, fmt.Errorf("read the shell's input: more than %d bytes", maxScript)
	}
	return script, nil
}

// consoleTerminal connects a machine's console with the user.
type consoleTerminal struct {
	keyboard *os.File // nil if there is no terminal
	keys     chan io.Writer
}

func (t *consoleTerminal) attach(console io.Writer) {
	if t.keyboard != nil {
		t.keys <- console
	}
}

// runInteractive sends what is typed to the console while run runs.
func (t *consoleTerminal) runInteractive(run func() (*Outcome, error)) (*Outcome, error) {
	t.keys = make(chan io.Writer, 2)
	ended, stop, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("set up terminal: %w", err)
	}
	defer ended.Close()
	typing := make(chan struct{})
	go func() {
		defer close(typing)
		forwardKeys(<-t.keys, t.keyboard, ended)
	}()
	o, err := run()
	stop.Close()
	t.keys <- io.Discard // for a machine that was never ready
	<-typing
	return o, err
}

// forwardKeys copies the keyboard to the console until ended does: it never
// takes a key that is meant for what comes after the shell.
func forwardKeys(console io.Writer, keyboard, ended *os.File) {
	buf := make([]byte, 4096)
	for {
		fds := []unix.PollFd{{Fd: int32(keyboard.Fd()), Events: unix.POLLIN}, {Fd: int32(ended.Fd()), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if fds[1].Revents != 0 {
			return
		}
		if fds[0].Revents == 0 {
			continue
		}
		n, err := keyboard.Read(buf)
		if err != nil {
			return
		}
		if _, err := console.Write(buf[:n]); err != nil {
			return
		}
	}
}
