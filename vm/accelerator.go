package vm

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/kernels"
	"github.com/nsconform/nsconform/vm/kvmprobe"
)

// Accelerator is what executes the guest's instructions.
type Accelerator string

// The accelerators.
const (
	Auto Accelerator = "auto" // KVM if it is fast, else TCG; so is the empty one
	KVM  Accelerator = "kvm"  // the hardware
	TCG  Accelerator = "tcg"  // QEMU's emulation
)

// Slowdown is how many times longer than with KVM a guest may take.
func Slowdown(a Accelerator) int {
	if a == KVM {
		return 1
	}
	return 4
}

// ExactSlowdown is Slowdown for an exact machine ([Config]'s Exact). It is for the
// host's deadlines: the guest's clocks go with what it does.
const ExactSlowdown = 12

func slowdown(m reports.VM) int {
	if m.Exact {
		return ExactSlowdown
	}
	return Slowdown(Accelerator(m.Accelerator))
}

// ChooseAccelerator returns KVM or TCG for guests of an architecture, in Go's
// words, and, for people, why. KVM that is asked for but unusable is an error. The program must call [kvmprobe.Child] when
// its only argument is [kvmprobe.ChildArg].
func ChooseAccelerator(ctx context.Context, want Accelerator, arch string) (Accelerator, string, error) {
	cacheDir, err := kernels.CacheDir()
	if err != nil {
		return "", "", err
	}
	return chooseAccelerator(ctx, want, arch, cacheDir)
}

func chooseAccelerator(ctx context.Context, want Accelerator, arch, cacheDir string) (Accelerator, string, error) {
	switch {
	case want == TCG:
		return TCG, "asked for", nil
	case arch != runtime.GOARCH && want == KVM:
		return "", "", fmt.Errorf("no KVM for %s guests: this machine is %s", arch, runtime.GOARCH)
	case arch != runtime.GOARCH:
		return TCG, fmt.Sprintf("%s guests on %s", arch, runtime.GOARCH), nil
	}
	exe, err := os.Executable()
	if err != nil {
		return "", "", fmt.Errorf("find this program: %w", err)
	}
	found := kvmprobe.Probe(ctx, exe, cacheDir)
	switch {
	case found.Usable:
		return KVM, found.Why, nil
	case want == KVM:
		return "", "", fmt.Errorf("no usable KVM: %s", found.Why)
	}
	return TCG, found.Why, nil
}
