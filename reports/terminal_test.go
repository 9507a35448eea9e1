package reports

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// feed shows events on a Terminal and returns what it wrote. With columns it has a
// terminal of that width, where a fake clock goes on by step with each event.
func feed(events []Event, opts TerminalOptions, columns int, step time.Duration) string {
	var b bytes.Buffer
	t := NewTerminal(&b, opts)
	clock := time.Unix(0, 0)
	if columns > 0 {
		t.colors.on = !opts.NoColor
		t.line = newProgress(&b, func() (int, int) { return columns, 24 }, func() time.Time { return clock })
	}
	for _, e := range events {
		clock = clock.Add(step)
		t.Event(e)
	}
	t.Close()
	return b.String()
}

func TestTerminalGoldens(t *testing.T) {
	for dir, step := range map[string]time.Duration{specSample: 70 * time.Millisecond, mutantSample: time.Second, benchSample: 9 * time.Millisecond} {
		events := sampleEventsOf(t, dir)
		file := func(name, text string) { golden(t, filepath.Join(dir, name), []byte(text)) }
		file("plain.txt", feed(events, TerminalOptions{}, 0, 0))
		file("verbose.txt", feed(events, TerminalOptions{Verbose: true}, 0, 0))
		live := feed(events, TerminalOptions{}, 72, step)
		file("live.txt", strings.NewReplacer("\x1b", "␛", "\r", "␍").Replace(live))
		summary := pretty(readSampleOf(t, dir), palette{on: true})
		file("summary.txt", strings.ReplaceAll(summary, "\x1b", "␛"))
	}
}

func TestTerminalWithoutColor(t *testing.T) {
	text := feed(sampleEvents(t), TerminalOptions{NoColor: true}, 72, time.Second)
	text = strings.NewReplacer("\r", "", "\x1b[K", "").Replace(text)
	harmless(t, text)
}

func TestPlainOutputIsQuietAboutPasses(t *testing.T) {
	events := []Event{planned("a", "b"), ends("a", Pass), ends("b", Skipped), runEnds(RunEnd{Seconds: 1.25})}
	if got := feed(events, TerminalOptions{}, 0, 0); got != "" {
		t.Errorf("while it runs: %q, want nothing", got)
	}
	var r Report
	for _, e := range events {
		r.Apply(e)
	}
	want := "r  (no kernel came up)  1 pass  1 skip  0 fail  in 1.2 s\n  skip: 1 arch\n"
	if got := string(render(t, "pretty", &r)); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestProgressIsNotDrawnTooOften(t *testing.T) {
	var events []Event
	names := make([]string, 1000)
	for i := range names {
		names[i] = strings.Repeat("x", i+1)
		events = append(events, ends(names[i], Pass))
	}
	events = append([]Event{planned(names...)}, events...)
	text := feed(events, TerminalOptions{}, 40, time.Millisecond)
	if drawn := strings.Count(text, "\r"); drawn < 9 || drawn > 13 {
		t.Errorf("drawn %d times in a second", drawn)
	}
	for _, line := range strings.Split(text, "\r") {
		line, _, _ = strings.Cut(line, "\x1b[K")
		if n := len([]rune(line)); !strings.Contains(line, "\n") && n > 39 {
			t.Errorf("%d columns of 40: %q", n, line)
		}
	}
	if !strings.HasSuffix(text, "\r\x1b[K") {
		t.Error("the progress line is not cleared at the end")
	}
}

// screen is what a terminal shows after text: its lines as they are in the end.
func screen(text string) []string {
	lines, row := []string{""}, 0
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b[J"):
			lines, text = append(lines[:row:row], ""), text[len("\x1b[J"):]
		case strings.HasPrefix(text, "\x1b[K"):
			text = text[len("\x1b[K"):]
		case strings.HasPrefix(text, "\x1b["):
			up, rest, _ := strings.Cut(text[len("\x1b["):], "A")
			n, _ := strconv.Atoi(up)
			row, text = row-n, rest
		case text[0] == '\n':
			if row++; row == len(lines) {
				lines = append(lines, "")
			}
			lines[row], text = "", text[1:]
		case text[0] == '\r':
			lines[row], text = "", text[1:]
		default:
			lines[row], text = lines[row]+text[:1], text[1:]
		}
	}
	return lines
}

func TestALineForEachRunUnderWay(t *testing.T) {
	of := func(run string, e Event) Event { e.Run = run; return e }
	events := []Event{
		of("one", planned("a", "b")), of("two", planned("a", "b")), of("three", planned("a")),
		of("one", ends("a", Pass)), of("two", ends("a", Fail)),
		of("three", ends("a", Pass)), of("three", runEnds(RunEnd{Seconds: 1})),
	}
	var b bytes.Buffer
	now := time.Unix(0, 0)
	terminal := NewTerminal(&b, TerminalOptions{})
	terminal.line = newProgress(&b, func() (int, int) { return 80, 24 }, func() time.Time { return now })
	for _, e := range events {
		now = now.Add(time.Second)
		terminal.Event(e)
	}
	got := screen(b.String())
	got = got[len(got)-3:]
	want := []string{"three  (no kernel came up)  1 pass  0 skip  0 fail  in 1.0 s", "one  1/2  0:06", "two  1/2  1 failed  0:05"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	terminal.Close()
	if got := screen(b.String()); got[len(got)-1] != "" || len(got) > 20 {
		t.Errorf("left behind: %q", got)
	}
}

func TestMoreRunsThanRows(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, func() (int, int) { return 80, 4 }, func() time.Time { return time.Unix(0, 0) })
	for range 5 {
		p.lines = append(p.lines, &progressLine{run: "r", began: time.Unix(0, 0)})
	}
	p.draw()
	want := []string{"r  0/0  0:00", "r  0/0  0:00", "and 3 more"}
	if diff := cmp.Diff(want, screen(b.String())); diff != "" {
		t.Error(diff)
	}
}

func TestTruncate(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"abc", 0, "…"},
		{"", 0, ""},
	} {
		if got := truncate(c.text, c.width); got != c.want {
			t.Errorf("%q to %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestAFileIsNoTerminal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	terminal := NewTerminal(f, TerminalOptions{})
	for _, e := range sampleEvents(t) {
		terminal.Event(e)
	}
	terminal.Close()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	harmless(t, string(text))
}

func TestTimeLeftOfBenchmarks(t *testing.T) {
	start := time.Unix(1000, 0)
	begin := plannedRounds(1, 100, "a")
	begin.Time = start
	r := fold(begin)
	r.Runs[0].End = nil
	for i := range 50 {
		e := measured("a", i+1)
		e.Time = start.Add(time.Duration(i+1) * time.Second)
		r.Apply(e)
		left, known := benchTimeLeft(r)
		if known != (i+1 >= fewMeasured) || known && left != time.Duration(99-i)*time.Second {
			t.Errorf("after %d: %v %v", i+1, left, known)
		}
	}
	if text := benchmarksProgress(r); text != "50/100 measured" {
		t.Error(text)
	}
}

func TestBenchmarksAreHeardOfNowAndThen(t *testing.T) {
	start := time.Unix(1000, 0)
	events := []Event{plannedRounds(1, 200, "a")}
	for i := range 100 {
		events = append(events, measured("a", i+1))
	}
	for i := range events {
		events[i].Time = start.Add(time.Duration(i) * time.Second)
	}
	got := feed(events, TerminalOptions{}, 0, 0)
	want := "r  30/200 measured  ~2:50 left\nr  60/200 measured  ~2:20 left\nr  90/200 measured  ~1:50 left\n"
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}
