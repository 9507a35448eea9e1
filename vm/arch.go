package vm

import (
	"fmt"

	"github.com/nsconform/nsconform/vm/kernels"
)

// architecture is how machines of one architecture differ from those of others.
type architecture struct {
	name     string // Go's
	qemu     string // QEMU's program
	packages string // that has it
	board    option // of -machine
	cpu      option // -cpu, without KVM
	console  string // the kernel's name of the first serial port
	serial   option // uses the character device of the second one
	// emulated are more parameters of a kernel without KVM.
	emulated []parameter
	qboot    bool // there may be one
	exact    bool // QEMU's clock tells single instructions of it
}

var architectures = map[string]*architecture{
	kernels.AMD64: {
		name:     kernels.AMD64,
		qemu:     "qemu-system-x86_64",
		packages: "qemu-system-x86 (Fedora: qemu-system-x86-core)",
		board:    option{[]string{"q35"}, "microvm hangs under load without KVM"},
		cpu:      option{[]string{"-cpu", emulatedCPU}, emulatedCPUWhy},
		console:  "ttyS0",
		serial:   option{[]string{"-serial", "chardev:serial"}, "the way out that every kernel knows, second serial port"},
		emulated: []parameter{
			{"noreplace-smp", "patching code is dear without KVM"},
			{"no_timer_check", "on a busy host the timer's interrupts come too late for the kernel's patience: panic"},
			{"tsc=reliable", "else two CPUs fall back to a clock ten times slower to read"},
		},
		qboot: true,
		exact: true,
	},
	kernels.ARM64: {
		name:     kernels.ARM64,
		qemu:     "qemu-system-aarch64",
		packages: "qemu-system-arm (Fedora: qemu-system-aarch64-core)",
		board:    option{[]string{"virt,gic-version=max"}, "the board for machines that are none of hardware"},
		cpu:      option{[]string{"-cpu", "max,pauth-impdef=on"}, "all that can be emulated; the architecture's own signing of pointers takes half of the time"},
		console:  "ttyAMA0",
		serial:   option{[]string{"-device", "pci-serial,chardev=serial"}, "the way out that most kernels know; the board has but one serial port"},
	},
}

// serialConsole is what a kernel without a word was probably built without.
const serialConsole = "CONFIG_SERIAL_8250_CONSOLE, for arm64 with CONFIG_SERIAL_AMBA_PL011_CONSOLE"

// architectureOf returns the architecture of a kernel.
func architectureOf(k *kernels.Kernel) (*architecture, error) {
	if a := architectures[k.Arch]; a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("boot %s: no machines of the architecture %q", k.Name, k.Arch)
}
