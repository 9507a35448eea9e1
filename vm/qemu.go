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

const qemuProgram = "qemu-system-x86_64"

// FindQEMU returns QEMU's path and its version line.
func FindQEMU(ctx context.Context) (path, version string, err error) {
	path, err = qemuPath()
	if err != nil {
		return "", "", err
	}
	version, err = qemuVersion(ctx, path)
	return path, version, err
}

func qemuPath() (string, error) {
	path, err := exec.LookPath(qemuProgram)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%s is not on PATH: install the package qemu-system-x86 (Fedora: qemu-system-x86-core)", qemuProgram)
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
