package reports

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// WriteKTAP writes r as KTAP version 1 (Documentation/dev-tools/ktap.rst): a
// subtest per run, in it one per topic, in it the specs; a run's mutants are one more
// subtest of it, and so are its benchmarks.
func WriteKTAP(w io.Writer, r *Report) error {
	k := &ktap{}
	k.plan(0, len(r.Runs), "no run began")
	for i, run := range r.Runs {
		k.run(i+1, run)
	}
	k.totals(k)
	_, err := io.WriteString(w, k.b.String())
	return err
}

func (k *ktap) totals(n *ktap) {
	k.line(0, "# Totals: pass:%d fail:%d xfail:%d xpass:%d skip:%d error:%d", n.pass, n.fail, n.xfail, n.xpass, n.skip, n.errors)
}

func (k *ktap) add(more *ktap) {
	k.pass, k.fail, k.xfail = k.pass+more.pass, k.fail+more.fail, k.xfail+more.xfail
	k.xpass, k.skip, k.errors = k.xpass+more.xpass, k.skip+more.skip, k.errors+more.errors
}

type ktap struct {
	b                        strings.Builder
	pass, fail, skip, errors int
	xfail                    int // known or expected deviations
	xpass                    int
	raised                   int // levels that results are less deep than below topics
}

// leaf is the level of results that have no others below them.
func (k *ktap) leaf() int { return 2 - k.raised }

func (k *ktap) line(depth int, format string, args ...any) {
	k.b.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&k.b, format, args...)
	k.b.WriteByte('\n')
}

func (k *ktap) plan(depth, n int, whyNone string) {
	k.line(depth, "KTAP version 1")
	if n == 0 {
		k.line(depth, "1..0 # SKIP %s", whyNone)
		return
	}
	k.line(depth, "1..%d", n)
}

func (k *ktap) run(number int, r *Run) {
	topics := r.Topics()
	subtests := len(topics)
	for _, more := range []int{len(r.Mutants), len(r.Benchmarks)} {
		subtests += min(more, 1)
	}
	k.plan(1, subtests, "nothing was planned")
	for i, topic := range topics {
		k.topic(i+1, topic, r.topic(topic), r)
	}
	if len(r.Mutants) > 0 {
		k.mutants(len(topics)+1, r)
	}
	if len(r.Benchmarks) > 0 {
		k.benchmarks(subtests, r)
	}
	k.conclude(number, r)
}

// conclude writes what is to say of a run as a whole, and its result.
func (k *ktap) conclude(number int, r *Run) {
	all := r.Totals()
	all.add(mutantTotals(r))
	all.add(benchmarkTotals(r))
	for _, t := range r.troubles() {
		k.line(0, "# error: %s", oneLine(t))
	}
	for _, c := range r.Complaints {
		k.complaint(c)
	}
	k.parent(0, number, r.Name, all, r.troubles())
}

func (k *ktap) complaint(c Complaint) {
	k.line(0, "# kernel: %s", oneLine(complaintTitle(c)))
	for _, l := range c.Lines {
		k.line(0, "#   %s", oneLine(l))
	}
}

func (k *ktap) topic(number int, name string, specs []SpecResult, r *Run) {
	statements := r.requirements()
	k.plan(2, len(specs), "")
	for i, s := range specs {
		k.diagnose(s, statements)
		k.spec(i+1, s)
	}
	k.parent(1, number, name, totals(specs), nil)
}

// parent writes the result of a subtest: not ok when one of its children is not,
// SKIP when all of them are skipped.
func (k *ktap) parent(depth, number int, name string, t Totals, troubles []string) {
	switch {
	case len(troubles) > 0:
		k.result(depth, number, false, name, "ERROR "+troubles[0])
	case t.Bad() > 0:
		k.result(depth, number, false, name, "")
	case t[Pass]+t[Known]+t[XFail] == 0:
		k.result(depth, number, true, name, "SKIP nothing ran")
	default:
		k.result(depth, number, true, name, "")
	}
}

func (k *ktap) result(depth, number int, ok bool, name, directive string) {
	status := "ok"
	if !ok {
		status = "not ok"
	}
	if directive != "" {
		directive = " # " + withoutHash(directive)
	}
	k.line(depth, "%s %d %s%s", status, number, cmp.Or(withoutHash(name), "unnamed"), directive)
}

// withoutHash makes text fit for a result line, where '#' begins a directive: none
// may be in a description, and none of a guest's in a directive.
func withoutHash(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(oneLine(text), "#", "nr ")), " ")
}

func (k *ktap) spec(number int, s SpecResult) {
	directive := ""
	switch s.Verdict {
	case Pass:
		k.pass++
	case Known, XFail:
		k.xfail++
		directive = fmt.Sprintf("XFAIL %s: %s", s.Known.ID, s.Known.Statement)
	case XPass:
		k.xpass++
		directive = fmt.Sprintf("XPASS %s: %s", s.Known.ID, s.Known.Statement)
	case Skipped:
		k.skip++
		directive = fmt.Sprintf("SKIP %s: %s", s.Skip.Code, s.Skip.Text)
	case Fail:
		k.fail++
	case Timeout:
		k.fail++
		directive = fmt.Sprintf("TIMEOUT %.3g seconds", s.Seconds)
	case Missing:
		k.errors++
		directive = "ERROR did not run"
	default:
		k.errors++
		directive = fmt.Sprintf("ERROR %s: %s", s.Verdict, firstLine(s.Failure.Message))
	}
	k.result(k.leaf(), number, !s.Verdict.Bad(), s.Spec, directive)
}

// diagnose writes what is known of a spec that did not pass, before its result.
func (k *ktap) diagnose(s SpecResult, statements map[string]Requirement) {
	for _, n := range s.Notes {
		k.line(k.leaf(), "# note: %s", oneLine(n))
	}
	switch {
	case s.Verdict == Pass && s.Known != nil:
		k.line(k.leaf(), "# known: %s", oneLine(s.Known.unseenText()))
	case s.Known != nil:
		k.block(s.deviationTitle(), append(s.Known.text(), s.Known.evidence()...))
	}
	if s.Failure == nil {
		return
	}
	for _, id := range s.Requirements {
		k.line(k.leaf(), "# requirement: %s", oneLine(strings.Join(requirementText(id, statements[id]), " ")))
	}
	k.block("done", s.Failure.Done)
	k.block("seen", lines(s.Failure.Message))
	k.block("console", s.Failure.Console)
	if s.Failure.Location != "" {
		k.line(k.leaf(), "# at: %s", oneLine(s.Failure.Location))
	}
}

func (k *ktap) block(title string, text []string) {
	for _, l := range text {
		k.line(k.leaf(), "# %s: %s", title, oneLine(l))
	}
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return first
}
