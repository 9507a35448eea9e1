package kernels

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeCache holds one fetched kernel, asked for as debian:test some time ago.
func fakeCache(t *testing.T, age time.Duration) Options {
	t.Helper()
	dir := t.TempDir()
	release := filepath.Join(kernelsDir(dir), "linux-image-6.99_1", "usr/lib/modules/6.99.0-test")
	if err := os.MkdirAll(filepath.Join(release, "kernel"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"vmlinuz": fakeBzImage([]byte("payload.")), "config": []byte("CONFIG_NAMESPACES=y\n")} {
		if err := os.WriteFile(filepath.Join(release, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := json.Marshal(memo{Package: "linux-image-6.99.0-test", Version: "1", Folder: "linux-image-6.99_1", Asked: time.Now().Add(-age)})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"test", "test_arm64"} {
		if err := os.WriteFile(memoPath(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Options{CacheDir: dir, Progress: func(string) {}}
}

var errUnreachable = errors.New("the archive cannot be reached")

func unreachable(*fetcher) (*apt, pkg, error) { return nil, pkg{}, errUnreachable }

func TestCachedKernelNeedsNoArchive(t *testing.T) {
	k, err := Find(t.Context(), "debian:test", fakeCache(t, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if k.Name != "debian:test" || k.Release != "6.99.0-test" || filepath.Base(k.Modules) != k.Release || filepath.Base(k.Config) != "config" {
		t.Errorf("got %+v", k)
	}
}

func TestOldAnswerIsKeptWithoutTheArchive(t *testing.T) {
	o := fakeCache(t, 2*keepFor)
	told := ""
	o.Progress = func(line string) { told = line }
	k, err := remembered(t.Context(), request{"debian:test", "test", AMD64}, o, unreachable)
	if err != nil || k.Release != "6.99.0-test" {
		t.Fatalf("got %v, %v", k, err)
	}
	if !strings.Contains(told, "keeping the cached 6.99.0-test") {
		t.Errorf("said %q", told)
	}
	if k := fromCache(request{"debian:test", "test", AMD64}, Options{CacheDir: o.CacheDir, Refresh: true}, false); k != nil {
		t.Errorf("refreshing took the cached %+v", k)
	}
	if _, err := remembered(t.Context(), request{"debian:other", "other", AMD64}, o, unreachable); err == nil {
		t.Error("got a kernel from nowhere")
	}
}

func TestLockIsWaitedFor(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(t.Context(), dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = lock(ctx, dir, func(string) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	unlock()
	again, err := lock(t.Context(), dir, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestListNamesWhatIsCached(t *testing.T) {
	o := fakeCache(t, time.Hour)
	entries, err := List(o)
	if err != nil {
		t.Fatal(err)
	}
	var cached []string
	for _, e := range entries {
		if e.Cached {
			cached = append(cached, e.Name+" "+e.Release)
		}
	}
	if diff := cmp.Diff([]string{"debian:test 6.99.0-test", "debian:test/arm64 6.99.0-test"}, cached); diff != "" || entries[0].Name != "host" {
		t.Errorf("%s%+v", diff, entries)
	}
}

// TestArchitecturesAreKeptApart asks for one name, for two architectures.
func TestArchitecturesAreKeptApart(t *testing.T) {
	o := fakeCache(t, time.Hour)
	for spec, want := range map[string]string{"debian:test/amd64": "debian:test", "debian:test/arm64": "debian:test/arm64"} {
		k, err := Find(t.Context(), spec, o)
		if err != nil {
			t.Fatal(err)
		}
		if k.Name != want || ArchOf(spec) != filepath.Base(spec) {
			t.Errorf("%s: got %s, %s", spec, k.Name, ArchOf(spec))
		}
	}
}

func TestBadNames(t *testing.T) {
	o := Options{CacheDir: t.TempDir()}
	for spec, want := range map[string]string{
		"debian:":                  "want debian:SUITE",
		"debian:../../etc":         "../../etc: no machines of the architecture",
		"debian:..":                "want debian:SUITE",
		"debian:bookworm-security": "includes its security updates",
		"debian:trixie/riscv64":    `no machines of the architecture "riscv64"`,
		"debian:/arm64":            "want debian:SUITE",
		"/nonexistent":             "no such file",
		"/":                        "not a kernel image: a folder",
	} {
		if _, err := Find(t.Context(), spec, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want ...%s...", spec, err, want)
		}
	}
}

func TestPlace(t *testing.T) {
	for image, want := range map[string]string{
		"/cache/kernels/linux_6.1-1/boot/vmlinuz": "linux_6.1-1/boot/vmlinuz",
		"/boot/vmlinuz":            "/boot/vmlinuz",
		"arch/x86/boot/bzImage":    "arch/x86/boot/bzImage",
		"/cache/kernels-2/vmlinuz": "/cache/kernels-2/vmlinuz",
	} {
		if got := (&Kernel{Image: image}).Place("/cache"); got != want {
			t.Errorf("%s: %s, want %s", image, got, want)
		}
	}
}
