package harness

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root, to make namespaces")
	}
}

// must returns the value of a call that has to work.
func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestCallsReturnTheExactErrno(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	if _, err := s.Open("/nonexistent", unix.O_RDONLY); !errors.Is(err, unix.ENOENT) {
		t.Errorf("open of nothing: %v, want ENOENT", err)
	}
	if err := s.Setns(-1, 0); !errors.Is(err, unix.EBADF) {
		t.Errorf("setns(-1): %v, want EBADF", err)
	}
	if pid := must[int](t)(s.Getpid()); pid != s.PID() {
		t.Errorf("getpid = %d, want %d", pid, s.PID())
	}
}

func TestWaysIntoNamespaces(t *testing.T) {
	needRoot(t)
	scope := NewScope(t, Limits{})
	outside := must[map[nsutil.Kind]nsutil.ID](t)(nsutil.OfProcess(0))
	for _, kind := range nsutil.Kinds() {
		for _, way := range Ways() {
			if kind == nsutil.Time && way == ByClone {
				continue // its flag is the exit signal's bits of clone(2)
			}
			s := scope.Spawn(Isolated(way, kind))
			if id := must[nsutil.ID](t)(s.NS(kind)); id == outside[kind] {
				t.Errorf("%s by %s: still in the old namespace", kind, way)
			}
			for name, join := range map[string]Option{"descriptor": Joined(s, kind), "pidfd": JoinedByPidfd(s, kind)} {
				joined := scope.Spawn(join)
				if diff := cmp.Diff(must[nsutil.ID](t)(s.NS(kind)), must[nsutil.ID](t)(joined.NS(kind))); diff != "" {
					t.Errorf("%s joined by %s: %s", kind, name, diff)
				}
			}
		}
	}
}

func TestForkAndWait(t *testing.T) {
	needRoot(t)
	init := NewScope(t, Limits{}).Spawn(Cloned(nsutil.PID))
	child := must[*Subject](t)(init.Fork())
	inside, outside := must[int](t)(child.Getpid()), child.PID()
	if inside != 2 || child.NSPID() != 2 || outside == 2 {
		t.Errorf("the child of an init is %d inside, %d to its parent and %d outside", inside, child.NSPID(), outside)
	}
	if err := child.Exit(3); err != nil {
		t.Fatal(err)
	}
	if status := must[unix.WaitStatus](t)(child.Wait()); status.ExitStatus() != 3 {
		t.Errorf("it exited with %d, want 3", status.ExitStatus())
	}
	if _, err := child.Getpid(); !errors.As(err, new(*DeadError)) {
		t.Errorf("a call of a dead subject: %v, want a DeadError", err)
	}
}

func TestSubjectKilledDuringACall(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	r, _, err := s.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { s.Signal(unix.SIGKILL) })
	begin := time.Now()
	if _, err := s.Read(r, 1); !errors.As(err, new(*DeadError)) {
		t.Errorf("read = %v, want a DeadError", err)
	}
	if d := time.Since(begin); d > time.Second {
		t.Errorf("the death was noticed after %v", d)
	}
}

func TestExecKeepsOutputAndEnd(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	if err := s.Exec("/nonexistent"); !errors.Is(err, unix.ENOENT) {
		t.Fatalf("execve of nothing: %v, want ENOENT", err)
	}
	if err := s.Exec("/bin/sh", "-c", "echo out; echo err >&2; exit 7"); err != nil {
		t.Fatal(err)
	}
	if status := must[unix.WaitStatus](t)(s.Wait()); status.ExitStatus() != 7 {
		t.Errorf("it exited with %d, want 7", status.ExitStatus())
	}
	if got := must[string](t)(s.Output()); got != "out\nerr\n" {
		t.Errorf("it wrote %q", got)
	}
}

