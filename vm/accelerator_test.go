package vm

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/nsconform/nsconform/vm/kernels"
)

// TestAcceleratorIsExplained holds whatever this machine's KVM is like:
// asking for KVM succeeds exactly where it is chosen.
func TestAcceleratorIsExplained(t *testing.T) {
	cache := t.TempDir()
	auto, why, err := chooseAccelerator(t.Context(), Auto, runtime.GOARCH, cache)
	if err != nil || why == "" {
		t.Fatalf("%s, %q, %v", auto, why, err)
	}
	t.Log(auto, why)
	if _, _, err := chooseAccelerator(t.Context(), KVM, runtime.GOARCH, cache); (err == nil) != (auto == KVM) {
		t.Errorf("auto is %s, asking for KVM: %v", auto, err)
	}
	if got, _, err := chooseAccelerator(t.Context(), TCG, runtime.GOARCH, "/nonexistent"); got != TCG || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

// TestHardwareRunsItsOwnKind: no other architecture's guests, whatever KVM is like.
func TestHardwareRunsItsOwnKind(t *testing.T) {
	other := map[string]string{kernels.AMD64: kernels.ARM64, kernels.ARM64: kernels.AMD64}[runtime.GOARCH]
	if got, why, err := chooseAccelerator(t.Context(), Auto, other, "/nonexistent"); got != TCG || !strings.Contains(why, other) || err != nil {
		t.Errorf("%s, %q, %v", got, why, err)
	}
	if _, _, err := chooseAccelerator(t.Context(), KVM, other, "/nonexistent"); err == nil || !strings.Contains(err.Error(), "no KVM for "+other) {
		t.Errorf("asking for KVM: %v", err)
	}
}

func TestMissingQEMUIsOneLine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, _, err := FindQEMU(t.Context(), kernels.AMD64)
	if err == nil || !strings.Contains(err.Error(), "install the package qemu-system-x86") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestQEMUIsFound(t *testing.T) {
	if _, err := qemuPath(kernels.AMD64); err != nil {
		t.Skip(err)
	}
	path, version, err := FindQEMU(t.Context(), kernels.AMD64)
	if err != nil || !strings.HasPrefix(version, "QEMU emulator version ") {
		t.Errorf("%s, %q, %v", path, version, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
