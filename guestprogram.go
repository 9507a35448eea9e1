package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
)

// guestProgram returns what becomes the init of guests of an architecture: this
// program, or for another architecture the one that was built beside it.
func guestProgram(arch string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	if arch == runtime.GOARCH {
		return self, nil
	}
	path := filepath.Join(filepath.Dir(self), "nsconform-"+arch)
	info, err := buildinfo.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s is missing, which %s guests run: make %s builds it beside %s", path, arch, arch, filepath.Base(self))
	case err != nil:
		return "", fmt.Errorf("find the program of %s guests: %w", arch, err)
	}
	own, _ := debug.ReadBuildInfo()
	if err := sameVersion(info, own); err != nil {
		return "", fmt.Errorf("%s is of %w: make %s builds both", path, err, arch)
	}
	return path, nil
}

// sameVersion compares what two programs tell of their commits, if anything. They
// have to agree on the specs.
func sameVersion(theirs, ours *debug.BuildInfo) error {
	if versionOf(theirs) == versionOf(ours) {
		return nil
	}
	return fmt.Errorf("another version, %s, than this program, %s", versionOf(theirs), versionOf(ours))
}
