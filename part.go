package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/spec"
)

// part is the part of a session that one suite process runs, or several, one
// after the other, where specs take them down.
type part struct {
	*session
	number, of int
	containers []int
	plan       map[string]bool // its specs, by name

	start   int    // of a process, the first is 1
	fruit   int    // the verdicts since
	current string // the spec that runs
	begun   time.Time
	// suspect is the spec that ran when a process ended for which it may not be to
	// blame, and doubt why that was.
	suspect, doubt string
}

// newPart returns a part of the session: the specs that are written in these containers.
func (r *session) newPart(number, of int, containers []int) *part {
	p := &part{session: r, number: number, of: of, containers: containers, plan: map[string]bool{}}
	for _, s := range suites.Within(r.plan, containers) {
		p.plan[s.Name] = true
	}
	return p
}

// maxStarts bounds the processes of a part: a kernel that takes each spec ill is
// not worth the time that all of them would take.
const maxStarts = 50

// persist has run run the part's process, and another that goes on after the spec
// that has taken it down, until each spec has its verdict or nothing comes of that.
func (p *part) persist(ctx context.Context, run func(*part) ending) ending {
	for fruitless := 0; ; {
		p.start++
		p.fruit, p.current = 0, ""
		e := run(p).because(ctx)
		begun, blamed := p.end(e)
		left := p.left()
		if fruitless++; p.fruit > 0 {
			fruitless = 0
		}
		switch {
		case e.err == nil, ctx.Err() != nil:
			return e
		case left == 0 && blamed:
			return ending{}
		case left == 0, p.start == 1 && !begun:
			return e
		case fruitless == 2:
			e.err = fmt.Errorf("given up with %d specs left, as nothing came of another start: %w", left, e.err)
			return e
		case p.start == maxStarts:
			e.err = fmt.Errorf("given up with %d specs left, after %d starts: %w", left, p.start, e.err)
			return e
		}
	}
}

// left returns how many specs have no verdict yet.
func (p *part) left() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	left := 0
	for name := range p.plan {
		if !p.ended[name] {
			left++
		}
	}
	return left
}

// job is what the part's process is told: j is for all parts.
func (p *part) job(j job) job {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	j.Containers, j.Ended = p.containers, nil
	for name := range p.plan {
		if p.ended[name] {
			j.Ended = append(j.Ended, spec.Key(name))
		}
	}
	slices.Sort(j.Ended)
	return j
}

// title tells the process from the others of the session, in a console.
func (p *part) title() string {
	title := p.name
	if p.of > 1 {
		title += fmt.Sprintf(", machine %d of %d", p.number, p.of)
	}
	if p.start > 1 {
		title += fmt.Sprintf(", start %d", p.start)
	}
	return title
}

// record takes an event from the suite process, which may be a guest of any mind.
func (p *part) record(e reports.Event) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch e.Type {
	case reports.Environs:
		if p.environs {
			return
		}
		p.environs = true
		if e.Environment != nil {
			e.Environment.VM = p.vm
		}
	case reports.SpecBegins:
		p.current, p.begun = e.Spec, time.Now()
	case reports.SpecEnds:
		if e.Result == nil {
			break
		}
		p.current = ""
		e.Result = p.concludes(e.Result)
	case reports.Measured:
		if e.Measurement != nil {
			e.Measurement.Boot = p.boot // every boot of an exact machine takes itself for the first
		}
	case reports.Counted:
	default:
		return // not for the suite process to say
	}
	if measured := e.Type == reports.Measured || e.Type == reports.Counted; measured && p.boot == 0 {
		return // nor where nothing is measured
	}
	p.emit(e)
}

// concludes takes note of a spec's verdict, and adds to it what the kernel has said.
func (p *part) concludes(r *reports.Result) *reports.Result {
	if p.plan[r.Spec] && !p.ended[r.Spec] {
		p.ended[r.Spec] = true
		p.fruit++
	}
	if p.doubt != "" && r.Spec == p.suspect {
		r.Notes = append(r.Notes, "it had run before, until "+p.doubt)
	}
	return p.complaints.weigh(r)
}

// end tells what became of the spec that ran when the process ended early. It
// returns whether any has begun, and whether one has its verdict for that end.
func (p *part) end(e ending) (begun, blamed bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	culprit := p.current
	if p.plan[e.spec] && !p.ended[e.spec] {
		culprit = e.spec // the records of its begin, and of the end before, are lost
	}
	begun = p.fruit > 0 || culprit != ""
	switch {
	case e.err == nil || e.interrupted():
		return begun, false
	case culprit == "":
		return begun, e.told || p.complaints.fatal(e.spec)
	case e.chance && culprit != p.suspect:
		p.suspect, p.doubt = culprit, e.err.Error()
		return begun, false
	}
	result := &reports.Result{Spec: culprit, Verdict: e.verdict, Failure: &reports.Failure{Message: e.err.Error(), Console: e.console}}
	if culprit == p.current {
		result.Seconds = time.Since(p.begun).Seconds()
	}
	p.current = ""
	p.emit(reports.Event{Type: reports.SpecEnds, Result: p.concludes(result)})
	return begun, true
}
