package harness

import "testing"

func TestVforkWaitsForTheChild(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	for range 3 {
		child, returned, err := s.Vfork()
		if err != nil {
			t.Fatal(err)
		}
		if ppid := must[int](t)(child.Getppid()); ppid != s.PID() {
			t.Errorf("the child's parent is %d, want %d", ppid, s.PID())
		}
		if len(returned) != 0 {
			t.Error("vfork returned before the child ended")
		}
		if err := child.Exit(3); err != nil {
			t.Error(err)
		}
		if err := <-returned; err != nil {
			t.Error(err)
		}
		if status, err := child.Wait(); err != nil || status.ExitStatus() != 3 {
			t.Errorf("wait for the child: status %#x, error %v; want exit status 3", status, err)
		}
	}
}
