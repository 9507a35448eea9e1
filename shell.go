package main

import (
	"context"
	"fmt"
	"os"

	"github.com/nsconform/nsconform/vm"
	"github.com/nsconform/nsconform/vm/kernels"
)

// shellCmd opens a shell in a guest.
type shellCmd struct {
	With   []string `placeholder:"TOOLS" help:"Sets of programs to have in there, as for test --with: ${toolsets}."`
	Kernel string   `arg:"" optional:"" help:"Kernel to boot, as for test --kernel."`
	Accel  string   `default:"auto" enum:"auto,kvm,tcg" help:"How to run the virtual machine: auto, kvm or tcg."`
}

// Run opens the shell and returns when it ends.
func (c *shellCmd) Run(ctx context.Context, out *output) error {
	request, err := kernels.ParseTools(c.With...)
	if err != nil {
		return usageError{fmt.Errorf("--with=%w", err)}
	}
	if _, _, err := vm.FindQEMU(ctx, kernels.ArchOf(c.Kernel)); err != nil {
		return err
	}
	kernel, err := kernels.Find(ctx, c.Kernel, out.findOptions())
	if err != nil {
		return err
	}
	tools, err := out.findTools(ctx, request, kernel.Arch)
	if err != nil {
		return err
	}
	init, err := guestProgram(kernel.Arch)
	if err != nil {
		return err
	}
	outcome, err := vm.Shell(ctx, vm.Config{Kernel: kernel, Tools: tools, Init: init, Accelerator: vm.Accelerator(c.Accel)}, os.Stdin, os.Stdout)
	if err != nil {
		return err
	}
	if outcome.How != vm.Finished {
		return fmt.Errorf("%s: %s", outcome.How, outcome.Why)
	}
	return nil
}
