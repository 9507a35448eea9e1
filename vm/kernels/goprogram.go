package kernels

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// goProgram is a program that no package has. It is built from a version of a Go module,
// which Go's checksum database vouches for.
type goProgram struct {
	name            string
	module, version string
	dir             string // of the program, in the module
	tells           string // the variable by which the program tells its version; empty for none
	tags            string // of the build, with commas
	inC             bool   // what the folder has is C, which goes with the module's Go
}

// String returns the program as lists of packages have it: "sigs.k8s.io/cri-tools v1.34.0".
func (p goProgram) String() string { return p.module + " " + p.version }

// errNoGo says what a machine lacks that has to build a program.
var errNoGo = errors.New("go is not on PATH, and there is no package of it")

// buildInto builds the program for guests of an architecture, static, in the folder
// usr/bin of root.
func (p goProgram) buildInto(ctx context.Context, root, arch string) error {
	module, err := p.source(ctx)
	if err == nil {
		build := p.compileGo
		if p.inC {
			build = p.compileC
		}
		err = build(ctx, module, filepath.Join(root, "usr/bin", p.name), arch)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("build %s of %s: %w", p.name, p, err)
	}
	return err
}

// compileGo has the module be the main one of the build: its own go.sum holds for what it
// depends on.
func (p goProgram) compileGo(ctx context.Context, module, file, arch string) error {
	flags := "-ldflags=-s -w"
	if p.tells != "" {
		flags += fmt.Sprintf(" -X %s/%s=%s", p.module, p.tells, p.version)
	}
	_, err := runGo(ctx, module, arch, "build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-tags="+p.tags, flags, "-o", file, "./"+p.dir)
	return err
}

// compileC has this machine's compiler make the program, with the C library in it: the
// guest's may be older.
func (p goProgram) compileC(ctx context.Context, module, file, arch string) error {
	if arch != runtime.GOARCH {
		return fmt.Errorf("it is written in C, and this machine's compiler is not for %s", arch)
	}
	files, err := filepath.Glob(filepath.Join(module, p.dir, "*.c"))
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "cc", append([]string{"-static", "-O2", "-s", "-w", "-o", file}, files...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cc: %w: %s", err, strings.Join(strings.Fields(string(out)), " "))
	}
	return nil
}

// source returns the folder of the module's source in Go's own cache.
func (p goProgram) source(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", errNoGo
	}
	// Away from any module, and with no go.sum, the checksum database is asked.
	said, err := runGo(ctx, "/", "", "mod", "download", "-json", p.module+"@"+p.version)
	var module struct{ Dir, Error string }
	if parseErr := json.Unmarshal([]byte(said), &module); err == nil && parseErr != nil {
		return "", fmt.Errorf("read what go says of it: %w", parseErr)
	}
	if module.Error != "" {
		return "", errors.New(strings.Join(strings.Fields(module.Error), " "))
	}
	return module.Dir, err
}

// runGo runs the go command of this machine, with the toolchain that there is, and
// returns what it prints.
func runGo(ctx context.Context, dir, arch string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "GOOS=linux")
	if arch != "" {
		cmd.Env = append(cmd.Env, "GOARCH="+arch)
	}
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return out.String(), fmt.Errorf("go %s: %w: %s", args[0], err, strings.Join(strings.Fields(errs.String()), " "))
	}
	return out.String(), nil
}
