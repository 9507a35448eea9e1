package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// cost records what calls take by the guest's clock, n samples of each, in the
// order in which they were taken.
func cost(records *os.File, n int) {
	runtime.LockOSThread()
	for _, call := range []struct {
		name string
		do   func() error
	}{
		{"getppid", func() error { unix.Getppid(); return nil }},
		{"unshare uts", func() error { return unix.Unshare(unix.CLONE_NEWUTS) }},
		{"unshare ipc", func() error { return unix.Unshare(unix.CLONE_NEWIPC) }},
		{"setns uts", setnsOf("uts")},
		{"fork", fork},
	} {
		samples := make([]int64, n)
		for i := range samples {
			begin := time.Now()
			if err := call.do(); err != nil {
				fmt.Println(call.name, err)
				os.Exit(1)
			}
			samples[i] = time.Since(begin).Nanoseconds()
		}
		fmt.Fprintf(records, `{"call":%q,"median":%d,"samples":"%v"}`+"\n", call.name, slices.Sorted(slices.Values(samples))[n/2], samples)
	}
}

func setnsOf(kind string) func() error {
	fd, err := unix.Open("/proc/thread-self/ns/"+kind, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	return func() error {
		if err != nil {
			return err
		}
		return unix.Setns(fd, 0)
	}
}

// fork starts a program that fails at once, and waits for its end.
func fork() error {
	child, err := os.StartProcess("/proc/self/exe", []string{"init"}, &os.ProcAttr{})
	if err != nil {
		return err
	}
	_, err = child.Wait()
	return err
}
