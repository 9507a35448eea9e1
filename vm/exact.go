package vm

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nsconform/nsconform/vm/guest"
	"github.com/nsconform/nsconform/vm/initramfs"
	"github.com/nsconform/nsconform/vm/wire"
)

// Of an exact machine the guest is all that moves its clocks: QEMU's virtual
// clock counts instructions (QEMU's docs/devel/tcg-icount), every clock of the
// guest follows that one, and nothing comes from the host while the job runs.

// checkExact fails for what no exact machine can be.
func (c *Config) checkExact() error {
	switch {
	case !c.Exact:
		return nil
	case c.Accelerator == KVM:
		return errors.New("an exact machine counts instructions, which takes tcg: KVM cannot")
	case c.CPUs > 1:
		return fmt.Errorf("an exact machine has one CPU, not %d: how several take turns is up to the host", c.CPUs)
	}
	c.Accelerator = TCG
	return nil
}

// exactEpoch is the wall clock's time when an exact machine starts.
const exactEpoch = "2026-01-01T00:00:00"

func exactOptions() []option {
	return []option{
		{[]string{"-accel", "tcg,thread=single"}, "what can count instructions"},
		{[]string{"-icount", "shift=0,sleep=off"}, "a nanosecond of the guest is an instruction"},
		{[]string{"-rtc", "base=" + exactEpoch + ",clock=vm"}, "starts at the same time in every boot, and goes with the guest"},
		{[]string{"-seed", "1"}, "what QEMU makes up at random, RDRAND as well, is the same in every boot"},
		{[]string{"-cpu", emulatedCPU + ",-rdrand,-rdseed"}, emulatedCPUWhy + "; and no randomness from the processor"},
	}
}

func exactParameters() []parameter {
	return []parameter{
		{"nokaslr", "addresses are drawn from clocks: whatever else changes would move them, and where things lie moves counts"},
		{"norandmaps", "so for processes: fork costs what their page tables take"},
		{"idle=poll", "a processor that sleeps is woken by another thread of QEMU's, a few instructions sooner or later"},
		{"randomize_kstack_offset=off", "so for the kernel's stacks; to draw costs instructions besides"},
	}
}

// giveJob puts the job into the root file system: a guest that waited for the
// host would let its clocks race ahead, for as long as the host likes.
func giveJob(a *initramfs.Archive, order wire.Job) {
	order.Entropy = make([]byte, 64) // credited as if it were random: nothing waits for more
	payload, err := json.Marshal(order)
	if err != nil {
		panic(err) // a wire.Job always has a form in JSON
	}
	a.Content(guest.JobFile, payload, 0o644)
}
