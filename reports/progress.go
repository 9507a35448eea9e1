package reports

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// progressInterval is how often the progress line changes at most.
const progressInterval = 100 * time.Millisecond

// progress is a line that is updated in place.
type progress struct {
	w     io.Writer
	width func() int // columns of the terminal
	now   func() time.Time

	began, drawn time.Time
	shown        bool
	bad          int
	done         map[string]int // specs ended, by run
	run, spec    string         // or mutant, or benchmark
	planned      int
	mutants      string        // how far they are; "" before the first
	benchmarks   string        // the same of benchmarks
	left         time.Duration // that either takes, as of leftAt; 0 when unknown
	leftAt       time.Time

	quit, stopped chan struct{}
}

func newProgress(w io.Writer, width func() int, now func() time.Time) *progress {
	return &progress{w: w, width: width, now: now, began: now(), done: map[string]int{}}
}

// start redraws the line under lock while no event comes, so that the time goes on.
func (p *progress) start(lock sync.Locker) {
	p.quit, p.stopped = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(p.stopped)
		tick := time.NewTicker(progressInterval)
		defer tick.Stop()
		for {
			select {
			case <-p.quit:
				return
			case <-tick.C:
				lock.Lock()
				p.draw()
				lock.Unlock()
			}
		}
	}()
}

func (p *progress) stop() {
	if p.quit != nil {
		close(p.quit)
		<-p.stopped
		p.quit = nil
	}
}

func (p *progress) event(e Event, r *Report) {
	run := r.Run(e.Run)
	p.run, p.planned = run.Name, len(run.Results)
	switch e.Type {
	case RunBegins:
		p.mutants, p.benchmarks, p.left = "", "", 0
		if len(run.Benchmarks) > 0 {
			p.benchmarks = benchmarksProgress(r)
		}
	case SpecBegins:
		p.spec = e.Spec
	case MutantBegins:
		p.spec = e.Mutant
		p.mutants = mutantsProgress(run)
	case MutantEnds:
		p.mutants = mutantsProgress(run)
		p.left, _ = run.timeLeft()
		p.leftAt = p.now()
	case Measured:
		p.measured(run, r)
	case SpecEnds:
		p.done[e.Run] = len(run.Results) - run.Totals()[Missing]
		p.bad = 0
		for _, each := range r.Runs {
			p.bad += each.Totals().Bad() - each.Totals()[Missing]
		}
	case RunEnds:
		p.spec = ""
	}
	p.draw()
}

func (p *progress) measured(run *Run, r *Report) {
	if len(run.Benchmarks) == 0 {
		return
	}
	p.spec = run.bench.name
	p.benchmarks = benchmarksProgress(r)
	p.left, _ = benchTimeLeft(r)
	p.leftAt = p.now()
}

// draw writes the line anew, unless that happened a moment ago.
func (p *progress) draw() {
	now := p.now()
	if p.run == "" || (p.shown && now.Sub(p.drawn) < progressInterval) {
		return
	}
	text := oneLine(p.run)
	if p.mutants+p.benchmarks == "" || p.done[p.run] < p.planned {
		text += fmt.Sprintf("  %d/%d", p.done[p.run], p.planned)
	}
	if p.bad > 0 {
		text += fmt.Sprintf("  %d failed", p.bad)
	}
	for _, also := range []string{p.mutants, p.benchmarks} {
		if also != "" {
			text += "  " + also
		}
	}
	text += "  " + clock(now.Sub(p.began))
	if left := p.left - now.Sub(p.leftAt); p.left > 0 && left > 0 {
		text += "  ~" + clock(left) + " left"
	}
	if p.spec != "" {
		text += "  " + oneLine(p.spec)
	}
	io.WriteString(p.w, "\r"+truncate(text, p.width()-1)+"\x1b[K")
	p.drawn, p.shown = now, true
}

func (p *progress) clear() {
	if p.shown {
		io.WriteString(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// truncate cuts text to a width in terminal columns. Runes that may be two columns
// wide count as two: a line cut early is better than one that wraps.
func truncate(text string, width int) string {
	used, cut := 0, 0
	for i, r := range text {
		used += columns(r)
		if used > width {
			return text[:cut] + "…"
		}
		if used < width {
			cut = i + utf8.RuneLen(r)
		}
	}
	return strings.TrimRight(text, " ")
}

func columns(r rune) int {
	if r >= 0x1100 && r != '…' {
		return 2
	}
	return 1
}
