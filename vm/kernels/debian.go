package kernels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// keepFor is how long it is remembered what a suite or a version stands for
// before the archive is asked again.
const keepFor = 7 * 24 * time.Hour

// memo remembers which package a name stood for.
type memo struct {
	Package string    `json:"package"`
	Version string    `json:"version"`
	Folder  string    `json:"folder"` // in the kernels' folder of the cache
	Asked   time.Time `json:"asked"`
}

// fetcher gets packages of the distribution's archive.
type fetcher struct {
	options Options
	archive *archive
	arch    string
	flavour string // "cloud-amd64"
}

func kernelsDir(cacheDir string) string { return filepath.Join(cacheDir, "kernels") }

func memoPath(cacheDir, name string) string {
	return filepath.Join(kernelsDir(cacheDir), name+".json")
}

// validName tells suites and versions from all else, path elements included.
var validName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9.+~-]*$`)

func findDebian(ctx context.Context, spec string, o Options) (*Kernel, error) {
	name, arch, err := cutArch(spec)
	if err == nil && !validName.MatchString(name) {
		err = errors.New("want debian:SUITE or debian:VERSION, like debian:bookworm or debian:6.12")
	}
	if err != nil {
		return nil, fmt.Errorf("debian:%s: %w", spec, err)
	}
	if strings.HasSuffix(name, "-security") {
		return nil, fmt.Errorf("debian:%s: debian:%s includes its security updates", name, strings.TrimSuffix(name, "-security"))
	}
	k, err := remembered(ctx, request{"debian:" + name, name, arch}, o, func(f *fetcher) (*apt, pkg, error) {
		if isVersion(name) {
			return f.findVersion(ctx, name)
		}
		a, err := f.suite(ctx, name)
		if err != nil {
			return nil, pkg{}, err
		}
		return f.newest(ctx, a)
	})
	if err != nil {
		return nil, fmt.Errorf("debian:%s: %w", spec, err)
	}
	return k, nil
}

// isVersion tells a version from a suite: only versions begin with a digit.
func isVersion(name string) bool { return name[0] >= '0' && name[0] <= '9' }

// findOwn finds the newest kernel of the machine's own suites.
func findOwn(ctx context.Context, o Options) (*Kernel, error) {
	name := "default"
	if distribution, codename, err := thisRelease("/etc/os-release"); err == nil {
		name = distribution + ":" + codename
	}
	return remembered(ctx, request{name, "default", runtime.GOARCH}, o, func(f *fetcher) (*apt, pkg, error) {
		a, err := f.ownSuites(ctx)
		if err != nil {
			return nil, pkg{}, err
		}
		return f.newest(ctx, a)
	})
}

// request is what the archive is asked for, under a name and for an architecture.
type request struct{ base, key, arch string }

// name is the kernel's name: it tells the architecture.
func (r request) name() string { return r.base + archSuffix(r.arch, "/") }

// memo is the name of its file in the cache.
func (r request) memo() string { return r.key + archSuffix(r.arch, memoArch) }

// memoArch is in no name that can be asked for.
const memoArch = "_"

// remembered returns the kernel that a request stands for, from the cache if
// that is young enough; resolve asks the archive. Only one process at a time
// fetches. An archive that cannot be asked leaves what is cached.
func remembered(ctx context.Context, r request, o Options, resolve func(*fetcher) (*apt, pkg, error)) (*Kernel, error) {
	if k := fromCache(r, o, false); k != nil {
		return k, nil
	}
	unlock, err := lock(ctx, kernelsDir(o.CacheDir), o.Progress)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if k := fromCache(r, o, false); k != nil {
		return k, nil // fetched by the one that was waited for
	}
	k, err := fetch(ctx, r, o, resolve)
	if err == nil || ctx.Err() != nil || errors.Is(err, errNoSuite) {
		return k, err
	}
	if k := fromCache(r, o, true); k != nil {
		o.Progress(fmt.Sprintf("keeping the cached %s: %v", k.Release, err))
		return k, nil
	}
	return nil, err
}

// fromCache returns nil where the cache does not have an answer.
func fromCache(r request, o Options, stale bool) *Kernel {
	data, err := os.ReadFile(memoPath(o.CacheDir, r.memo()))
	if err != nil {
		return nil
	}
	var m memo
	if json.Unmarshal(data, &m) != nil {
		return nil
	}
	if !stale && (o.Refresh || time.Since(m.Asked) > keepFor) {
		return nil
	}
	k, err := unpackedKernel(r.name(), filepath.Join(kernelsDir(o.CacheDir), m.Folder))
	if err != nil {
		return nil
	}
	return k
}

func fetch(ctx context.Context, r request, o Options, resolve func(*fetcher) (*apt, pkg, error)) (*Kernel, error) {
	f, err := newFetcher(o, r.arch)
	if err != nil {
		return nil, err
	}
	a, image, err := resolve(f)
	if err != nil {
		return nil, err
	}
	folder := image.name + "_" + strings.ReplaceAll(image.version, ":", "%")
	dir := filepath.Join(kernelsDir(o.CacheDir), folder)
	if !isDir(dir) {
		packages, err := closure(ctx, a, image, part)
		if err != nil {
			return nil, err
		}
		o.Progress(fmt.Sprintf("fetching %s %s", image.name, image.version))
		if err := a.unpack(ctx, packages, dir, nil); err != nil {
			return nil, err
		}
	}
	k, err := unpackedKernel(r.name(), dir)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(memo{Package: image.name, Version: image.version, Folder: folder, Asked: time.Now().UTC()})
	if err != nil {
		return nil, fmt.Errorf("encode memo: %w", err)
	}
	return k, writeFile(memoPath(o.CacheDir, r.memo()), data)
}

func newFetcher(o Options, arch string) (*fetcher, error) {
	distribution, codename, err := thisRelease("/etc/os-release")
	if err != nil {
		return nil, err
	}
	sources, err := readSources("/etc/apt")
	if err != nil {
		return nil, err
	}
	archive, err := findArchive(sources, distribution, codename)
	if err != nil {
		return nil, err
	}
	flavour := "cloud-" + arch
	if distribution == "ubuntu" {
		if arch != runtime.GOARCH {
			return nil, fmt.Errorf("the packages for %s are in another archive of Ubuntu's: give a kernel by its path", arch)
		}
		flavour = "virtual"
	}
	return &fetcher{options: o, archive: archive, arch: arch, flavour: flavour}, nil
}

// thisRelease reads os-release(5).
func thisRelease(file string) (distribution, codename string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("read this machine's release: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.Trim(value, `"'`)
		switch key {
		case "ID":
			distribution = value
		case "VERSION_CODENAME":
			codename = value
		}
	}
	if codename == "" {
		return "", "", fmt.Errorf("%s names no release (VERSION_CODENAME): give a kernel by its path", file)
	}
	return distribution, codename, nil
}

// unpackedKernel finds the parts of a kernel in unpacked packages: Debian's
// place them in /boot and /lib, from 6.19 on in /usr/lib/modules.
func unpackedKernel(name, dir string) (*Kernel, error) {
	k := &Kernel{Name: name}
	k.Image = firstMatch(dir, "boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz", "lib/modules/*/vmlinuz", "boot/vmlinux-*")
	if k.Image == "" {
		return nil, fmt.Errorf("%s holds no kernel image", dir)
	}
	image, err := Inspect(k.Image)
	if err != nil {
		return nil, err
	}
	k.Release, k.Arch = image.Release, image.Arch
	k.Modules = firstMatch(dir, "usr/lib/modules/"+k.Release, "lib/modules/"+k.Release)
	k.Config = firstMatch(dir, "boot/config-*", "usr/lib/modules/*/config", "usr/lib/linux/*/config", "usr/share/linux-base-*/config*")
	return k, nil
}

func firstMatch(dir string, patterns ...string) string {
	for _, pattern := range patterns {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) > 0 {
			return found[0]
		}
	}
	return ""
}
