package vm

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/nsconform/nsconform/vm/kernels"
)

func TestInitIsOfTheKernelsArchitecture(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for arch := range architectures {
		err := checkInit(self, arch)
		if refused := err != nil && strings.Contains(err.Error(), "the kernel is for "+arch); refused != (arch != runtime.GOARCH) {
			t.Errorf("%s: got %v", arch, err)
		}
	}
}

func TestUnknownArchitectures(t *testing.T) {
	k := &kernels.Kernel{Name: "vmlinux", Arch: "riscv64"}
	if _, err := Run(t.Context(), Config{Kernel: k}, Job{}); err == nil || !strings.Contains(err.Error(), `no machines of the architecture "riscv64"`) {
		t.Errorf("got %v", err)
	}
	if _, _, err := FindQEMU(t.Context(), "riscv64"); err == nil {
		t.Error("found a QEMU for riscv64")
	}
}
