package nsutil

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestIDAgreesWithLinkAndDescriptor(t *testing.T) {
	for k, id := range ofSelf(t) {
		path := k.File(0)
		linkKind, ino, err := ReadLink(path)
		if err != nil {
			t.Fatal(err)
		}
		if linkKind != k || ino != id.Ino {
			t.Errorf("ReadLink(%s) = %s %d, want %s %d", path, linkKind, ino, k, id.Ino)
		}
		f := open(t, path)
		if got, err := IDOfFd(int(f.Fd())); err != nil || got != id {
			t.Errorf("IDOfFd(%s) = %v, %v, want %v", path, got, err, id)
		}
	}
}

func TestIDString(t *testing.T) {
	if got := (ID{Dev: 4, Ino: 4026531838}).String(); got != "4:4026531838" {
		t.Errorf("String() = %q", got)
	}
}

func TestOfProcess(t *testing.T) {
	self := ofSelf(t)
	if _, ok := self[Mnt]; !ok {
		t.Errorf("OfProcess(0) = %v, without the mount namespace that every kernel has", self)
	}
	byPid, err := OfProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(self, byPid); diff != "" {
		t.Errorf("OfProcess(0) and of this process's pid differ: %s", diff)
	}
	if kinds := slices.Sorted(maps.Keys(self)); !subset(kinds, Kinds()) {
		t.Errorf("OfProcess(0) has kinds %v", kinds)
	}
}

func TestOfProcessWithoutNamespaces(t *testing.T) {
	if _, err := OfProcess(1 << 30); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a process that cannot be: %v, want not-exist", err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if ids, err := OfProcess(cmd.Process.Pid); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
		t.Errorf("of a zombie: %v, %v, want not-exist", ids, err)
	}
}

func TestSame(t *testing.T) {
	needRoot(t, "it creates a UTS namespace")
	pid, _ := startChild(t, "", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUTS})
	for _, k := range []Kind{UTS, IPC} {
		same, err := Same(k.File(0), k.File(pid))
		if err != nil {
			t.Fatal(err)
		}
		if want := k != UTS; same != want {
			t.Errorf("%s namespaces of parent and CLONE_NEWUTS child the same: %v, want %v", k, same, want)
		}
	}
	for _, paths := range [][2]string{{"/nowhere", UTS.File(0)}, {UTS.File(0), "/nowhere"}} {
		if _, err := Same(paths[0], paths[1]); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Same(%q) = %v, want not-exist", paths, err)
		}
	}
}

func TestParseLink(t *testing.T) {
	for text, want := range map[string]uint64{
		"uts:[4026531838]":            4026531838,
		"mnt:[1]":                     1,
		"time:[18446744073709551615]": 1<<64 - 1,
	} {
		if _, ino, err := ParseLink(text); err != nil || ino != want {
			t.Errorf("ParseLink(%q) = %d, %v, want %d", text, ino, err, want)
		}
	}
	for _, text := range []string{
		"", "uts", "uts:", "uts:[", "uts:[]", "uts:[1", "uts:1]", "uts:[-1]", "uts:[+1]", "uts:[1]x", "uts:[1]]",
		"uts:[18446744073709551616]", "uts:[0x1]", "uts:[1_0]", "uts:[ 1]", ":[1]", "UTS:[1]", "foo:[1]", "socket:[1]",
		"pid_for_children:[1]", "uts:[1]\n", "/etc/passwd",
	} {
		if k, ino, err := ParseLink(text); err == nil {
			t.Errorf("ParseLink(%q) = %s %d, want an error", text, k, ino)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add("uts:[4026531838]")
	f.Add("pid:[]")
	f.Fuzz(func(t *testing.T, text string) {
		k, _, err := ParseLink(text)
		if (err == nil) != slices.Contains(Kinds(), k) {
			t.Errorf("ParseLink(%q) = %q, %v", text, k, err)
		}
	})
}

func TestReadLinkOfWhatIsNone(t *testing.T) {
	if _, _, err := ReadLink("/proc/self/exe"); err == nil {
		t.Error("ReadLink(/proc/self/exe) succeeds")
	}
	if _, _, err := ReadLink("/proc"); !errors.Is(err, unix.EINVAL) {
		t.Errorf("ReadLink(/proc) = %v, want EINVAL", err)
	}
}

func ofSelf(t *testing.T) map[Kind]ID {
	t.Helper()
	ids, err := OfProcess(0)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func subset(some, all []Kind) bool {
	return !slices.ContainsFunc(some, func(k Kind) bool { return !slices.Contains(all, k) })
}
