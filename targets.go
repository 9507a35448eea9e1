package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/nsconform/nsconform/vm"
	"github.com/nsconform/nsconform/vm/kernels"
)

// platform is what virtual machines of an architecture would run on.
type platform struct {
	accelerator vm.Accelerator
	why         string
	init        string // the program that runs in them
	err         error  // there is no QEMU, not the accelerator that was asked for, or no such program
}

// platforms are those of the architectures that were asked for.
type platforms map[string]platform

// machineFlags say what to boot, and how.
type machineFlags struct {
	Kernel    []string `short:"k" placeholder:"KERNEL" help:"Kernel to boot in a virtual machine: a bzImage, a vmlinux or an arm64 Image, host, debian:SUITE or debian:VERSION, or debian:SUITE/arm64. Repeatable. Default: the newest cloud kernel of this machine's apt suites."`
	KernelDir []string `placeholder:"DIR" help:"Boot every kernel image in this folder, vmlinuz, vmlinux, bzImage or Image with or without a version. Repeatable."`
	With      []string `placeholder:"TOOLS" help:"Sets of programs to have in the virtual machines, from this machine's apt suites or, as in tools@trixie, from another: ${toolsets}. They are fetched once, with what they depend on, and never installed. With --here this machine's are used."`
	Append    []string `sep:"none" placeholder:"PARAMETER" help:"Parameter for the kernel: sysctl.user.max_user_namespaces=0. Repeatable."`
	Accel     string   `default:"auto" enum:"auto,kvm,tcg" help:"How to run the virtual machine: auto, kvm or tcg."`
}

// platforms finds out in the background; that changes nothing on the machine.
func (f *machineFlags) platforms(ctx context.Context) <-chan platforms {
	found := make(chan platforms, 1)
	go func() {
		all := platforms{}
		names, _ := f.names() // what is wrong with them shows where they are looked for
		for _, name := range names {
			arch := kernels.ArchOf(name)
			if _, known := all[arch]; !known {
				all[arch] = f.platform(ctx, arch)
			}
		}
		found <- all
	}()
	return found
}

func (f *machineFlags) platform(ctx context.Context, arch string) (p platform) {
	if _, _, p.err = vm.FindQEMU(ctx, arch); p.err != nil {
		return p
	}
	if p.accelerator, p.why, p.err = vm.ChooseAccelerator(ctx, vm.Accelerator(f.Accel), arch); p.err != nil {
		return p
	}
	p.init, p.err = guestProgram(arch)
	return p
}

// names returns the names of all kernels that are asked for.
func (f *machineFlags) names() ([]string, error) {
	names := slices.Clone(f.Kernel) // several ask at the same time
	for _, dir := range f.KernelDir {
		paths, err := kernels.InDir(dir)
		if err != nil {
			return nil, err
		}
		names = append(names, paths...)
	}
	if len(names) == 0 {
		names = []string{""} // the default
	}
	return names, nil
}

// named reports whether any kernel is asked for.
func (f *machineFlags) named() bool { return len(f.Kernel)+len(f.KernelDir) > 0 }

// onlyAMD64 fails for kernels of other architectures, which something is not made for.
func (f *machineFlags) onlyAMD64(something string) error {
	names, _ := f.names() // what is wrong with them shows where they are looked for
	for _, name := range names {
		if arch := kernels.ArchOf(name); arch != kernels.AMD64 {
			return fmt.Errorf("--kernel=%s: %s amd64 kernels, this is one for %s", name, something, arch)
		}
	}
	return nil
}

// machines finds every kernel to boot before anything runs.
func (f *machineFlags) machines(ctx context.Context, out *output, files *files, all platforms, tools kernels.ToolRequest) ([]*machine, error) {
	names, err := f.names()
	if err != nil {
		return nil, err
	}
	for _, arch := range slices.Sorted(maps.Keys(all)) {
		p := all[arch]
		if p.err != nil {
			return nil, p.err
		}
		fmt.Fprintf(out.stderr, "accelerator: %s (%s)\n", p.accelerator, p.why)
	}
	var machines []*machine
	for _, name := range names {
		kernel, err := kernels.Find(ctx, name, out.findOptions())
		if err != nil {
			return nil, err
		}
		found, err := out.findTools(ctx, tools, kernel.Arch)
		if err != nil {
			return nil, err
		}
		p := all[kernel.Arch]
		machines = append(machines, &machine{
			kernel: kernel, tools: found, init: p.init, parameters: f.Append, accelerator: p.accelerator, why: p.why, console: files.console, progress: out.findOptions().Progress,
		})
	}
	return machines, nil
}

// needMachines says whether a kernel is to be booted.
func (c *testCmd) needMachines() bool { return !c.Here || c.named() }

// targets finds everything that the specs are to run on before anything runs.
func (c *testCmd) targets(ctx context.Context, out *output, files *files, found <-chan platforms, tools kernels.ToolRequest) ([]target, error) {
	var targets []target
	if c.Here {
		h := here{called: c.Name, processes: c.processesAtOnce()}
		if err := h.be(out); err != nil {
			return nil, err
		}
		targets = append(targets, h)
	}
	if found == nil {
		return targets, nil
	}
	machines, err := c.machines(ctx, out, files, <-found, tools)
	machinesAtOnce := make(slots, c.machinesAtOnce())
	for _, m := range machines {
		m.again, m.slots = c.Repeat > 1, machinesAtOnce
		twice := func(t target) bool { return t.name() == m.name() }
		if !slices.ContainsFunc(targets, twice) {
			targets = append(targets, m)
		}
	}
	return targets, err
}

// be finds out as whom this machine can be used.
func (h *here) be(out *output) error {
	if os.Geteuid() == 0 {
		return nil
	}
	var err error
	if h.as, err = newOrdinary(); err == nil {
		fmt.Fprintf(out.stderr, "here: as an ordinary user, in own namespaces %s\n", h.as.note)
	}
	return err
}

// findOptions has what takes time in finding a kernel told to the user.
func (o *output) findOptions() kernels.Options {
	return kernels.Options{Progress: func(line string) { fmt.Fprintln(o.stderr, line) }}
}
