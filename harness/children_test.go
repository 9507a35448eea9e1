package harness

import (
	"os/exec"
	"testing"
	"time"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

func TestAliveWithoutPidfd(t *testing.T) {
	child := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := child.Process.Pid
	if !isChild(pid) || isChild(1) {
		t.Errorf("isChild(%d) = %v, isChild(1) = %v", pid, isChild(pid), isChild(1))
	}
	for deadline := time.Now().Add(time.Minute); isAlive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a zombie counts as alive")
		}
	}
	if !isChild(pid) {
		t.Error("a zombie is no child")
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
	if isAlive(pid) || isChild(pid) {
		t.Error("who has been collected is alive, or a child")
	}
}

func TestSubjectsBeginWithoutInheritableCapabilities(t *testing.T) {
	needRoot(t)
	scope := NewScope(t, Limits{})
	parent := scope.Spawn()
	caps := must[Capabilities](t)(parent.Capget())
	caps.Inheritable = caps.Permitted
	if err := parent.Capset(caps); err != nil {
		t.Fatal(err)
	}
	if err := parent.dropInheritable(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Subject{parent, scope.Spawn()} {
		if caps := must[Capabilities](t)(s.Capget()); caps.Inheritable != 0 || caps.Permitted == 0 {
			t.Errorf("%s has %+v", s.Name(), caps)
		}
	}
}

func TestSubjectsOutliveTheZygote(t *testing.T) {
	scope := NewScope(t, Limits{})
	before := scope.Spawn()
	old := scope.engine.zygote
	if err := old.End(); err != nil {
		t.Fatal(err)
	}
	after := scope.Spawn()
	if scope.engine.zygote == old {
		t.Error("there is no other zygote")
	}
	for _, s := range []*Subject{before, after} {
		if pid := must[int](t)(s.Getpid()); pid != s.PID() {
			t.Errorf("getpid = %d, want %d", pid, s.PID())
		}
	}
}

// A kernel that ignores CLONE_PARENT makes subjects children of the zygote.
func TestChildrenOfTheZygote(t *testing.T) {
	var pid int
	t.Run("subject", func(t *testing.T) {
		scope := NewScope(t, Limits{})
		subject, err := scope.birth(scope.engine.zygote, "subject", scope.engine.zygote.cloneRequest(int(unix.SIGCHLD)))
		if err != nil {
			t.Fatal(err)
		}
		pid = subject.PID()
		child := must[*Subject](t)(subject.Fork())
		if err := child.End(); err != nil {
			t.Error(err)
		}
	})
	if isAlive(pid) || unix.Kill(pid, 0) != unix.ESRCH {
		t.Error("it is still there, or not collected")
	}
}

// TestChildBesideAnAdoptedOrphan holds that an init's child is told from an orphan that
// comes to the init at the same time.
func TestChildBesideAnAdoptedOrphan(t *testing.T) {
	needRoot(t)
	init := NewScope(t, Limits{}).Spawn(Cloned(nsutil.PID))
	parent := must[*Subject](t)(init.Fork())
	before := children(init.PID())
	orphan := must[*Subject](t)(parent.Fork())
	if err := parent.Exit(0); err != nil {
		t.Fatal(err)
	}
	if _, err := parent.Wait(); err != nil {
		t.Fatal(err)
	}
	child := must[*Subject](t)(init.Fork())
	after := []int{orphan.PID(), child.PID()}
	if got, err := init.newcomer(child.NSPID(), before, after); err != nil || got != child.PID() {
		t.Errorf("process %d is taken for the child, %v; want %d, not the orphan %d", got, err, child.PID(), orphan.PID())
	}
	if _, err := init.newcomer(child.NSPID(), after, after); err == nil {
		t.Error("a child has been found where none has turned up")
	}
}
