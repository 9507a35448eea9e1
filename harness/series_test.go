package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

func TestFilesAreReadToTheirEnd(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	open := must[[]string](t)(s.ReadDir("/proc/self/fd"))
	for _, size := range []int{0, 1, 32<<10 - 1, 32 << 10, 32<<10 + 1, 100_000} {
		path := filepath.Join(t.TempDir(), "file")
		want := strings.Repeat("0123456789", size/10+1)[:size]
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ReadFile(path); err != nil || got != want {
			t.Errorf("of %d bytes %d were read: %v", size, len(got), err)
		}
	}
	if diff := cmp.Diff(open, must[[]string](t)(s.ReadDir("/proc/self/fd"))); diff != "" {
		t.Errorf("open descriptors, before and after (-before +after):\n%s", diff)
	}
}

func TestSeriesEndsWithWhatFails(t *testing.T) {
	scope := NewScope(t, Limits{})
	s := scope.Spawn(Named("actor"))
	if _, err := s.ReadFile("/nonexistent"); !errors.Is(err, unix.ENOENT) {
		t.Errorf("read of nothing: %v, want ENOENT", err)
	}
	if _, err := s.ReadFile("/"); !errors.Is(err, unix.EISDIR) {
		t.Errorf("read of a directory: %v, want EISDIR", err)
	}
	if err := s.WriteFile("/dev/full", "x", 0); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("write to a full device: %v, want ENOSPC", err)
	}
	open := func(path string, flags int) string {
		return fmt.Sprintf("actor: openat(-100, %q, %v, 384)", path, Hex(flags|unix.O_CLOEXEC|unix.O_LARGEFILE))
	}
	done := scope.Done()
	fd := done[2][strings.LastIndexByte(done[2], ' ')+1:]
	want := []string{
		"actor: spawned",
		open("/nonexistent", unix.O_RDONLY) + " = ENOENT",
		open("/", unix.O_RDONLY) + " = " + fd,
		"actor: read(" + fd + ", _, 32768) = EISDIR",
		"actor: close(" + fd + ") = 0",
		open("/dev/full", unix.O_WRONLY) + " = " + fd,
		"actor: write(" + fd + `, "x", 1) = ENOSPC`,
		"actor: close(" + fd + ") = 0",
	}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestLeashOutlastsCredentials(t *testing.T) {
	needRoot(t)
	scope := NewScope(t, Limits{})
	other := scope.Spawn(As(1000, 1000)) // not the joiner: to join his is to gain privilege
	if err := other.Unshare(unix.CLONE_NEWUSER); err != nil {
		t.Fatal(err)
	}
	joiner := scope.Spawn()
	if err := joiner.Join(other, nsutil.User); err != nil {
		t.Fatal(err)
	}
	for what, s := range map[string]*Subject{"another user": scope.Spawn(As(1000, 1000)), "who has joined a user namespace": joiner} {
		var signal int32
		if _, err := s.Prctl(unix.PR_GET_PDEATHSIG, Struct(&signal)); err != nil || unix.Signal(signal) != unix.SIGKILL {
			t.Errorf("%s: its parent's death sends signal %d (%v), want SIGKILL", what, signal, err)
		}
	}
}
