package vm

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/guest"
	"github.com/nsconform/nsconform/vm/initramfs"
	"github.com/nsconform/nsconform/vm/kernels"
	"github.com/nsconform/nsconform/vm/wire"
)

// Run boots a machine, runs its job and returns when QEMU has ended. An error
// means that there was no machine; what happens to one, a cancelled context
// included, is in the outcome.
func Run(ctx context.Context, c Config) (*Outcome, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	return run(ctx, &c, wire.Job{Args: c.Args, Env: c.Env}, nil)
}

// terminal takes part in a machine's console; see [Shell].
type terminal interface {
	attach(console io.Writer) // the guest is ready: begin to send it what the user types
}

func run(ctx context.Context, c *Config, job wire.Job, t terminal) (*Outcome, error) {
	qemu, err := qemuPath()
	if err != nil {
		return nil, err
	}
	accelerator, why, err := chooseAccelerator(ctx, c.Accelerator, c.CacheDir)
	if err != nil {
		return nil, err
	}
	kernel, _, err := kernels.Bootable(ctx, c.Kernel.Image, c.CacheDir)
	if err != nil {
		return nil, err
	}
	modules, unknown, err := kernels.ResolveModules(c.Kernel, c.Modules, c.CacheDir)
	if err != nil {
		return nil, err
	}
	archive, err := guestFiles(c.Init, c.Kernel, modules, job.Shell != nil, c.busybox)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	p, err := startQEMU(qemu, machine{
		accelerator: accelerator, cpus: c.CPUs, memoryMiB: c.MemoryMiB,
		qboot: hasQboot(qemu), smallPages: c.Short, kernel: kernel,
	}, archive.Write)
	if err != nil {
		return nil, err
	}
	versionContext, cancel := context.WithCancel(ctx)
	var version string
	versionKnown := make(chan struct{})
	go func() { // while the guest boots: it takes some 30 ms
		defer close(versionKnown)
		version, _ = qemuVersion(versionContext, qemu)
	}()
	defer func() { cancel(); <-versionKnown }()
	s := &session{
		config: c, job: job, terminal: t, process: p, begin: begin, slowdown: Slowdown(accelerator),
		boot: Boot{Unknown: unknown, VM: reports.VM{Accelerator: string(accelerator), Why: why, Kernel: c.Kernel.Image}},
	}
	s.qemuVersion = func() string { <-versionKnown; return version }
	return s.run(ctx), nil
}

// guestFiles is the guest's root file system.
func guestFiles(init string, kernel *kernels.Kernel, modules []kernels.Module, shell bool, busybox string) (*initramfs.Archive, error) {
	if info, err := os.Stat(init); err != nil {
		return nil, fmt.Errorf("find the guest's init: %w", err)
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("find the guest's init: %s is not a program", init)
	}
	a := &initramfs.Archive{}
	a.File("init", init, 0o755)
	a.CharDevice("dev/console", 5, 1, 0o600)
	a.CharDevice("dev/null", 1, 3, 0o666)
	for _, dir := range []string{"proc", "sys", "run", "tmp", "root", "etc", "bin", "sbin", "usr/bin", "usr/sbin", "mnt", "var", "boot"} {
		a.Dir(dir)
	}
	a.Content("etc/passwd", []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"), 0o644)
	a.Content("etc/group", []byte("root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"), 0o644)
	a.Content("etc/hosts", []byte("127.0.0.1 localhost nsconform\n::1 localhost\n"), 0o644)
	if kernel.Config != "" {
		a.File("boot/config-"+kernel.Release, kernel.Config, 0o644)
	}
	var order strings.Builder
	for _, m := range modules {
		a.File(filepath.Join(guest.ModulesDir, m.Name+".ko"), m.Path, 0o644)
		order.WriteString(m.Name + ".ko\n")
	}
	a.Content(guest.ModulesOrder, []byte(order.String()), 0o644)
	if shell {
		a.File(guest.Busybox, busybox, 0o755)
	}
	return a, nil
}

// jobFrame completes the job with what has to be as fresh as possible.
func jobFrame(job wire.Job) []byte {
	job.Clock = time.Now().UnixNano()
	job.Entropy = make([]byte, 64)
	rand.Read(job.Entropy)
	payload, err := json.Marshal(job)
	if err != nil {
		panic(err) // a wire.Job always has a form in JSON
	}
	return wire.Append(nil, wire.Frame{Kind: wire.KindJob, Payload: payload})
}
