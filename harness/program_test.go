package harness

import (
	"slices"
	"testing"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

func median(ticks []uint64) uint64 {
	slices.Sort(ticks)
	return ticks[len(ticks)/2]
}

func child(t *testing.T, s *Subject, flags int, steps ...Step) Step {
	t.Helper()
	st, err := s.Child(flags, steps...)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func run(t *testing.T, s *Subject, p Program) *Recorded {
	t.Helper()
	r, err := s.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Refused) > 0 {
		t.Fatal(r.Refusals())
	}
	return r
}

func TestProgramRecordsEachCall(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	getppid := Step{Call: Call{Name: "getppid", NR: unix.SYS_GETPPID}, Own: 1}
	r := run(t, s, Program{Steps: []Step{getppid}, Times: 1000})
	if n := len(r.Of(1).Ticks); n != 1000 {
		t.Fatalf("%d samples", n)
	}
	t.Logf("getppid takes %d ticks", median(r.Of(1).Ticks))
}

func TestProgramPassesResultsOn(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	open := Step{Call: Call{"openat", unix.SYS_OPENAT, []any{unix.AT_FDCWD, "/dev/null", unix.O_RDONLY, 0}}, Keep: 1, Begin: true}
	closing := Step{Call: Call{"close", unix.SYS_CLOSE, []any{Kept(1)}}, End: 1}
	r := run(t, s, Program{Steps: []Step{open, closing}, Times: 10})
	if n := len(r.Of(1).Ticks); n != 10 {
		t.Errorf("%d samples", n)
	}
}

func TestProgramCountsRefusalsApart(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	r, err := s.Run(Program{Steps: []Step{{Call: Call{"close", unix.SYS_CLOSE, []any{Each(1000, 1)}}, Own: 1}}, Times: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Of(1).Ticks) != 0 || r.Refused[unix.EBADF] != maxRefusals {
		t.Errorf("%d samples, refused: %v", len(r.Of(1).Ticks), r.Refused)
	}
	if want := "100 EBADF, first close(1000, 1001, ...)"; r.Refusals() != want {
		t.Errorf("got %q, want %q", r.Refusals(), want)
	}
}

func TestProgramsHaveChildren(t *testing.T) {
	for name, flags := range map[string]int{"vfork": unix.CLONE_VM | unix.CLONE_VFORK, "fork": 0} {
		t.Run(name, func(t *testing.T) {
			s := NewScope(t, Limits{}).Spawn()
			inside := Step{Call: UnshareCall(unix.CLONE_NEWUTS), Own: 2}
			clone := child(t, s, flags, inside)
			clone.Keep, clone.Own = 1, 1
			wait := Step{Call: Call{"wait4", unix.SYS_WAIT4, []any{Kept(1), nil, 0, nil}}, Own: 3}
			before, _ := s.NS(nsutil.UTS)
			r := run(t, s, Program{Steps: []Step{clone, wait}, Times: 50})
			after, _ := s.NS(nsutil.UTS)
			if before != after {
				t.Error("the child's call moved the subject")
			}
			for stream := Stream(1); stream <= 3; stream++ {
				if n := len(r.Of(stream).Ticks); n != 50 {
					t.Errorf("stream %d has %d samples", stream, n)
				}
			}
			t.Logf("%s: clone %d, unshare inside %d, wait %d ticks", name, median(r.Of(1).Ticks), median(r.Of(2).Ticks), median(r.Of(3).Ticks))
		})
	}
}

func TestProgramsChildWithoutStepsExits(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	clone := child(t, s, 0)
	clone.Keep = 1
	wait := Step{Call: Call{"wait4", unix.SYS_WAIT4, []any{Kept(1), nil, 0, nil}}, Own: 1}
	if r := run(t, s, Program{Steps: []Step{clone, wait}, Times: 20}); len(r.Of(1).Ticks) != 20 {
		t.Errorf("%d samples", len(r.Of(1).Ticks))
	}
}

func TestProgramAwaitsTicks(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	wait := Await(1000 * TicksPerMicrosecond())
	getppid := Step{Call: Call{Name: "getppid", NR: unix.SYS_GETPPID}, End: 1}
	r := run(t, s, Program{Steps: []Step{wait, getppid}, Times: 20})
	track := r.Of(1)
	if took := (track.To - track.From) / TicksPerMicrosecond(); took < 19_000 {
		t.Errorf("20 calls, one a millisecond, took %d us", took)
	}
}
