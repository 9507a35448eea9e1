package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/vm"
)

// parallelFlag says how much runs at once.
type parallelFlag struct {
	Parallel int `placeholder:"N" help:"Run so much at once: processes with --here, else machines. Default: three processes, or one machine, a processor."`
}

// check checks what the tag cannot.
func (f *parallelFlag) check() error {
	if f.Parallel < 0 {
		return fmt.Errorf("--parallel=%d: try at least one", f.Parallel)
	}
	return nil
}

// processesAtOnce is how many suite processes run at once on this machine: more
// than there are processors, since most of a spec's time goes by waiting for the
// kernel to destroy what it has made.
func (f *parallelFlag) processesAtOnce() int {
	if f.Parallel > 0 {
		return f.Parallel
	}
	return 3 * runtime.NumCPU()
}

// machinesAtOnce is how many virtual machines run at once: each takes a processor and
// some memory.
func (f *parallelFlag) machinesAtOnce() int {
	const each = 512 << 10 // KiB, of a machine that runs specs
	if f.Parallel > 0 {
		return f.Parallel
	}
	return max(1, min(runtime.NumCPU(), availableKiB()/each))
}

// slots bound how many machines are up at once, of all kernels together.
type slots chan struct{}

// hold returns the runner with each of its machines waiting for a slot.
func (s slots) hold(run runner) runner {
	return func(ctx context.Context, work vm.Job) (*vm.Outcome, error) {
		if err := s.take(ctx); err != nil {
			return nil, err
		}
		defer s.free()
		return run(ctx, work)
	}
}

func (s slots) take(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s slots) free() { <-s }

// worthwhile returns how many of n processes or machines that many specs are
// worth: each takes a moment to begin.
func worthwhile(n, specs int) int {
	const enough = 100
	return max(1, min(n, specs/enough))
}

// availableKiB is the memory that new processes can have, MemAvailable of
// proc_meminfo(5); 0 if that is unknown.
func availableKiB() int {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "MemAvailable:" {
			available, _ := strconv.Atoi(fields[1])
			return available
		}
	}
	return 0
}
