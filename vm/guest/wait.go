package guest

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/nsconform/nsconform/vm/wire"
	"golang.org/x/sys/unix"
)

// A program of this size takes a noticeable part of a second to be executed and to
// initialise itself where the processor is emulated. So the job's process is started
// before the job has come, and waits for it: a machine that is saved holds it already.

// waitArg is the argument of a process that waits for its order, and orderFD the
// descriptor of the socket that it comes through.
const (
	waitArg = "wait-for-order"
	orderFD = RecordsFD + 1
)

// order is what a waiting process is told: see [wire.Job].
type order struct{ Args, Env []string }

// AwaitOrder returns when this process knows its arguments. Only a process that PID
// 1 of a guest has started waits for them.
func AwaitOrder() {
	if len(os.Args) != 2 || os.Args[1] != waitArg || os.Getppid() != 1 {
		return
	}
	in := os.NewFile(orderFD, "order")
	in.Write([]byte("w"))
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		os.Exit(0) // PID 1 has none
	}
	in.Close()
	os.Args = append(os.Args[:1], o.Args...)
	for _, entry := range o.Env {
		if name, value, ok := strings.Cut(entry, "="); ok {
			os.Setenv(name, value)
		}
	}
}

// waiting is a process that waits for its order.
type waiting struct {
	pid          int
	out, records *os.File // what it writes
	order        *os.File
}

// startWaiting starts one and returns when it waits.
func startWaiting() (*waiting, error) {
	w := &waiting{}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make socket pair: %w", err)
	}
	w.order = os.NewFile(uintptr(pair[0]), "order")
	theirs := os.NewFile(uintptr(pair[1]), "order")
	defer theirs.Close()
	if err := w.start([]string{waitArg}, nil, theirs); err != nil {
		w.order.Close()
		return nil, err
	}
	if _, err := io.ReadFull(w.order, make([]byte, 1)); err != nil {
		w.giveUp()
		return nil, fmt.Errorf("wait for the job's process: %w", err)
	}
	return w, nil
}

// start executes this program again, with these arguments, and more descriptors
// after those that each job has.
func (w *waiting) start(args, env []string, more ...*os.File) error {
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return err
	}
	defer outWrite.Close()
	recordsRead, recordsWrite, err := os.Pipe()
	if err != nil {
		outRead.Close()
		return err
	}
	defer recordsWrite.Close()
	files := []uintptr{null.Fd(), outWrite.Fd(), outWrite.Fd(), recordsWrite.Fd()}
	for _, f := range more {
		files = append(files, f.Fd())
	}
	w.pid, err = syscall.ForkExec("/proc/self/exe", append([]string{"nsconform"}, args...), &syscall.ProcAttr{
		Dir:   "/",
		Env:   environment(env),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		outRead.Close()
		recordsRead.Close()
		return err
	}
	w.out, w.records = outRead, recordsRead
	return nil
}

// give gives the process its order.
func (w *waiting) give(job wire.Job) error {
	defer w.order.Close()
	return json.NewEncoder(w.order).Encode(order{job.Args, job.Env})
}

// giveUp ends the process.
func (w *waiting) giveUp() {
	w.order.Close()
	w.out.Close()
	w.records.Close()
	unix.Kill(w.pid, unix.SIGKILL)
	unix.Wait4(w.pid, nil, 0, nil)
}
