package guest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/nsconform/nsconform/vm/wire"
	"golang.org/x/sys/unix"
)

// ConsoleMark stands in the console ahead of what the shell prints and after
// it: all else there is the kernel's.
const ConsoleMark = "\x1ensconform shell\x1e"

// runShell runs a shell on the console: busybox's, or the one of the tools.
func runShell(job wire.Job) wire.Last {
	status, err := startShell(job)
	if err != nil {
		return wire.Last{ExitCode: -1, Error: err.Error()}
	}
	last := wire.Last{ExitCode: status.ExitStatus()}
	if status.Signaled() {
		last.Signal = int(status.Signal())
	}
	return last
}

func startShell(job wire.Job) (syscall.WaitStatus, error) {
	var none syscall.WaitStatus
	// Its applets, under their own names; a shell of busybox finds most of
	// them without, so a failure costs little.
	exec.Command(Busybox, "--install", "-s", "/bin").Run()
	console, err := os.OpenFile(Console, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return none, fmt.Errorf("open console: %w", err)
	}
	defer console.Close()
	input, err := setUpConsole(console, job.Shell)
	if err != nil {
		return none, err
	}
	defer input.Close()
	attr := &syscall.ProcAttr{
		Dir:   "/",
		Env:   environment(append([]string{"PS1=\\u@\\h:\\w\\$ "}, job.Env...)),
		Files: []uintptr{input.Fd(), console.Fd(), console.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1},
	}
	console.WriteString(ConsoleMark)
	shell := Busybox
	if hasTools() { // the shell of busybox would run its applets in their place
		shell = "/bin/sh"
	}
	pid, err := syscall.ForkExec(shell, []string{"sh"}, attr)
	if err != nil {
		return none, fmt.Errorf("start %s: %w", shell, err)
	}
	status := reapUntil(pid)
	killAll()
	endConsole()
	return status, nil
}

// setUpConsole returns the shell's input: the console itself, or a script.
func setUpConsole(console *os.File, s *wire.Shell) (*os.File, error) {
	fd := int(console.Fd())
	if s.Interactive {
		if s.Rows > 0 && s.Columns > 0 {
			unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: s.Rows, Col: s.Columns})
		}
		return os.OpenFile(Console, os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err := makeRaw(fd); err != nil {
		return nil, fmt.Errorf("set up console: %w", err)
	}
	quietConsole()
	const script = "/tmp/.nsconform-input"
	if err := os.WriteFile(script, s.Script, 0o600); err != nil {
		return nil, fmt.Errorf("write the shell's input: %w", err)
	}
	defer os.Remove(script)
	return os.Open(script)
}

// quietConsole keeps all but panics out of a script's output.
func quietConsole() {
	levels, err := os.ReadFile("/proc/sys/kernel/printk")
	if err != nil {
		return
	}
	_, rest, _ := strings.Cut(string(levels), "\t")
	os.WriteFile("/proc/sys/kernel/printk", []byte("1\t"+rest), 0o644)
}

// endConsole marks the end of what the shell printed and waits until all is
// sent (tcdrain(3)). The end of its session has hung up every open descriptor
// of the console.
func endConsole() {
	console, err := os.OpenFile(Console, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return
	}
	defer console.Close()
	console.WriteString(ConsoleMark)
	unix.IoctlSetInt(int(console.Fd()), unix.TCSBRK, 1)
}
