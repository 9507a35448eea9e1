package mutants

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// moduleName is the module's, in its Makefile.
const moduleName = "nsconform_mutants"

// overrides are for make: the compiler is this machine's, which may lack what
// the kernel's own compiler had, and debugging information is of no use.
var overrides = []string{
	"CC=gcc", "CROSS_COMPILE=", "KCFLAGS=-g0 -Wno-attributes",
	"CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=", "CONFIG_DEBUG_INFO_BTF_MODULES=",
}

// Build returns the module's file for the kernel whose headers are given, see
// [kernels.Headers]. It takes gcc and make, and some seconds; the result is kept
// in cacheDir for as long as neither source, headers nor compiler change.
// progress is told when it begins to take time.
func Build(ctx context.Context, headers, cacheDir string, progress func(line string)) (string, error) {
	key, err := buildKey(ctx, headers)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cacheDir, "mutants")
	built := filepath.Join(dir, key+".ko")
	if _, err := os.Stat(built); err == nil {
		return built, nil
	}
	progress("building the module of mutants")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("write cache: %w", err)
	}
	work, err := os.MkdirTemp(dir, ".build-")
	if err != nil {
		return "", fmt.Errorf("write cache: %w", err)
	}
	defer os.RemoveAll(work)
	for name, text := range sources() {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o644); err != nil {
			return "", fmt.Errorf("write cache: %w", err)
		}
	}
	if err := runMake(ctx, headers, work); err != nil {
		return "", err
	}
	if err := os.Rename(filepath.Join(work, moduleName+".ko"), built); err != nil {
		return "", fmt.Errorf("write cache: %w", err)
	}
	return built, nil
}

// buildKey stands for all that the module depends on.
func buildKey(ctx context.Context, headers string) (string, error) {
	compiler, err := compilerVersion(ctx)
	if err != nil {
		return "", err
	}
	key := sha256.New()
	fmt.Fprintln(key, headers, compiler, overrides)
	for _, name := range []string{".config", "Module.symvers"} { // of a tree that is built again and again
		info, err := os.Stat(filepath.Join(headers, name))
		if err != nil {
			return "", fmt.Errorf("look at the kernel's headers: %w", err)
		}
		fmt.Fprintln(key, name, info.Size(), info.ModTime())
	}
	files := sources()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintln(key, name, len(files[name]), files[name])
	}
	return fmt.Sprintf("%x", key.Sum(nil)), nil
}

// FindTools fails where what [Build] needs is not installed, and says what to do.
func FindTools() error {
	for _, program := range []string{"gcc", "make"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("%s is not on PATH: kernel mutants are a module, which takes gcc and make to build (Debian, Ubuntu: apt install gcc make)", program)
		}
	}
	return nil
}

func compilerVersion(ctx context.Context) (string, error) {
	if err := FindTools(); err != nil {
		return "", err
	}
	version, err := exec.CommandContext(ctx, "gcc", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("gcc --version: %w", err)
	}
	return string(version), nil
}

func runMake(ctx context.Context, headers, work string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "make", append([]string{"-C", headers, "M=" + work, fmt.Sprintf("-j%d", runtime.NumCPU()), "modules"}, overrides...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "MAKEFLAGS=")
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return nil
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "error:") || strings.Contains(line, "ERROR:") || strings.Contains(line, "***") {
			return fmt.Errorf("build the module of mutants with %s: %s", headers, strings.TrimSpace(strings.ReplaceAll(line, work+"/", "")))
		}
	}
	return fmt.Errorf("build the module of mutants with %s: %w", headers, err)
}