func TestMemoryIsMarshalled(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	path := t.TempDir() + "/file"
	text := strings.Repeat("0123456789", 3000)
	if err := s.WriteFile(path, text, unix.O_CREAT); err != nil {
		t.Fatal(err)
	}
	if got := must[string](t)(s.ReadFile(path)); got != text {
		t.Errorf("read back %d bytes of %d", len(got), len(text))
	}
	if _, err := s.Write(1, make([]byte, slotSize)); err == nil || errors.As(err, new(unix.Errno)) {
		t.Errorf("passing more than a slot holds: %v", err)
	}
	addr := must[uintptr](t)(s.Syscall("mmap", unix.SYS_MMAP, nil, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, -1, 0))
	if err := s.Poke(addr, []byte("poked")); err != nil {
		t.Fatal(err)
	}
	if got := must[[]byte](t)(s.Peek(addr, 5)); string(got) != "poked" {
		t.Errorf("peeked %q", got)
	}
}

// verdicts is a TB that remembers, for scopes that must end badly.
type verdicts struct {
	*testing.T
	cleanups                 []func()
	broken, timedOut, leaked []string
}

func (v *verdicts) Cleanup(f func())        { v.cleanups = append(v.cleanups, f) }
func (v *verdicts) Broken(message string)   { v.broken = append(v.broken, message); panic(v) }
func (v *verdicts) TimedOut(message string) { v.timedOut = append(v.timedOut, message); panic(v) }
func (v *verdicts) Lacking(message string)  { panic(v) }
func (v *verdicts) Leaked(message string)   { v.leaked = append(v.leaked, message) }

// run runs f as a test of its own, clean-up included.
func (v *verdicts) run(f func()) {
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(v) {
				panic(r)
			}
		}()
		f()
	}()
	for i := len(v.cleanups) - 1; i >= 0; i-- {
		v.cleanups[i]()
	}
}

func TestACallThatBlocksCostsItsDeadlineAndNothingElse(t *testing.T) {
	v := &verdicts{T: t}
	var blocked, other *Subject
	begin := time.Now()
	v.run(func() {
		scope := NewScope(v, Limits{Call: 100 * time.Millisecond})
		blocked, other = scope.Spawn(Named("blocked")), scope.Spawn()
		r, _, _ := blocked.Pipe()
		blocked.Read(r, 1)
		t.Error("the call came back")
	})
	if d := time.Since(begin); d < 100*time.Millisecond || d > 3*time.Second {
		t.Errorf("it took %v", d)
	}
	if len(v.timedOut) != 1 || !strings.Contains(v.timedOut[0], "blocked: read(") || len(v.broken)+len(v.leaked) != 0 {
		t.Errorf("verdicts: %+v", v)
	}
	for _, s := range []*Subject{blocked, other} {
		if err := unix.Kill(s.PID(), 0); err != unix.ESRCH {
			t.Errorf("%s is still there: %v", s.Name(), err)
		}
	}
	if pid := must[int](t)(NewScope(t, Limits{}).Spawn().Getpid()); pid <= 0 {
		t.Errorf("the next subject: getpid = %d", pid)
	}
}

func TestARefusedSpawnIsBroken(t *testing.T) {
	v := &verdicts{T: t}
	v.run(func() {
		scope := NewScope(v, Limits{})
		scope.Spawn(As(65534, 65534), Mapped("this is no mapping"), Cloned(nsutil.User))
	})
	if len(v.broken) != 1 || !strings.Contains(v.broken[0], "map ids") {
		t.Errorf("verdicts: %+v", v.broken)
	}
}

