package kernels

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Headers returns the folder that modules of the kernel are built in (make's
// -C): the build folder of its modules, the tree that its image was built in,
// or else its distribution's headers, which are fetched like the kernel and
// kept in the cache.
func Headers(ctx context.Context, k *Kernel, o Options) (string, error) {
	if err := o.fill(); err != nil {
		return "", err
	}
	for _, dir := range []string{
		filepath.Join(k.Modules, "build"),
		filepath.Join(filepath.Dir(k.Image), "../../.."), // of arch/x86/boot/bzImage
		filepath.Dir(k.Image),
	} {
		if filepath.IsAbs(dir) && buildsModules(dir) {
			return dir, nil
		}
	}
	if !strings.HasPrefix(k.Image, kernelsDir(o.CacheDir)+"/") {
		return "", fmt.Errorf("%s: no headers of kernel %s: looked for %s and a build tree around the image", k.Name, k.Release, filepath.Join("/lib/modules", k.Release, "build"))
	}
	dir, err := fetchedHeaders(ctx, k, o)
	if err != nil {
		return "", fmt.Errorf("get the headers of kernel %s: %w", k.Release, err)
	}
	return dir, nil
}

// buildsModules reports whether a kernel's modules can be built in dir.
func buildsModules(dir string) bool {
	for _, name := range []string{"Makefile", "Module.symvers", ".config"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

func fetchedHeaders(ctx context.Context, k *Kernel, o Options) (string, error) {
	parent := filepath.Join(o.CacheDir, "headers")
	root := filepath.Join(parent, k.Release)
	dir := filepath.Join(root, "usr/src/linux-headers-"+k.Release)
	if buildsModules(dir) {
		return dir, nil
	}
	unlock, err := lock(ctx, parent, o.Progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if buildsModules(dir) {
		return dir, nil // fetched by the one that was waited for
	}
	if err := os.RemoveAll(root); err != nil {
		return "", fmt.Errorf("write cache: %w", err)
	}
	if err := fetchHeaders(ctx, k, root, o); err != nil {
		return "", err
	}
	if !buildsModules(dir) {
		return "", fmt.Errorf("package linux-headers-%s holds no %s", k.Release, filepath.Base(dir))
	}
	return dir, nil
}

// buildPart matches the packages that building a module needs besides gcc and
// make, libraries of the build's own programs included.
var buildPart = regexp.MustCompile(`^(linux-(headers|kbuild)-[0-9].*|libc6|libelf1(t64)?|zlib1g|libzstd1)$`)

func fetchHeaders(ctx context.Context, k *Kernel, root string, o Options) error {
	f, err := newFetcher(o, k.Arch)
	if err != nil {
		return err
	}
	name := "linux-headers-" + k.Release
	a, found, err := f.whereverIs(ctx, name, k.Name)
	if err != nil {
		return err
	}
	packages, err := closure(ctx, a, found, buildPart)
	if err != nil {
		return err
	}
	o.Progress(fmt.Sprintf("fetching %s %s", found.name, found.version))
	return a.unpack(ctx, packages, root, func(staging string) error { return relocate(staging, root) })
}

// whereverIs finds a package in the suites that the kernel of the given name
// may have come from.
func (f *fetcher) whereverIs(ctx context.Context, name, kernel string) (*apt, pkg, error) {
	var reached error
	for _, index := range f.indexes(kernel) {
		a, err := index(ctx)
		if errors.Is(err, errNoSuite) {
			continue
		}
		if err != nil {
			reached = err
			continue
		}
		names, err := a.names(ctx, name)
		if err != nil {
			return nil, pkg{}, err
		}
		if !slices.Contains(names, name) {
			continue
		}
		found, err := a.show(ctx, name)
		if err != nil {
			return nil, pkg{}, err
		}
		return a, found[0], nil
	}
	if reached != nil {
		return nil, pkg{}, reached
	}
	return nil, pkg{}, fmt.Errorf("the archive has no package %s any more: a newer kernel has taken its place; remove the cached one to get that", name)
}

// indexes returns how to get the indexes that a kernel of that name may be of.
func (f *fetcher) indexes(kernel string) (indexes []func(context.Context) (*apt, error)) {
	name, ok := strings.CutPrefix(kernel, "debian:")
	switch {
	case !ok:
		return append(indexes, f.ownSuites)
	case !isVersion(name):
		return append(indexes, func(ctx context.Context) (*apt, error) { return f.completeSuite(ctx, name) })
	}
	for _, suite := range suitesFor(name) {
		indexes = append(indexes, func(ctx context.Context) (*apt, error) { return f.completeSuite(ctx, suite) })
	}
	return indexes
}
