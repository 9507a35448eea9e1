package vm

import (
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/kernels"
)

// Config is what a machine is. Kernel and Init are required.
type Config struct {
	Kernel *kernels.Kernel
	// Init is the static program that becomes /init. It must call
	// [guest.Init] where [guest.IsInit] says so, and [guest.AwaitOrder] elsewhere.
	Init string
	// Parameters are more parameters of the kernel.
	Parameters []string

	// Tools are programs that the guest has in its usual places; nil for none. The
	// guest then also has a root that is not rootfs, see package guest.
	Tools *kernels.Tools

	CPUs        int // 1 if 0: without KVM a second makes booting dearer, most on a busy host
	MemoryMiB   int // if 0: 1024, and what the tools take
	Accelerator Accelerator
	// Exact makes the guest's clocks count its instructions, and all that reaches
	// the guest the same in every boot: two boots of one machine with one job do
	// the same and tell the same times, to the digit, however busy the host is. It
	// takes TCG and one CPU, and the guest is several times slower.
	Exact bool
	// Short says that the job takes seconds: the guest's memory then has no
	// huge pages on the host. To clear them takes 0.3 s of a boot, which a job
	// of half a minute gains back.
	Short bool
	// Modules are the names of kernel modules to load, with what they depend
	// on; those that the kernel does not have are left out.
	Modules []string
	// OwnModule is the file of a module that is not the kernel's, to load last.
	OwnModule string

	// BootDeadline bounds the time until the guest is ready. It is meant for
	// KVM and is multiplied by [Slowdown] or [ExactSlowdown]. If 0: 15 s.
	BootDeadline time.Duration

	CacheDir string // instead of [kernels.CacheDir]'s

	busybox string // for [Shell]
}

// Boot is what is known once the guest is ready.
type Boot struct {
	VM       reports.VM
	Port     string   // the guest's device that the records come through
	Problems []string // what the guest could not set up: modules, mounts
	Unknown  []string // the modules that the kernel does not have
	// Restored says that the machine was restored rather than booted, and
	// NotRestored why it was booted although it was to be restored.
	Restored    bool
	NotRestored string
}

func (c *Config) fill() error {
	if err := c.checkExact(); err != nil {
		return err
	}
	if c.CPUs == 0 {
		c.CPUs = 1
	}
	if c.MemoryMiB == 0 {
		c.MemoryMiB = 1024 + memoryOf(c.Tools)
	}
	if c.BootDeadline == 0 {
		c.BootDeadline = 15 * time.Second
	}
	if c.CacheDir != "" {
		return nil
	}
	var err error
	c.CacheDir, err = kernels.CacheDir()
	return err
}

// memoryOf returns the MiB that tools take of a guest's memory: they are in the
// archive and in the file system that is made of it, until that is complete.
func memoryOf(tools *kernels.Tools) int {
	if tools == nil {
		return 0
	}
	return int(2*tools.Bytes>>20) + 1
}
