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
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	own, _ := debug.ReadBuildInfo()
	if theirs, ours := versionOf(info), versionOf(own); theirs != ours {
		return "", fmt.Errorf("%s is of another version, %s, than this program, %s: make %s builds both", path, theirs, ours, arch)
	}
	return path, nil
}
