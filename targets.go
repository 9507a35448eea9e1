package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/nsconform/nsconform/vm"
	"github.com/nsconform/nsconform/vm/kernels"
)

// platform is what virtual machines would run on.
type platform struct {
	accelerator vm.Accelerator
	why         string
	err         error // there is no QEMU, or not the accelerator that was asked for
}

// platform finds out in the background; that changes nothing on the machine.
func (c *testCmd) platform(ctx context.Context) <-chan platform {
	found := make(chan platform, 1)
	go func() {
		var p platform
		if len(c.kernels()) > 0 {
			if _, _, p.err = vm.FindQEMU(ctx); p.err == nil {
				p.accelerator, p.why, p.err = vm.ChooseAccelerator(ctx, vm.Accelerator(c.Accel))
			}
		}
		found <- p
	}()
	return found
}

// kernels returns the kernels to boot, as the user names them; "" is the default.
func (c *testCmd) kernels() []string {
	if len(c.Kernel) == 0 && !c.Here {
		return []string{""}
	}
	return c.Kernel
}

// targets finds everything that the specs are to run on before anything runs.
func (c *testCmd) targets(ctx context.Context, out *output, files *files, p platform) ([]target, error) {
	if p.err != nil {
		return nil, p.err
	}
	var targets []target
	if c.Here {
		if os.Geteuid() != 0 {
			return nil, errors.New("--here makes namespaces, which needs root: run it with sudo, or without --here in a virtual machine")
		}
		targets = append(targets, here{})
	}
	if p.why != "" {
		fmt.Fprintf(out.stderr, "accelerator: %s (%s)\n", p.accelerator, p.why)
	}
	for _, name := range c.kernels() {
		kernel, err := kernels.Find(ctx, name, out.findOptions())
		if err != nil {
			return nil, err
		}
		targets = append(targets, machine{kernel: kernel, accelerator: p.accelerator, why: p.why, console: files.console})
	}
	return targets, nil
}

// findOptions has what takes time in finding a kernel told to the user.
func (o *output) findOptions() kernels.Options {
	return kernels.Options{Progress: func(line string) { fmt.Fprintln(o.stderr, line) }}
}
