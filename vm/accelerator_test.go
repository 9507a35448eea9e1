package vm

import (
	"os"
	"strings"
	"testing"
)

// TestAcceleratorIsExplained holds whatever this machine's KVM is like:
// asking for KVM succeeds exactly where it is chosen.
func TestAcceleratorIsExplained(t *testing.T) {
	cache := t.TempDir()
	auto, why, err := chooseAccelerator(t.Context(), Auto, cache)
	if err != nil || why == "" {
		t.Fatalf("%s, %q, %v", auto, why, err)
	}
	t.Log(auto, why)
	if _, _, err := chooseAccelerator(t.Context(), KVM, cache); (err == nil) != (auto == KVM) {
		t.Errorf("auto is %s, asking for KVM: %v", auto, err)
	}
	if got, _, err := chooseAccelerator(t.Context(), TCG, "/nonexistent"); got != TCG || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

func TestMissingQEMUIsOneLine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, _, err := FindQEMU(t.Context())
	if err == nil || !strings.Contains(err.Error(), "install the package qemu-system-x86") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

func TestQEMUIsFound(t *testing.T) {
	if _, err := qemuPath(); err != nil {
		t.Skip(err)
	}
	path, version, err := FindQEMU(t.Context())
	if err != nil || !strings.HasPrefix(version, "QEMU emulator version ") {
		t.Errorf("%s, %q, %v", path, version, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
