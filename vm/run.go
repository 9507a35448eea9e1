package vm

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/guest"
	"github.com/nsconform/nsconform/vm/initramfs"
	"github.com/nsconform/nsconform/vm/kernels"
)

// Run boots a machine, runs its job and returns when QEMU has ended. An error
// means that there was no machine; what happens to one, a cancelled context
// included, is in the outcome.
func Run(ctx context.Context, c Config, j Job) (*Outcome, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	p, err := newPlan(ctx, &c)
	if err != nil {
		return nil, err
	}
	j.fill()
	return p.run(ctx, newSession(&j), nil)
}

// plan is a machine that can be started any number of times.
type plan struct {
	config  *Config
	qemu    string // its path
	machine machine
	archive *initramfs.Archive
	boot    Boot // as far as it is known beforehand
}

func newPlan(ctx context.Context, c *Config) (*plan, error) {
	arch, err := architectureOf(c.Kernel)
	if err != nil {
		return nil, err
	}
	if c.Exact && !arch.exact {
		return nil, fmt.Errorf("boot %s: no exact machines of %s: its clock does not tell single instructions", c.Kernel.Name, arch.name)
	}
	qemu, err := qemuPath(arch.name)
	if err != nil {
		return nil, err
	}
	accelerator, why, err := chooseAccelerator(ctx, c.Accelerator, arch.name, c.CacheDir)
	if err != nil {
		return nil, err
	}
	emulated := accelerator == TCG && arch.name == "amd64" && !c.Exact // whose counter counts instructions
	if emulated {
		go tscKHz() // takes a moment, in which all else is prepared
	}
	kernel, _, err := kernels.Bootable(ctx, c.Kernel.Image, c.CacheDir)
	if err != nil {
		return nil, err
	}
	modules, unknown, err := kernels.ResolveModules(c.Kernel, c.Modules, c.CacheDir)
	if err != nil {
		return nil, err
	}
	archive, err := guestFiles(c, modules)
	if err != nil {
		return nil, err
	}
	khz := 0
	if emulated {
		khz = tscKHz()
	}
	return &plan{
		config: c, qemu: qemu, archive: archive,
		machine: machine{
			arch: arch, accelerator: accelerator, exact: c.Exact, cpus: c.CPUs, memoryMiB: c.MemoryMiB,
			qboot: arch.qboot && hasQboot(qemu), smallPages: c.Short, tscKHz: khz, kernel: kernel, more: c.Parameters,
		},
		boot: Boot{Unknown: unknown, VM: reports.VM{Accelerator: string(accelerator), Why: why, Kernel: c.Kernel.Place(c.CacheDir), Exact: c.Exact}},
	}, nil
}

// run boots the machine. The session has what is to be done with it.
func (p *plan) run(ctx context.Context, s *session, memory *os.File) (*Outcome, error) {
	if p.machine.exact {
		giveJob(p.archive, s.order)
	}
	begin := time.Now()
	process, err := startQEMU(p.qemu, p.machine, func(f *os.File) error { return p.archive.Write(f) }, memory)
	if err != nil {
		return nil, err
	}
	versionContext, cancel := context.WithCancel(ctx)
	var version string
	versionKnown := make(chan struct{})
	go func() { // while the guest boots: it takes some 30 ms
		defer close(versionKnown)
		version, _ = qemuVersion(versionContext, p.qemu)
	}()
	defer func() { cancel(); <-versionKnown }()
	s.qemuVersion = func() string { <-versionKnown; return version }
	s.boot.VM, s.boot.Unknown = p.boot.VM, p.boot.Unknown
	s.limit = p.config.BootDeadline
	o := s.run(ctx, process, begin)
	if o.How == NeverBooted {
		o.Why += p.diagnose(o)
	}
	return o, nil
}

// checkInit fails for what a kernel of that architecture cannot start where there
// are no libraries.
func checkInit(path, arch string) error {
	if info, err := os.Stat(path); err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a program", path)
	}
	f, err := elf.Open(path)
	if err != nil {
		return nil // not for us to judge: the kernel will say what it thinks of it
	}
	defer f.Close()
	if f.Machine != kernels.Machines[arch] {
		return fmt.Errorf("%s is a program for %s, the kernel is for %s", path, strings.TrimPrefix(f.Machine.String(), "EM_"), arch)
	}
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return fmt.Errorf("%s needs libraries that a guest does not have: build it with CGO_ENABLED=0, as make build does", path)
	}
	return nil
}

// guestFiles is the guest's root file system.
func guestFiles(c *Config, modules []kernels.Module) (*initramfs.Archive, error) {
	if err := checkInit(c.Init, c.Kernel.Arch); err != nil {
		return nil, fmt.Errorf("find the guest's init: %w", err)
	}
	a := &initramfs.Archive{}
	if err := addTools(a, c.Tools); err != nil {
		return nil, err
	}
	a.File("init", c.Init, 0o755)
	a.CharDevice("dev/console", 5, 1, 0o600)
	a.CharDevice("dev/null", 1, 3, 0o666)
	for _, dir := range []string{"proc", "sys", "run", "tmp", "root", "etc", "bin", "sbin", "usr/bin", "usr/sbin", "mnt", "var", "boot"} {
		a.Dir(dir)
	}
	a.Content("etc/passwd", []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"), 0o644)
	a.Content("etc/group", []byte("root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"), 0o644)
	a.Content("etc/hosts", []byte("127.0.0.1 localhost nsconform\n::1 localhost\n"), 0o644)
	if c.Kernel.Config != "" {
		a.File("boot/config-"+c.Kernel.Release, c.Kernel.Config, 0o644)
	}
	var order strings.Builder
	for _, m := range modules {
		a.File(filepath.Join(guest.ModulesDir, m.Name+".ko"), m.Path, 0o644)
		order.WriteString(m.Name + ".ko\n")
	}
	if c.OwnModule != "" {
		a.File(filepath.Join(guest.ModulesDir, "own.ko"), c.OwnModule, 0o644)
		order.WriteString("own.ko\n")
	}
	a.Content(guest.ModulesOrder, []byte(order.String()), 0o644)
	if c.busybox != "" {
		a.File(guest.Busybox, c.busybox, 0o755)
	}
	return a, nil
}
