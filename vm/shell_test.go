package vm

import (
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestShellRunsAScript(t *testing.T) {
	k := testKernel(t)
	o, out := runShellWith(t, Config{Kernel: k, Init: buildInit(t), Accelerator: TCG}, "uname -r; echo pid $$ | grep -c pid; cat /proc/1/comm; exit 5\n")
	if o.How != Finished || o.ExitCode != 5 {
		t.Errorf("got %s: %s", o.How, o.Why)
	}
	if want := k.Release + "\n1\ninit\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
}

func runShellWith(t *testing.T, c Config, script string) (*Outcome, string) {
	t.Helper()
	stdin, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	output, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	io.WriteString(input, script)
	input.Close()
	printed := make(chan string)
	go func() {
		all, _ := io.ReadAll(output)
		printed <- string(all)
	}()
	o, err := Shell(t.Context(), c, stdin, stdout)
	stdout.Close()
	if err != nil {
		t.Fatal(err)
	}
	return o, <-printed
}

// openTerminal returns a terminal and what is behind it.
func openTerminal(t *testing.T) (user, terminal *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminal to be had: %v", err)
	}
	t.Cleanup(func() { user.Close() })
	if err := unix.IoctlSetPointerInt(int(user.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, user.Fd(), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY)
	if errno != 0 {
		t.Fatal(errno)
	}
	return user, os.NewFile(fd, "terminal")
}

func TestShellOnATerminal(t *testing.T) {
	k := testKernel(t)
	user, terminal := openTerminal(t)
	defer terminal.Close()
	before, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan string)
	go typeWhenAsked(user, []string{"sleep 100 & jobs\r", "tty; echo job $((6*7))\r", "exit 3\r"}, seen)
	o, err := Shell(t.Context(), Config{Kernel: k, Init: buildInit(t), Accelerator: TCG}, terminal, terminal)
	if err != nil {
		t.Fatal(err)
	}
	after, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	terminal.Close()
	out := <-seen
	if o.How != Finished || o.ExitCode != 3 {
		t.Errorf("got %s: %s\n%s", o.How, o.Why, out)
	}
	for _, want := range []string{"Running", "/dev/" + architectures[testArch()].console, "job 42"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "job control turned off") {
		t.Errorf("no job control:\n%s", out)
	}
	if *before != *after {
		t.Errorf("the terminal was %+v and is %+v", before, after)
	}
}

// typeWhenAsked types a line at each prompt and returns all that was shown.
func typeWhenAsked(user *os.File, lines []string, seen chan<- string) {
	var shown strings.Builder
	buf := make([]byte, 4096)
	answered := 0
	for {
		n, err := user.Read(buf)
		shown.Write(buf[:n])
		if prompts := strings.Count(shown.String(), "# "); prompts > answered && answered < len(lines) {
			user.WriteString(lines[answered])
			answered++
		}
		if err != nil {
			seen <- shown.String()
			return
		}
	}
}
