package harness

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

func TestThreads(t *testing.T) {
	scope := NewScope(t, Limits{})
	init := scope.Spawn(Cloned("pid"))
	for _, s := range []*Subject{scope.Spawn(), init, must[*Subject](t)(init.Fork())} {
		thread := must[*Subject](t)(s.Thread())
		if got, want := must[int](t)(thread.Getpid()), must[int](t)(s.Getpid()); got != want {
			t.Errorf("the thread is in process %d, want %d", got, want)
		}
		where := must[uintptr](t)(s.Map(4096))
		if err := thread.Poke(where, []byte("shared")); err != nil {
			t.Fatal(err)
		}
		if got := must[[]byte](t)(s.Peek(where, 6)); string(got) != "shared" {
			t.Errorf("the process reads %q where its thread wrote", got)
		}
		third := must[*Subject](t)(thread.Thread())
		if err := s.Unshare(unix.CLONE_NEWUSER); err != unix.EINVAL {
			t.Errorf("unshare(CLONE_NEWUSER) with several threads: %v", err)
		}
		for _, thread := range []*Subject{thread, third} {
			var dead *DeadError
			if _, err := thread.Syscall("exit", unix.SYS_EXIT, 0); !errors.As(err, &dead) {
				t.Errorf("exit of the thread: %v, want a DeadError", err)
			}
		}
		if _, err := s.Getpid(); err != nil {
			t.Errorf("the process after its threads' end: %v", err)
		}
	}
}

func TestCloneVMSharesMemoryOnly(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	for range 3 {
		child := must[*Subject](t)(s.CloneVM(0))
		if ppid := must[int](t)(child.Getppid()); ppid != s.PID() {
			t.Errorf("the child's parent is %d, want %d", ppid, s.PID())
		}
		grandchild := must[*Subject](t)(child.Fork())
		if ppid := must[int](t)(grandchild.Getppid()); ppid != child.PID() {
			t.Errorf("the grandchild's parent is %d, want %d", ppid, child.PID())
		}
	}
}

func TestClone3OnAStack(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	stack := must[Stack](t)(s.NewStack())
	child := must[*Subject](t)(s.Clone3(CloneArgs{Flags: unix.CLONE_VM, ExitSignal: uint64(unix.SIGHUP), Stack: uint64(stack.Base), StackSize: uint64(stack.Size)}))
	if ppid := must[int](t)(child.Getppid()); ppid != s.PID() {
		t.Errorf("the child's parent is %d, want %d", ppid, s.PID())
	}
}
