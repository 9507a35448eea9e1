package kernels

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
)

// maxVmlinux bounds what a corrupt payload can make of the disk.
const maxVmlinux = 1 << 30

// Bootable returns the path of the quickest form of an image to boot. A
// bzImage unpacks itself, slowly where the CPU is emulated; its vmlinux, taken
// out here once and cached in cacheDir, does not. So with packed arm64 kernels,
// of which QEMU knows but some. Where that is impossible (an unknown
// compression, no PVH entry) the image itself is returned, with the reason.
func Bootable(ctx context.Context, path, cacheDir string) (boot, why string, err error) {
	image, err := Inspect(path)
	if err != nil {
		return "", "", err
	}
	switch {
	case image.Format == Vmlinux && !image.PVH:
		return "", "", fmt.Errorf("%s: a vmlinux without a PVH entry (CONFIG_PVH is off): give its bzImage", path)
	case image.Format == Vmlinux, image.Format == Arm64Image:
		return path, "", nil
	}
	boot, err = cachedVmlinux(ctx, path, image, cacheDir)
	if ctx.Err() != nil || errors.Is(err, errCache) {
		return "", "", err
	}
	if err != nil {
		return path, fmt.Sprintf("booting the %s as it is: %v", image.Format, err), nil
	}
	return boot, "", nil
}

// errCache marks failures that concern the cache, not the image.
var errCache = errors.New("write cache (NSCONFORM_CACHE names another folder)")

func cachedVmlinux(ctx context.Context, path string, image *Image, cacheDir string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read kernel: %w", err)
	}
	sum := sha256.Sum256(data)
	cached := filepath.Join(cacheDir, "vmlinux", hex.EncodeToString(sum[:]))
	if _, err := os.Stat(cached); err == nil {
		return cached, nil
	}
	payload, err := image.payload(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	if err := writeVmlinux(ctx, cached, payload); err != nil {
		return "", err
	}
	return cached, nil
}

// writeVmlinux unpacks payload and gives the file its name only when it is
// whole and can be booted.
func writeVmlinux(ctx context.Context, path string, payload []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("%w: %w", errCache, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".vmlinux-")
	if err != nil {
		return fmt.Errorf("%w: %w", errCache, err)
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	unpacked, err := unpack(ctx, payload)
	if err != nil {
		return fmt.Errorf("unpack vmlinux: %w", err)
	}
	defer unpacked.Close()
	n, err := io.Copy(tmp, io.LimitReader(unpacked, maxVmlinux))
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		return fmt.Errorf("%w: %w", errCache, err)
	}
	if err != nil {
		return fmt.Errorf("unpack vmlinux: %w", err)
	}
	image, err := inspect(tmp, n)
	if err != nil {
		return fmt.Errorf("unpack vmlinux: %w", err)
	}
	if image.Format != Arm64Image && !image.PVH {
		return errors.New("its vmlinux has no PVH entry (CONFIG_PVH is off)")
	}
	if err := errors.Join(tmp.Chmod(0o644), tmp.Close(), os.Rename(tmp.Name(), path)); err != nil {
		return fmt.Errorf("%w: %w", errCache, err)
	}
	return nil
}

// unpack returns the uncompressed payload. The build appends the unpacked
// size, four bytes, to all but gzip's own trailer, which ends the same.
func unpack(ctx context.Context, payload []byte) (io.ReadCloser, error) {
	body := payload[:len(payload)-4]
	switch {
	case bytes.HasPrefix(payload, []byte(gzipMagic)):
		return gzip.NewReader(bytes.NewReader(payload))
	case bytes.HasPrefix(payload, []byte("\x28\xb5\x2f\xfd")):
		r, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderMaxWindow(1<<28))
		if err != nil {
			return nil, err
		}
		return r.IOReadCloser(), nil
	case bytes.HasPrefix(payload, []byte("\x02\x21\x4c\x18")):
		return io.NopCloser(lz4.NewReader(bytes.NewReader(body))), nil
	case bytes.HasPrefix(payload, []byte("\xfd7zXZ\x00")):
		return unpackXZ(ctx, body)
	case bytes.HasPrefix(payload, []byte("BZh")):
		return io.NopCloser(bzip2.NewReader(bytes.NewReader(body))), nil
	case bytes.HasPrefix(payload, []byte(elfMagic)):
		return io.NopCloser(bytes.NewReader(payload)), nil
	}
	return nil, fmt.Errorf("unknown compression (its first bytes are %x)", payload[:4])
}

const (
	elfMagic  = "\x7fELF"
	gzipMagic = "\x1f\x8b"
)

// unpackXZ prefers the xz program: kernels are packed with a filter for x86
// code that few libraries know, and it is several times faster.
func unpackXZ(ctx context.Context, body []byte) (io.ReadCloser, error) {
	program, err := exec.LookPath("xz")
	if err != nil {
		r, err := xz.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("%w (the xz program can; install xz-utils)", err)
		}
		return io.NopCloser(r), nil
	}
	cmd := exec.CommandContext(ctx, program, "-dc", "--single-stream")
	cmd.Stdin = bytes.NewReader(body)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &commandOutput{Reader: out, cmd: cmd}, nil
}

// commandOutput is what a program writes; its failure is a read's.
type commandOutput struct {
	io.Reader
	cmd  *exec.Cmd
	done bool
}

// Read reports the program's failure in the place of the end.
func (c *commandOutput) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) && !c.done {
		c.done = true
		if failure := c.cmd.Wait(); failure != nil {
			return n, fmt.Errorf("run xz: %w", failure)
		}
	}
	return n, err
}

// Close ends the program if it still runs.
func (c *commandOutput) Close() error {
	if !c.done {
		c.done = true
		c.cmd.Process.Kill()
		c.cmd.Wait()
	}
	return nil
}
