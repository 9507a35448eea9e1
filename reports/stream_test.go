package reports

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func collect(r io.Reader) ([]Event, error) {
	var events []Event
	err := ReadStream(r, func(e Event) error {
		events = append(events, e)
		return nil
	})
	return events, err
}

func TestStreamRoundTrip(t *testing.T) {
	want := append(sampleEvents(t), sampleEventsOf(t, mutantSample)...)
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, e := range want {
		if err := w.Emit(e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := collect(iotest.OneByteReader(&b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadStream(t *testing.T) {
	const line = `{"type":"spec-begins","run":"r","time":"2026-01-01T00:00:00Z","spec":"s"}`
	for name, c := range map[string]struct {
		stream string
		events int
		err    string
	}{
		"empty":               {"", 0, ""},
		"whole":               {line + "\n" + line + "\n", 2, ""},
		"no last newline":     {line + "\n" + line, 2, ""},
		"cut last line":       {line + "\n" + line[:20], 1, ""},
		"blank lines":         {"\n" + line + "\r\n\n", 1, ""},
		"unknown field":       {`{"type":"spec-begins","colour":{"x":[1]}}` + "\n", 1, ""},
		"unknown type":        {`{"type":"intermission"}` + "\n", 1, ""},
		"broken line":         {line + "\n" + line[:20] + "\n" + line + "\n", 1, "read event stream: line 2: not an event: "},
		"no object":           {"7\n", 0, "line 1: not an event: "},
		"wrong type of field": {`{"time":"noon"}` + "\n", 0, "line 1: not an event: "},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := collect(strings.NewReader(c.stream))
			if len(events) != c.events {
				t.Errorf("%d events, want %d", len(events), c.events)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
		})
	}
}

func TestReadStreamStops(t *testing.T) {
	stop := errors.New("stop")
	err := ReadStream(strings.NewReader("{}\n{}\n"), func(Event) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("error %v, want %v", err, stop)
	}
	if _, err := collect(iotest.ErrReader(stop)); !errors.Is(err, stop) {
		t.Errorf("error %v, want %v", err, stop)
	}
}

func TestLongLines(t *testing.T) {
	endless := io.LimitReader(iotest.OneByteReader(neverNewline{}), 1) // one byte is no line yet
	if _, err := collect(endless); err != nil {
		t.Error(err)
	}
	if _, err := collect(neverNewline{}); !errors.Is(err, ErrLineTooLong) {
		t.Errorf("error %v, want %v", err, ErrLineTooLong)
	}
	err := NewWriter(io.Discard).Emit(Event{Type: SpecBegins, Spec: strings.Repeat("x", MaxLine)})
	if !errors.Is(err, ErrLineTooLong) {
		t.Errorf("error %v, want %v", err, ErrLineTooLong)
	}
}

type neverNewline struct{}

func (neverNewline) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestWriterKeepsLinesWhole(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if err := w.Emit(Event{Type: SpecBegins, Run: "r", Spec: "a\nb", Time: time.Unix(0, 0)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	events, err := collect(&b)
	if err != nil || len(events) != 400 {
		t.Errorf("%d events, error %v", len(events), err)
	}
}

func TestWriterRemembersItsError(t *testing.T) {
	w := NewWriter(&failOnce{})
	first := w.Emit(Event{})
	if !errors.Is(first, io.ErrClosedPipe) {
		t.Fatalf("error %v, want %v", first, io.ErrClosedPipe)
	}
	if second := w.Emit(Event{}); second != first {
		t.Errorf("after a failed write: error %v, want the first one", second)
	}
}

type failOnce struct{ failed bool }

func (f *failOnce) Write(p []byte) (int, error) {
	if f.failed {
		return len(p), nil
	}
	f.failed = true
	return len(p) / 2, io.ErrClosedPipe
}
