package reports

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// progressInterval is how often the progress changes at most.
const progressInterval = 100 * time.Millisecond

// progress is a line for each run under way, updated in place.
type progress struct {
	w    io.Writer
	size func() (columns, rows int) // of the terminal
	now  func() time.Time

	lines []*progressLine // in the order in which the runs began
	drawn time.Time
	shown int // lines

	quit, stopped chan struct{}
}

// progressLine tells how far a run is.
type progressLine struct {
	key, run      string
	began         time.Time
	done, planned int // specs
	bad           int
	spec          string        // or mutant, or benchmark
	mutants       string        // how far they are; "" before the first
	benchmarks    string        // the same of benchmarks
	left          time.Duration // that either takes, as of leftAt; 0 when unknown
	leftAt        time.Time
}

func newProgress(w io.Writer, size func() (columns, rows int), now func() time.Time) *progress {
	return &progress{w: w, size: size, now: now}
}

// start redraws the lines under lock while no event comes, so that the time goes on.
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
	l := p.line(run, r)
	switch e.Type {
	case RunEnds:
		p.remove(l)
	case Measured:
		l.measured(run, r, p.now())
	default:
		l.event(e, run, p.now())
	}
	p.draw()
}

// line returns that of a run. Runs that measure take turns and share one.
func (p *progress) line(run *Run, r *Report) *progressLine {
	key := run.Name
	if len(run.Benchmarks) > 0 {
		key = "benchmarks"
	}
	for _, l := range p.lines {
		if l.key == key {
			l.run = run.Name
			return l
		}
	}
	l := &progressLine{key: key, run: run.Name, began: p.now(), planned: len(run.Results)}
	if len(run.Benchmarks) > 0 {
		l.benchmarks = benchmarksProgress(r)
	}
	p.lines = append(p.lines, l)
	return l
}

func (p *progress) remove(l *progressLine) {
	var others []*progressLine
	for _, other := range p.lines {
		if other != l {
			others = append(others, other)
		}
	}
	p.lines = others
}

func (l *progressLine) event(e Event, run *Run, now time.Time) {
	l.planned = len(run.Results)
	switch e.Type {
	case SpecBegins:
		l.spec = e.Spec
	case SpecEnds:
		totals := run.Totals()
		l.done = len(run.Results) - totals[Missing]
		l.bad = totals.Bad() - totals[Missing]
	case MutantBegins:
		l.spec = e.Mutant
		l.mutants = mutantsProgress(run)
	case MutantEnds:
		l.mutants = mutantsProgress(run)
		l.left, _ = run.timeLeft()
		l.leftAt = now
	}
}

func (l *progressLine) measured(run *Run, r *Report, now time.Time) {
	if len(run.Benchmarks) == 0 {
		return
	}
	l.spec = run.bench.name
	l.benchmarks = benchmarksProgress(r)
	l.left, _ = benchTimeLeft(r)
	l.leftAt = now
}

func (l *progressLine) text(now time.Time) string {
	text := oneLine(l.run)
	if l.mutants+l.benchmarks == "" || l.done < l.planned {
		text += fmt.Sprintf("  %d/%d", l.done, l.planned)
	}
	if l.bad > 0 {
		text += fmt.Sprintf("  %d failed", l.bad)
	}
	for _, also := range []string{l.mutants, l.benchmarks} {
		if also != "" {
			text += "  " + also
		}
	}
	text += "  " + clock(now.Sub(l.began))
	if left := l.left - now.Sub(l.leftAt); l.left > 0 && left > 0 {
		text += "  ~" + clock(left) + " left"
	}
	if l.spec != "" {
		text += "  " + oneLine(l.spec)
	}
	return text
}

// draw writes the lines anew, unless that happened a moment ago.
func (p *progress) draw() {
	now := p.now()
	if len(p.lines) == 0 || p.shown > 0 && now.Sub(p.drawn) < progressInterval {
		return
	}
	columns, rows := p.size()
	var texts []string
	for i, l := range p.lines {
		if more := len(p.lines) - i; i == max(1, rows-2) && more > 1 {
			texts = append(texts, fmt.Sprintf("and %d more", more))
			break
		}
		texts = append(texts, l.text(now))
	}
	for i := range texts {
		texts[i] = truncate(texts[i], columns-1) + "\x1b[K"
	}
	io.WriteString(p.w, p.home()+strings.Join(texts, "\n"))
	if p.shown > len(texts) {
		io.WriteString(p.w, "\x1b[J")
	}
	p.drawn, p.shown = now, len(texts)
}

// home goes to where the first line begins.
func (p *progress) home() string {
	if p.shown > 1 {
		return fmt.Sprintf("\r\x1b[%dA", p.shown-1)
	}
	return "\r"
}

func (p *progress) clear() {
	switch {
	case p.shown > 1:
		io.WriteString(p.w, p.home()+"\x1b[J")
	case p.shown > 0:
		io.WriteString(p.w, "\r\x1b[K")
	}
	p.shown = 0
}
