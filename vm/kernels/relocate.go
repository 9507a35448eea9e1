package kernels

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// relocate makes unpacked packages of headers work in the folder root, where
// they are going to be, instead of /usr: paths are changed, and the programs of
// the kernel's build run with the libraries they were made for, which may be
// newer than this machine's.
func relocate(staging, root string) error {
	makefiles, err := filepath.Glob(filepath.Join(staging, "usr/src/linux-headers-*/Makefile"))
	if err != nil {
		return err
	}
	for _, name := range makefiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("relocate headers: %w", err)
		}
		moved := bytes.ReplaceAll(text, []byte("/usr/src/linux-headers-"), []byte(filepath.Join(root, "usr/src/linux-headers-")))
		if err := os.WriteFile(name, moved, 0o644); err != nil {
			return fmt.Errorf("relocate headers: %w", err)
		}
	}
	loader := firstMatch(staging, "lib/*-linux-gnu/ld-linux-*", "usr/lib/*-linux-gnu/ld-linux-*")
	if loader == "" {
		return fmt.Errorf("relocate headers: the packages hold no dynamic loader")
	}
	programs := relocation{staging: staging, root: root, loader: loader}
	builds, err := filepath.Glob(filepath.Join(staging, "usr/lib/linux-kbuild-*"))
	if err != nil {
		return err
	}
	for _, dir := range builds {
		if err := filepath.WalkDir(dir, programs.visit); err != nil {
			return fmt.Errorf("relocate headers: %w", err)
		}
	}
	return nil
}

// relocation puts a script in the place of each program that runs it with the
// loader and the libraries it was made for.
type relocation struct{ staging, root, loader string }

const programSuffix = ".program"

func (r relocation) visit(path string, d fs.DirEntry, err error) error {
	if err != nil || !d.Type().IsRegular() || !isProgram(path) {
		return err
	}
	if err := os.Rename(path, path+programSuffix); err != nil {
		return err
	}
	script := fmt.Sprintf("#!/bin/sh\nexec '%s' --library-path '%s' '%s' \"$@\"\n", r.final(r.loader), r.libraries(), r.final(path)+programSuffix)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		return err
	}
	// Some are found by another's name: modpost starts the modpost.real-lsb-64 beside it.
	if name, variant, ok := strings.Cut(path, ".real-"); ok {
		return os.Symlink(filepath.Base(path), name+programSuffix+".real-"+variant)
	}
	return nil
}

// final is where a staged file is going to be.
func (r relocation) final(path string) string {
	return filepath.Join(r.root, strings.TrimPrefix(path, r.staging))
}

func (r relocation) libraries() string {
	var dirs []string
	for _, pattern := range []string{"lib/*-linux-gnu", "usr/lib/*-linux-gnu"} {
		found, _ := filepath.Glob(filepath.Join(r.staging, pattern)) // the pattern is right
		for _, dir := range found {
			dirs = append(dirs, r.final(dir))
		}
	}
	return strings.Join(dirs, ":")
}

// isProgram reports whether path is an executable that needs a loader.
func isProgram(path string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}
