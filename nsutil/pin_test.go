package nsutil

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPinKeepsNamespaceOfDeadProcess(t *testing.T) {
	needRoot(t, "it mounts")
	pid, end := startChild(t, "pinned.example", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUTS})
	id, err := IDOf(UTS.File(pid))
	if err != nil {
		t.Fatal(err)
	}
	path := pinPath(t)
	if err := Pin(UTS.File(pid), path); err != nil {
		t.Fatal(err)
	}
	end()

	if got, err := IDOf(path); err != nil || got != id {
		t.Errorf("the pin is %v, %v, want %v", got, err, id)
	}
	if got := hostnameIn(t, path); got != "pinned.example" {
		t.Errorf("hostname in the pinned namespace is %q, want what its dead process set", got)
	}
	if err := Pin(UTS.File(0), path); !errors.Is(err, unix.EBUSY) {
		t.Errorf("pin over a pin: %v, want EBUSY", err)
	}
	if err := Unpin(path); err != nil {
		t.Fatal(err)
	}
	wantAbsent(t, path)
}

// hostnameIn enters the UTS namespace on a thread that ends with the goroutine.
func hostnameIn(t *testing.T, path string) string {
	t.Helper()
	f := open(t, path)
	var uts unix.Utsname
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := unix.Setns(int(f.Fd()), unix.CLONE_NEWUTS)
		if err == nil {
			err = unix.Uname(&uts)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatalf("enter %s: %v", path, err)
	}
	return unix.ByteSliceToString(uts.Nodename[:])
}

func TestPinOnFileThatIsThere(t *testing.T) {
	needRoot(t, "it mounts")
	path := pinPath(t)
	if err := os.WriteFile(path, []byte("kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Pin(UTS.File(0), path); err != nil {
		t.Fatal(err)
	}
	if err := Unpin(path); err != nil {
		t.Fatal(err)
	}
	wantAbsent(t, path)
}

func TestPinRefusedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(plain, link); err != nil {
		t.Fatal(err)
	}
	// The mount namespace that the pin would be in is the one that it would keep alive.
	loop := error(unix.EINVAL)
	if os.Geteuid() != 0 {
		loop = unix.EPERM
	}
	fresh := filepath.Join(dir, "fresh")
	for _, c := range []struct {
		name, nsfile, path string
		want               error
	}{
		{"of the own mount namespace", Mnt.File(0), fresh, loop},
		{"of a plain file", plain, fresh, unix.EINVAL},
		{"of nothing", filepath.Join(dir, "nothing"), fresh, fs.ErrNotExist},
		{"in no directory", UTS.File(0), filepath.Join(dir, "no", "pin"), fs.ErrNotExist},
		{"on a directory", UTS.File(0), dir, unix.EINVAL},
		{"on a link", UTS.File(0), link, unix.EINVAL},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := Pin(c.nsfile, c.path); !errors.Is(err, c.want) {
				t.Errorf("Pin(%s, %s) = %v, want %v", c.nsfile, c.path, err, c.want)
			}
			wantAbsent(t, fresh)
		})
	}
}

func TestPinRefusedKeepsFileThatWasThere(t *testing.T) {
	path := pinPath(t)
	if err := os.WriteFile(path, []byte("kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Pin(Mnt.File(0), path); err == nil {
		t.Error("the own mount namespace can be pinned")
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "kept\n" {
		t.Errorf("the file is now %q, %v", text, err)
	}
}

func TestUnpinWhatIsNoPin(t *testing.T) {
	path := pinPath(t)
	if err := Unpin(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unpin nothing: %v, want not-exist", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Unpin(path); !errors.Is(err, unix.EINVAL) {
		t.Errorf("unpin a plain file: %v, want EINVAL", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the plain file is gone: %v", err)
	}
}

// pinPath returns a path for a pin that is gone when the test ends, whatever happens.
func pinPath(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pin")
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH) })
	return path
}

func wantAbsent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left behind: %v", path, err)
	}
}
