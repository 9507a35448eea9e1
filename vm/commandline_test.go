package vm

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/vm/kernels"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestCommandLine(t *testing.T) {
	for name, m := range map[string]machine{
		"tcg":      {accelerator: TCG, cpus: 2, memoryMiB: 1024, qboot: true},
		"kvm":      {accelerator: KVM, cpus: 1, memoryMiB: 512},
		"exact":    {accelerator: TCG, exact: true, cpus: 1, memoryMiB: 1024, qboot: true},
		"saved":    {accelerator: TCG, cpus: 1, memoryMiB: 512, memory: "/proc/self/fd/8"},
		"restored": {accelerator: TCG, cpus: 1, memoryMiB: 512, memory: "/proc/self/fd/8", incoming: true},
		"arm64":    {arch: architectures[kernels.ARM64], accelerator: TCG, cpus: 1, memoryMiB: 1024},
		"arm64kvm": {arch: architectures[kernels.ARM64], accelerator: KVM, cpus: 1, memoryMiB: 512, memory: "/proc/self/fd/8", incoming: true},
	} {
		if m.arch == nil {
			m.arch = architectures[kernels.AMD64]
		}
		m.kernel, m.initramfs = "/cache/vmlinux", "/proc/self/fd/7"
		m.consoleFD, m.serialFD, m.virtioFD, m.qmpFD = 3, 4, 5, 6
		var out strings.Builder
		for _, o := range m.options() {
			fmt.Fprintf(&out, "%s  # %s\n", strings.Join(o.args, " "), o.why)
		}
		out.WriteString("\nparameters:\n")
		for _, p := range m.parameters() {
			fmt.Fprintf(&out, "%s  # %s\n", p.text, p.why)
		}
		path := filepath.Join("testdata", "commandline-"+name+".golden")
		if *update {
			if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}
