package vm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// FindQEMU returns the path and the version line of the QEMU for guests of an
// architecture, in Go's words.
func FindQEMU(ctx context.Context, arch string) (path, version string, err error) {
	path, err = qemuPath(arch)
	if err != nil {
		return "", "", err
	}
	version, err = qemuVersion(ctx, path)
	return path, version, err
}

func qemuPath(arch string) (string, error) {
	a := architectures[arch]
	if a == nil {
		return "", fmt.Errorf("find QEMU: no machines of the architecture %q", arch)
	}
	path, err := exec.LookPath(a.qemu)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%s is not on PATH: install the package %s", a.qemu, a.packages)
	}
	if err != nil {
		return "", fmt.Errorf("find QEMU: %w", err)
	}
	return filepath.Abs(path)
}

func qemuVersion(ctx context.Context, path string) (string, error) {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("run %s --version: %w", path, err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
}

// hasQboot reports whether QEMU comes with qboot, a firmware that does no
// more than a Linux kernel needs.
func hasQboot(qemu string) bool {
	if real, err := filepath.EvalSymlinks(qemu); err == nil {
		qemu = real
	}
	for _, dir := range []string{filepath.Join(filepath.Dir(qemu), "../share/qemu"), "/usr/share/qemu"} {
		if _, err := os.Stat(filepath.Join(dir, "qboot.rom")); err == nil {
			return true
		}
	}
	return false
}
