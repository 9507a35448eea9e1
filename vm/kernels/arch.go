package kernels

import (
	"debug/elf"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// The architectures whose kernels are known, in Go's words.
const (
	AMD64 = "amd64"
	ARM64 = "arm64"
)

// Machines are the architectures of programs, as ELF files have them.
var Machines = map[string]elf.Machine{AMD64: elf.EM_X86_64, ARM64: elf.EM_AARCH64}

// archSuffix ends the names of what belongs to an architecture, in a name of a
// kernel after a slash. What is amd64's has none.
func archSuffix(arch, separator string) string {
	if arch == AMD64 {
		return ""
	}
	return separator + arch
}

// cutArch splits "trixie/arm64" into a name and an architecture, this machine's
// where none is named.
func cutArch(name string) (rest, arch string, err error) {
	rest, arch, named := strings.Cut(name, "/")
	if !named {
		return rest, runtime.GOARCH, nil
	}
	if !slices.Contains([]string{AMD64, ARM64}, arch) {
		return "", "", fmt.Errorf("no machines of the architecture %q: amd64 and arm64 are known", arch)
	}
	return rest, arch, nil
}

// ArchOf returns the architecture of the kernel that spec names, see [Find], as
// far as that can be told without finding it: else this machine's.
func ArchOf(spec string) string {
	if name, ok := strings.CutPrefix(spec, "debian:"); ok {
		if _, arch, err := cutArch(name); err == nil {
			return arch
		}
		return runtime.GOARCH
	}
	if spec != "" && spec != "host" {
		if image, err := Inspect(spec); err == nil {
			return image.Arch
		}
	}
	return runtime.GOARCH
}
