package guest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/vm/wire"
	"golang.org/x/sys/unix"
)

func TestThisProcessIsNoInit(t *testing.T) {
	if IsInit() {
		t.Error("a test is taken for PID 1 of a guest")
	}
}

func TestOnlyRecordsAreForwarded(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer w.Close()
		fmt.Fprint(w, "{\"a\":1}\n\nnoise\n[1]\n{\"b\":\n", strings.Repeat("x", wire.MaxPayload+1), "\n{\"last\":true}")
	}()
	c := &child{records: make(chan []byte, 64)}
	c.forwardRecords(r)
	var got []string
	for record := range c.records {
		got = append(got, string(record))
	}
	if diff := cmp.Diff([]string{`{"a":1}`, `{"last":true}`}, got); diff != "" || c.dropped != 4 {
		t.Errorf("%s, %d dropped", diff, c.dropped)
	}
}

// TestRecordsOutliveTheDeadline holds for what is in the pipe when a process that
// will not die keeps it open, and the host is slow.
func TestRecordsOutliveTheDeadline(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, 1<<20); err != nil {
		t.Skip(err)
	}
	const records = 30000 // more than are read at once
	for i := range records {
		fmt.Fprintf(w, "{\"n\":%d}\n", i)
	}
	r.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	c := &child{records: make(chan []byte)}
	go c.forwardRecords(r)
	got := 0
	for record := range c.records {
		if want := fmt.Sprintf(`{"n":%d}`, got); string(record) != want {
			t.Fatalf("got %s, want %s", record, want)
		}
		if got++; got == 5 {
			time.Sleep(50 * time.Millisecond)
		}
	}
	if got != records {
		t.Errorf("%d records of %d", got, records)
	}
}

func TestLinesHaveABound(t *testing.T) {
	in := bufio.NewReader(strings.NewReader(strings.Repeat("y", wire.MaxPayload) + "\n" + strings.Repeat("z", 3*wire.MaxPayload) + "\nnext\n"))
	for _, want := range []struct {
		length  int
		tooLong bool
	}{{wire.MaxPayload, false}, {0, true}, {4, false}} {
		line, tooLong, err := readLine(in)
		if len(line) != want.length || tooLong != want.tooLong || err != nil {
			t.Errorf("got %d bytes, %v, %v; want %+v", len(line), tooLong, err, want)
		}
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	tail := tail{limit: 10}
	for i := range 1000 {
		tail.add(fmt.Appendf(nil, "%03d ", i))
	}
	if got, want := tail.String(), "7 998 999 "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(tail.kept) > 3*tail.limit {
		t.Errorf("keeps %d bytes", len(tail.kept))
	}
}

// portPair is a port and the host's end of it.
func portPair(t *testing.T) (*port, int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return &port{fd: fds[0], path: "test"}, fds[1]
}

func TestStuckPortIsGivenUp(t *testing.T) {
	p, _ := portPair(t)
	err := p.write(make([]byte, 8<<20), 300*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), errStuck.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestJobComesThroughGarbage(t *testing.T) {
	p, host := portPair(t)
	job := encode(wire.KindJob, wire.Job{Args: []string{"a", "b"}, Clock: 5})
	for _, piece := range [][]byte{[]byte("junk"), job[:20], []byte("\n"), []byte("{}\n"), job[:30], job[30:]} {
		unix.Write(host, piece)
	}
	got, err := p.exchangeJob([]string{"a problem"}, nil)
	if err != nil || got.Clock != 5 || len(got.Args) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFirstJobCounts(t *testing.T) {
	p, host := portPair(t)
	first, second := encode(wire.KindJob, wire.Job{Clock: 1}), encode(wire.KindJob, wire.Job{Clock: 2})
	unix.Write(host, append(append(first, second...), second[:10]...))
	got, err := p.exchangeJob(nil, nil)
	if err != nil || got.Clock != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	unix.Write(host, append(append(second[10:], second...), encode(wire.KindAck, struct{}{})...))
	begin := time.Now()
	p.sendLast(wire.Last{})
	if took := time.Since(begin); took > repeatEvery {
		t.Errorf("the acknowledgement was taken after %v", took)
	}
}

// TestGivenJobAsksForNothing needs no host that answers.
func TestGivenJobAsksForNothing(t *testing.T) {
	p, host := portPair(t)
	got, err := p.exchangeJob(nil, &wire.Job{Args: []string{"a"}})
	if err != nil || len(got.Args) != 1 {
		t.Fatalf("got %+v, %v", got, err)
	}
	p.sendLast(wire.Last{})
	all := make([]byte, 64<<10)
	n, err := unix.Read(host, all)
	if err != nil {
		t.Fatal(err)
	}
	said := wire.NewReader(bytes.NewReader(all[:n]))
	var kinds []wire.Kind
	for f, err := said.Next(); err == nil; f, err = said.Next() {
		kinds = append(kinds, f.Kind)
	}
	if diff := cmp.Diff([]wire.Kind{wire.KindReady, wire.KindLast}, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestEntriesOfAJobsEnvironment(t *testing.T) {
	env := environment([]string{"A=b"})
	if env[len(env)-1] != "A=b" || !strings.HasPrefix(env[0], "PATH=") {
		t.Errorf("got %v", env)
	}
}
