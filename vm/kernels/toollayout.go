package kernels

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// toolLayout is part of what a folder of tools is named by: another layout is
// another folder.
const toolLayout = "2\n"

// useless are the files that nobody reads in a guest.
var useless = []string{
	"usr/include", "usr/lib/*/*.a", "usr/libexec/podman/podman-testing",
	"usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian",
	"usr/share/bug", "usr/share/bash-completion", "usr/lib/*/gconv",
	// What packages of engines have or need besides the engine: Perl is for their set-up.
	"usr/bin/perl*", "usr/share/perl*", "usr/lib/*/perl*", "usr/lib/*/libperl*",
	"usr/bin/containerd-shim", "usr/bin/containerd-shim-runc-v1", "usr/bin/containerd-stress",
	"usr/bin/dnet", "usr/sbin/ovrouter",
}

// trimTools makes of unpacked packages what guests get.
func trimTools(root string) error {
	for _, pattern := range useless {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, path := range found {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("write cache: %w", err)
			}
		}
	}
	// Packages before Debian 13 still have files in /bin and the like, which their
	// own scripts would have turned into links to what is in /usr.
	for _, top := range UsrLinks {
		if err := mergeInto(filepath.Join(root, top), filepath.Join(root, "usr", top)); err != nil {
			return fmt.Errorf("write cache: %w", err)
		}
	}
	return nil
}

// UsrLinks are the folders at the top that are links to those of the same name in /usr
// where there are [Tools].
var UsrLinks = []string{"bin", "sbin", "lib", "lib64"}

// mergeInto moves what is in one folder to another. Where both have a file of that
// name one of them is a link to the other, and goes.
func mergeInto(from, to string) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, entry := range entries {
		old, merged := filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())
		there, err := os.Lstat(merged)
		switch {
		case err != nil:
			err = os.Rename(old, merged)
		case entry.IsDir() && there.IsDir():
			err = mergeInto(old, merged)
		case entry.Type()&fs.ModeSymlink != 0:
			err = os.Remove(old)
		default:
			err = os.Rename(old, merged)
		}
		if err != nil {
			return err
		}
	}
	return os.Remove(from)
}

// sizeOf returns the size of all files in a folder.
func sizeOf(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measure the tools: %w", err)
	}
	return bytes, nil
}
