package harness

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestHandledSignals(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	if err := s.Handle(unix.SIGUSR1, SIGRTMAX); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(s.PID(), unix.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if err := s.Sigqueue(s.PID(), SIGRTMAX, 77); err != nil {
		t.Fatal(err)
	}
	got, err := s.Handled()
	if err != nil {
		t.Fatal(err)
	}
	want := []Siginfo{{Signal: unix.SIGUSR1, PID: s.PID()}, {Signal: SIGRTMAX, Code: -1, PID: 77}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("handled signals (-want +got):\n%s", diff)
	}
}
