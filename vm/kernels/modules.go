package kernels

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// Module is a kernel module to load.
type Module struct {
	Name string // as lsmod shows it: with underscores
	Path string // of the uncompressed file
}

// ResolveModules returns the named modules and what they depend on, in an
// order in which they load, and the names that the kernel has neither as a
// module nor built in. Compressed modules are unpacked into cacheDir.
//
// Dependencies are read from the modules themselves: modules.dep is made at
// installation, and an unpacked package has none.
func ResolveModules(k *Kernel, names []string, cacheDir string) (load []Module, unknown []string, err error) {
	if k.Modules == "" {
		return nil, slices.Clone(names), nil
	}
	r := resolver{cacheDir: cacheDir, seen: map[string]bool{}}
	if r.files, err = moduleFiles(k.Modules); err != nil {
		return nil, nil, err
	}
	if r.builtin, err = builtinModules(k.Modules); err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if err := r.add(canonical(name)); err != nil {
			return nil, nil, err
		}
	}
	return r.load, r.unknown, nil
}

type resolver struct {
	cacheDir string
	files    map[string]string // name to path
	builtin  map[string]bool
	seen     map[string]bool
	load     []Module
	unknown  []string
}

func (r *resolver) add(name string) error {
	if r.seen[name] || r.builtin[name] {
		return nil
	}
	r.seen[name] = true
	path, ok := r.files[name]
	if !ok {
		r.unknown = append(r.unknown, name)
		return nil
	}
	path, err := r.unpacked(path)
	if err != nil {
		return fmt.Errorf("unpack module %s: %w", name, err)
	}
	needs, err := dependencies(path)
	if err != nil {
		return fmt.Errorf("read module %s: %w", name, err)
	}
	for _, need := range needs {
		if err := r.add(canonical(need)); err != nil {
			return err
		}
	}
	r.load = append(r.load, Module{Name: name, Path: path})
	return nil
}

// canonical is a module's name as the kernel has it: files may spell the
// same name with dashes.
func canonical(name string) string { return strings.ReplaceAll(name, "-", "_") }

// moduleFiles finds every module under dir, by its name.
func moduleFiles(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "build" || d.Name() == "source") {
			return fs.SkipDir
		}
		if name, _, ok := strings.Cut(d.Name(), ".ko"); ok && !d.IsDir() {
			files[canonical(name)] = path
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	return files, nil
}

func builtinModules(dir string) (map[string]bool, error) {
	data, err := os.ReadFile(filepath.Join(dir, "modules.builtin"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list built-in modules: %w", err)
	}
	builtin := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		name, _, _ := strings.Cut(filepath.Base(strings.TrimSpace(line)), ".ko")
		builtin[canonical(name)] = true
	}
	return builtin, nil
}

// dependencies reads the depends= field of a module's .modinfo section.
func dependencies(path string) ([]string, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	section := file.Section(".modinfo")
	if section == nil {
		return nil, errors.New("not a kernel module: it has no .modinfo")
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for field := range bytes.SplitSeq(info, []byte{0}) {
		if list, ok := strings.CutPrefix(string(field), "depends="); ok && list != "" {
			return strings.Split(list, ","), nil
		}
	}
	return nil, nil
}

// unpacked returns the path of the uncompressed module, made in the cache
// under the compressed one's checksum if need be.
func (r *resolver) unpacked(path string) (string, error) {
	if filepath.Ext(path) == ".ko" {
		return path, nil
	}
	packed, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(packed)
	cached := filepath.Join(r.cacheDir, "modules", hex.EncodeToString(sum[:])+".ko")
	if _, err := os.Stat(cached); err == nil {
		return cached, nil
	}
	plain, err := decompressModule(filepath.Ext(path), packed)
	if err != nil {
		return "", err
	}
	return cached, writeFile(cached, plain)
}

// maxModule bounds what a damaged file can make of memory.
const maxModule = 256 << 20

func decompressModule(ext string, packed []byte) ([]byte, error) {
	var r io.Reader
	var err error
	switch ext {
	case ".xz":
		r, err = xz.NewReader(bytes.NewReader(packed))
	case ".gz":
		r, err = gzip.NewReader(bytes.NewReader(packed))
	case ".zst":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(bytes.NewReader(packed)); err == nil {
			defer d.Close()
			r = d
		}
	default:
		err = fmt.Errorf("unknown compression %s", ext)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxModule))
}

// writeFile writes a file of the cache, whole or not at all.
func writeFile(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	tmp, err := os.CreateTemp(dir, ".tmp-")
	if err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	return nil
}
