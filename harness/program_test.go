package harness

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/vishvananda/netlink/nl"
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

func TestProgramTakesOneTextAfterTheOther(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	dir := t.TempDir()
	names := []string{dir + "/a", dir + "/bcd", dir + "/ef"}
	mkdir := Step{Call: Call{"mkdirat", unix.SYS_MKDIRAT, []any{unix.AT_FDCWD, EachOf(names), 0o755}}}
	run(t, s, Program{Steps: []Step{mkdir}, Times: 3})
	for _, name := range names {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Run(Program{Steps: []Step{mkdir}, Times: 4}); err == nil {
		t.Error("three texts were enough for four times")
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

func TestProgramReadsAcknowledgements(t *testing.T) {
	needRoot(t)
	s := NewScope(t, Limits{}).Spawn(Cloned(nsutil.Net))
	socket := must[int](t)(s.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE))
	for name, test := range map[string]struct {
		index int32
		flags int
		want  unix.Errno // 0 for none
	}{
		"done":                   {1, unix.NLM_F_ACK, 0},
		"refused":                {12345, unix.NLM_F_ACK, unix.ENODEV},
		"not an acknowledgement": {1, 0, unix.EPROTO},
	} {
		t.Run(name, func(t *testing.T) {
			request := nl.NewNetlinkRequest(unix.RTM_SETLINK, test.flags)
			if test.want == unix.EPROTO { // asks about the link, which is the answer
				request.Type = unix.RTM_GETLINK
			}
			link := nl.NewIfInfomsg(unix.AF_UNSPEC)
			link.Index = test.index
			request.AddData(link)
			message := request.Serialize()
			send := Step{Call: Call{"write", unix.SYS_WRITE, []any{socket, In(message), len(message)}}}
			read := Step{Call: Call{"read", unix.SYS_READ, []any{socket, Out(make([]byte, 4096)), 4096}}, Ack: true, Own: 1}
			r, err := s.Run(Program{Steps: []Step{send, read}, Times: 3})
			if err != nil {
				t.Fatal(err)
			}
			if test.want == 0 && len(r.Of(1).Ticks) != 3 {
				t.Errorf("%d samples, refused: %v", len(r.Of(1).Ticks), r.Refused)
			}
			if test.want != 0 && (len(r.Of(1).Ticks) != 0 || r.Refused[test.want] != 3) {
				t.Errorf("%d samples, refused: %v, want 3 %v", len(r.Of(1).Ticks), r.Refused, test.want)
			}
		})
	}
}

func TestProgramTellsWhatItKept(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	getpid := Step{Call: Call{Name: "getpid", NR: unix.SYS_GETPID}, Keep: 2}
	if r := run(t, s, Program{Steps: []Step{getpid}, Times: 2}); r.Kept[1] != uintptr(s.PID()) {
		t.Errorf("kept %d, want %d", r.Kept[1], s.PID())
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

func TestProgramsRunTogether(t *testing.T) {
	scope := NewScope(t, Limits{})
	subjects := []*Subject{scope.Spawn(), scope.Spawn(), scope.Spawn()}
	start := Ticks() + 5000*TicksPerMicrosecond()
	getppid := Step{Call: Call{Name: "getppid", NR: unix.SYS_GETPPID}, Own: 1}
	all, err := RunTogether(subjects, Program{Steps: []Step{Await(0), getppid}, Times: 1 << 16, Start: start, Limit: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range all {
		track := r.Of(1)
		if len(track.Ticks) == 0 || track.From < start {
			t.Errorf("program %d made %d calls, the first %d ticks from the start", i, len(track.Ticks), int64(track.From-start))
		}
	}
}

func TestProgramRests(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	first := Step{Call: Call{Name: "getppid", NR: unix.SYS_GETPPID}, Begin: true}
	last := Step{Call: Call{Name: "getppid", NR: unix.SYS_GETPPID}, End: 1}
	with := median(run(t, s, Program{Steps: []Step{first, Rest(10), last}, Times: 5}).Of(1).Ticks)
	if most := uint64(100); with/TicksPerMicrosecond() < most {
		t.Errorf("ten million instructions took %d us", with/TicksPerMicrosecond())
	}
}
