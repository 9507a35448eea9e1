// Package kernels finds kernels to boot: images on this machine, and packages
// of a Debian archive, fetched through the machine's own apt configuration and
// unpacked into a cache, never installed. In the same way it fetches programs for
// guests, see [FindTools].
package kernels

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Kernel is a kernel that can be booted.
type Kernel struct {
	Name    string // as asked for: "debian:bookworm", "debian:trixie/arm64", "/boot/vmlinuz"
	Arch    string // amd64 or arm64
	Image   string // the path of a bzImage, a vmlinux or an arm64 Image
	Release string // uname -r; empty if the image does not tell
	Modules string // its folder of modules, lib/modules/RELEASE; empty if there is none
	Config  string // the path of its configuration; empty if there is none
}

// Place is where the image is: below the cache's folder of kernels, which has one for each
// package and version, or its path.
func (k *Kernel) Place(cacheDir string) string {
	if below, err := filepath.Rel(kernelsDir(cacheDir), k.Image); err == nil && filepath.IsLocal(below) {
		return below
	}
	return k.Image
}

// Options say where to look. The zero value is good.
type Options struct {
	ModulesDir string            // the folder of modules of a kernel given by its path
	CacheDir   string            // instead of [CacheDir]'s
	Refresh    bool              // ask the archive again, whatever is cached
	Progress   func(line string) // is told of what takes time; may be nil
}

func (o *Options) fill() error {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.CacheDir != "" {
		return nil
	}
	var err error
	o.CacheDir, err = CacheDir()
	return err
}

// CacheDir returns the folder that keeps what is dear to make or fetch:
// $NSCONFORM_CACHE, else nsconform in the user's cache folder.
func CacheDir() (string, error) {
	if dir := os.Getenv("NSCONFORM_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a cache folder (set NSCONFORM_CACHE): %w", err)
	}
	return filepath.Join(dir, "nsconform"), nil
}

// Find returns the kernel that spec names:
//
//	PATH                  a bzImage, a vmlinux or an arm64 Image
//	host                  the one this machine runs
//	debian:SUITE          the newest cloud kernel of a Debian suite
//	debian:VERSION        the newest cloud kernel whose version begins so: debian:6.12
//	debian:SUITE/arm64    the same for another architecture than this machine's
//	""                    the newest cloud kernel of the machine's own apt suites, else host
func Find(ctx context.Context, spec string, o Options) (*Kernel, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	switch {
	case spec == "":
		return findDefault(ctx, o)
	case spec == "host":
		return findHost()
	case strings.HasPrefix(spec, "debian:"):
		return findDebian(ctx, strings.TrimPrefix(spec, "debian:"), o)
	default:
		return findPath(spec, o.ModulesDir)
	}
}

func findDefault(ctx context.Context, o Options) (*Kernel, error) {
	own, aptErr := findOwn(ctx, o)
	if aptErr == nil || ctx.Err() != nil {
		return own, aptErr
	}
	host, hostErr := findHost()
	if hostErr != nil {
		return nil, fmt.Errorf("no default kernel, name one: from apt: %w; from this host: %w", aptErr, hostErr)
	}
	return host, nil
}

func findPath(path, modules string) (*Kernel, error) {
	image, err := Inspect(path)
	if err != nil {
		return nil, err
	}
	k := &Kernel{Name: path, Arch: image.Arch, Image: path, Release: image.Release}
	if modules != "" {
		if !isDir(modules) {
			return nil, fmt.Errorf("%s: no such folder of modules", modules)
		}
		k.Modules = modules
		return k, nil
	}
	k.complete(filepath.Dir(path))
	return k, nil
}

// complete looks for the modules and the configuration where distributions
// put them relative to the folder of the image.
func (k *Kernel) complete(dir string) {
	if k.Release == "" {
		return
	}
	places := []string{
		filepath.Join(dir, "lib/modules", k.Release),
		filepath.Join(dir, "../lib/modules", k.Release),
		filepath.Join(dir, "../usr/lib/modules", k.Release),
		dir, // /usr/lib/modules/RELEASE/vmlinuz
	}
	if k.Arch == runtime.GOARCH {
		places = append(places, filepath.Join("/lib/modules", k.Release))
	}
	for _, d := range places {
		if filepath.Base(d) == k.Release && isDir(filepath.Join(d, "kernel")) {
			k.Modules = d
			break
		}
	}
	for _, f := range []string{
		filepath.Join(dir, "config-"+k.Release),
		filepath.Join(dir, "config"),
		filepath.Join(dir, "../../../../boot/config-"+k.Release),
		filepath.Join(dir, "../../../.config"), // arch/x86/boot of a build tree
		filepath.Join(dir, ".config"),
	} {
		if info, err := os.Stat(f); err == nil && info.Mode().IsRegular() {
			k.Config = f
			return
		}
	}
}

func findHost() (*Kernel, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return nil, fmt.Errorf("uname: %w", err)
	}
	release := string(bytes.TrimRight(name.Release[:], "\x00"))
	places := []string{
		"/boot/vmlinuz-" + release,
		"/lib/modules/" + release + "/vmlinuz",
		"/boot/vmlinux-" + release,
	}
	for _, path := range places {
		k, err := findPath(path, "")
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		k.Name = "host"
		return k, nil
	}
	return nil, fmt.Errorf("no image of the running kernel %s on this machine (looked for %s)", release, strings.Join(places, ", "))
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
