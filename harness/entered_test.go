package harness

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// expectEntered holds that one who enters a process is where that is.
func expectEntered(t *testing.T, process, entered *Subject) {
	t.Helper()
	want := must[map[nsutil.Kind]nsutil.ID](t)(process.Namespaces())
	if diff := cmp.Diff(want, must[map[nsutil.Kind]nsutil.ID](t)(entered.Namespaces())); diff != "" {
		t.Errorf("namespaces (-process +entered):\n%s", diff)
	}
	for _, file := range []string{"root", "cwd", "cgroup"} {
		if want, got := placeOf(t, process.PID(), file), placeOf(t, entered.PID(), file); got != want {
			t.Errorf("its %s is %s, want %s", file, got, want)
		}
	}
}

// placeOf says which folder a link of a process leads to, or what a file of it has.
func placeOf(t *testing.T, pid int, file string) string {
	t.Helper()
	path := fmt.Sprintf("/proc/%d/%s", pid, file)
	var st unix.Stat_t
	if file == "cgroup" {
		return string(must[[]byte](t)(os.ReadFile(path)))
	}
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("inode %d of device %d", st.Ino, st.Dev)
}

func TestEnterEveryKind(t *testing.T) {
	needRoot(t)
	scope := NewScope(t, Limits{})
	for _, kind := range nsutil.Kinds() {
		options := []Option{Isolated(ByUnshare, kind)}
		if kind == nsutil.User {
			options = append(options, Mapped("0 60000 100"))
		}
		process := scope.Spawn(options...)
		expectEntered(t, process, scope.Spawn(Entered(process.PID())))
	}
	process := scope.Spawn(Cloned(nsutil.PID))
	entered := scope.Spawn(Entered(process.PID()))
	if pid := must[int](t)(entered.Getpid()); pid != 2 {
		t.Errorf("who enters a PID namespace is %d in there, want 2", pid)
	}
}

func TestEnterAllKindsAsTheirRoot(t *testing.T) {
	needRoot(t)
	scope := NewScope(t, Limits{})
	outside := scope.Spawn(Cloned(nsutil.Net)) // which belongs to none of the inner user namespace
	kinds := []nsutil.Kind{nsutil.User, nsutil.Mnt, nsutil.PID, nsutil.UTS, nsutil.IPC, nsutil.Cgroup}
	inner := must[*Subject](t)(outside.Clone(flagsOf(kinds)))
	if err := inner.MapIDs("0 60000 100", "0 60000 100"); err != nil {
		t.Fatal(err)
	}
	entered := scope.Spawn(Entered(inner.PID()))
	expectEntered(t, inner, entered)
	if uid := must[int](t)(entered.Getuid()); uid != 0 {
		t.Errorf("who enters a user namespace is %d in there, want its root", uid)
	}
	if err := entered.Sethostname("entered"); err != nil {
		t.Errorf("its root cannot set the hostname: %v", err)
	}
}

func TestEnterRootAndWorkingDirectory(t *testing.T) {
	needRoot(t)
	scope := NewScope(t, Limits{})
	for name, process := range map[string]*Subject{"shared": scope.Spawn(), "its own": scope.Spawn(Cloned(nsutil.Mnt))} {
		root := t.TempDir()
		if err := os.Mkdir(root+"/work", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := process.Chroot(root); err != nil {
			t.Fatal(err)
		}
		if err := process.Chdir("/work"); err != nil {
			t.Fatal(err)
		}
		entered := scope.Spawn(Entered(process.PID()))
		expectEntered(t, process, entered)
		if dir := must[string](t)(entered.Getcwd()); dir != "/work" {
			t.Errorf("mount namespace %s: it works in %q, want /work", name, dir)
		}
	}
}

func TestEnterWhoHasEnded(t *testing.T) {
	scope := NewScope(t, Limits{})
	process := scope.Spawn()
	if err := process.End(); err != nil {
		t.Fatal(err)
	}
	if _, err := newSpawning(scope, []Option{Entered(process.PID())}).spawn(); err == nil {
		t.Error("one has entered a process that is no more")
	}
}

func TestEnterCgroup(t *testing.T) {
	needRoot(t)
	entries := must[[]nsutil.CgroupEntry](t)(nsutil.CgroupsOf(0))
	var folder string
	for _, entry := range entries {
		if entry.Hierarchy == 0 {
			folder = fmt.Sprintf("%s/entered-%d", cgroupFolder(entry), os.Getpid())
		}
	}
	if folder == "" || os.Mkdir(folder, 0o755) != nil {
		t.Skip("no version 2 cgroup can be made here")
	}
	t.Cleanup(func() {
		if err := unix.Rmdir(folder); err != nil {
			t.Error(err)
		}
	})
	scope := NewScope(t, Limits{})
	process := scope.Spawn()
	if err := os.WriteFile(folder+"/cgroup.procs", []byte(fmt.Sprint(process.PID())), 0); err != nil {
		t.Skip(err)
	}
	entered := scope.Spawn(Entered(process.PID()))
	expectEntered(t, process, entered)
	for _, s := range []*Subject{entered, process} {
		if err := s.End(); err != nil {
			t.Fatal(err)
		}
	}
}
