package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"golang.org/x/sys/unix"
)

// asInit is the life of a PID 1 that is none of our guest's: of a container, or of a
// sandbox that runs nothing else. It runs the command in a child, and collects the
// orphans that come to it, which are not for the command to expect. It returns the
// command's exit status.
func asInit() (int, error) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, endSignals...)
	child := exec.Command("/proc/self/exe", os.Args[1:]...)
	child.Args[0] = os.Args[0]
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		return 0, fmt.Errorf("start the command: %w", err)
	}
	go func() {
		for sig := range told {
			child.Process.Signal(sig)
		}
	}()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WALL, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, fmt.Errorf("wait for the command: %w", err)
		case pid == child.Process.Pid && status.Signaled():
			return 128 + int(status.Signal()), nil
		case pid == child.Process.Pid:
			return status.ExitStatus(), nil
		}
	}
}
