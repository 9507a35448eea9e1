package vm

import (
	"io"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/kernels"
)

// Config is one machine and its one job. Kernel, Init and Record are
// required. All callbacks come from one goroutine, one at a time; while one
// runs no deadline passes.
type Config struct {
	Kernel *kernels.Kernel
	// Init is the static program that becomes /init. It must call
	// [guest.Init] where [guest.IsInit] says so.
	Init string
	// Args and Env are the job: PID 1 starts Init again with these arguments
	// and, besides PATH, HOME, TMPDIR and TERM, this environment.
	Args []string
	Env  []string

	CPUs        int // 1 if 0: without KVM a second makes booting dearer, most on a busy host
	MemoryMiB   int // 1024 if 0
	Accelerator Accelerator
	// Short says that the job takes seconds: the guest's memory then has no
	// huge pages on the host. To clear them takes 0.3 s of a boot, which a job
	// of half a minute gains back.
	Short bool
	// Modules are the names of kernel modules to load, with what they depend
	// on; those that the kernel does not have are left out.
	Modules []string

	// BootDeadline bounds the time until the guest is ready, SilenceDeadline
	// the time between records. Both are meant for KVM and are multiplied by
	// [Slowdown]. If 0: 15 s and 30 s.
	BootDeadline    time.Duration
	SilenceDeadline time.Duration

	CacheDir string // instead of [kernels.CacheDir]'s

	busybox string // for [Shell]

	Console   io.Writer               // gets everything the guest's console says; may be nil
	Booted    func(Boot)              // is called once, when the guest is ready; may be nil
	Record    func(line []byte)       // gets each record, a JSON object, in order
	Complaint func(reports.Complaint) // gets what the kernel complains about; may be nil
}

// Boot is what is known once the guest is ready.
type Boot struct {
	VM       reports.VM
	Port     string   // the guest's device that the records come through
	Problems []string // what the guest could not set up: modules, mounts
	Unknown  []string // the modules that the kernel does not have
}

func (c *Config) fill() error {
	if c.CPUs == 0 {
		c.CPUs = 1
	}
	if c.MemoryMiB == 0 {
		c.MemoryMiB = 1024
	}
	if c.BootDeadline == 0 {
		c.BootDeadline = 15 * time.Second
	}
	if c.SilenceDeadline == 0 {
		c.SilenceDeadline = 30 * time.Second
	}
	if c.Console == nil {
		c.Console = io.Discard
	}
	if c.Booted == nil {
		c.Booted = func(Boot) {}
	}
	if c.Complaint == nil {
		c.Complaint = func(reports.Complaint) {}
	}
	if c.CacheDir != "" {
		return nil
	}
	var err error
	c.CacheDir, err = kernels.CacheDir()
	return err
}
