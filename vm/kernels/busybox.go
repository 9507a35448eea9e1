package kernels

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Busybox returns the path of a statically linked busybox for an architecture:
// this machine's, or else one from its distribution's archive, kept in the cache.
func Busybox(ctx context.Context, arch string, o Options) (string, error) {
	if err := o.fill(); err != nil {
		return "", err
	}
	if path, err := exec.LookPath("busybox"); err == nil && isStatic(path, arch) {
		return path, nil
	}
	dir := filepath.Join(o.CacheDir, "tools", "busybox-static"+archSuffix(arch, memoArch))
	if path := busyboxIn(dir); path != "" {
		return path, nil
	}
	unlock, err := lock(ctx, filepath.Join(o.CacheDir, "tools"), o.Progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if path := busyboxIn(dir); path != "" {
		return path, nil
	}
	if err := fetchPackage(ctx, "busybox-static", arch, dir, o); err != nil {
		return "", fmt.Errorf("fetch busybox-static: %w", err)
	}
	if path := busyboxIn(dir); path != "" {
		return path, nil
	}
	return "", fmt.Errorf("package busybox-static holds no busybox")
}

func busyboxIn(dir string) string { return firstMatch(dir, "bin/busybox", "usr/bin/busybox") }

// isStatic reports whether a program needs no interpreter, and so runs where
// there are no libraries.
func isStatic(path, arch string) bool {
	f, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return false
		}
	}
	return f.Machine == Machines[arch]
}

// fetchPackage unpacks one package of the machine's own suites into dir.
func fetchPackage(ctx context.Context, name, arch, dir string, o Options) error {
	f, err := newFetcher(o, arch)
	if err != nil {
		return err
	}
	a, err := f.ownSuites(ctx)
	if err != nil {
		return err
	}
	found, err := a.show(ctx, name)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("the archive has no package %s", name)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	o.Progress("fetching " + name)
	return a.unpack(ctx, found, dir, nil)
}