func TestDescendantsEndWithTheScope(t *testing.T) {
	needRoot(t)
	var pids []int
	t.Run("scope", func(t *testing.T) {
		scope := NewScope(t, Limits{})
		parent := scope.Spawn()
		child := must[*Subject](t)(parent.Fork())
		orphan := must[*Subject](t)(child.Fork())
		nested := must[*Subject](t)(scope.Spawn(Cloned(nsutil.PID)).Fork())
		if err := child.End(); err != nil {
			t.Fatal(err)
		}
		if ppid := must[int](t)(orphan.Getppid()); ppid != os.Getpid() {
			t.Errorf("the orphan's parent is %d, want this process, %d", ppid, os.Getpid())
		}
		pids = append(pids, parent.PID(), child.PID(), orphan.PID(), nested.PID())
	})
	for _, pid := range pids {
		if err := unix.Kill(pid, 0); err != unix.ESRCH {
			t.Errorf("process %d is still there: %v", pid, err)
		}
	}
}

func TestGuardNoticesWhatIsLeftBehind(t *testing.T) {
	needRoot(t)
	var g Guard
	undo := []func(){}
	defer func() {
		for _, f := range undo {
			f()
		}
	}()
	dir := t.TempDir()
	for what, leak := range map[string]func(){
		"descriptor": func() {
			fd := must[int](t)(unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0))
			undo = append(undo, func() { unix.Close(fd) })
		},
		"mount": func() {
			if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
				t.Fatal(err)
			}
			undo = append(undo, func() { unix.Unmount(dir, unix.MNT_DETACH) })
		},
		"shm id": func() {
			id := must[int](t)(unix.SysvShmGet(unix.IPC_PRIVATE, 4096, unix.IPC_CREAT|0o600))
			undo = append(undo, func() { unix.SysvShmCtl(id, unix.IPC_RMID, nil) })
		},
		"message queue /nsconform": func() {
			s := NewScope(t, Limits{}).Spawn()
			must[int](t)(s.MqOpen("nsconform", unix.O_CREAT|unix.O_RDWR, nil))
			undo = append(undo, func() { NewScope(t, Limits{}).Spawn().MqUnlink("nsconform") })
		},
	} {
		v := &verdicts{T: t}
		v.run(func() { g.Watch(v); leak() })
		if len(v.leaked) != 1 || !strings.Contains(v.leaked[0], what) {
			t.Errorf("after leaking a %s: %q", what, v.leaked)
		}
		v = &verdicts{T: t}
		v.run(func() { g.Watch(v) })
		if len(v.leaked) != 0 {
			t.Errorf("the test after the one that leaked a %s: %q", what, v.leaked)
		}
	}
}

func TestLogShowsCalls(t *testing.T) {
	scope := NewScope(t, Limits{})
	s := scope.Spawn(Named("actor"))
	s.Open("/nonexistent", unix.O_RDONLY)
	s.Unshare(0)
	s.Exit(0)
	want := []string{
		`actor: spawned`,
		fmt.Sprintf(`actor: openat(-100, "/nonexistent", %v, 384) = ENOENT`, Hex(unix.O_LARGEFILE)),
		`actor: unshare(0) = 0`,
		`actor: exit_group(0) = ended`,
	}
	if diff := cmp.Diff(want, scope.Done()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestRefusalsAreOfNewNamespacesOnly(t *testing.T) {
	scope := NewScope(t, Limits{})
	s := scope.Spawn(Named("actor"))
	if err := s.DropCapabilities(unix.CAP_SYS_ADMIN); err != nil {
		t.Fatal(err)
	}
	s.Unshare(unix.CLONE_FS)
	s.Unshare(unix.CLONE_NEWUTS | unix.CLONE_FS)
	s.Clone(unix.CLONE_NEWIPC)
	s.Unshare(1)
	want := []Refusal{
		{unix.CLONE_NEWUTS | unix.CLONE_FS, unix.EPERM, "actor: unshare(CLONE_NEWUTS|CLONE_FS) = EPERM"},
		{unix.CLONE_NEWIPC | int(unix.SIGCHLD), unix.EPERM, "actor: clone(CLONE_NEWIPC|SIGCHLD, 0, 0, 0, 0) = EPERM"},
	}
	if diff := cmp.Diff(want, scope.Refusals()); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}
