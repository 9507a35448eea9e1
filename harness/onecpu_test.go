package harness

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestOnOneCPU(t *testing.T) {
	scope := NewScope(t, Limits{})
	cpus := func(s *Subject) int {
		var set unix.CPUSet
		if err := s.affinity("sched_getaffinity", unix.SYS_SCHED_GETAFFINITY, &set); err != nil {
			t.Fatal(err)
		}
		return set.Count()
	}
	before := cpus(scope.Spawn())
	s := scope.Spawn(OnOneCPU())
	if n := cpus(s); n != 1 {
		t.Errorf("it may use %d processors", n)
	}
	if n := cpus(must[*Subject](t)(s.Fork())); n != 1 {
		t.Errorf("its child may use %d processors", n)
	}
	if n := cpus(scope.Spawn()); n != before {
		t.Errorf("the next one may use %d processors, one before could use %d", n, before)
	}
}
