package reports

import (
	"fmt"
	"time"
)

// progressLines is how often there is a line of progress where no line can be
// updated in place.
const progressLines = 30 * time.Second

// mutantEnded shows what came of a mutant: in full when it was not killed and there
// is a terminal.
func (t *Terminal) mutantEnded(r *Run, m MutantResult) {
	attention := m.Grade.verdict().Bad()
	switch {
	case attention && t.line != nil:
		t.print(mutantText(r, m, full, t.colors) + "\n")
	case attention || t.opts.Verbose:
		t.print(fmt.Sprintf("%s  %s  %s  %s  %s\n", t.colors.paint(verdictColor(m.Grade.verdict()), string(m.Grade)),
			oneLine(r.Name), oneLine(m.Mutant), oneLine(m.outcome()), duration(m.Seconds)))
	}
}

// mutantProgress writes a line now and then where none can be updated in place. It
// goes by the stream's time.
func (t *Terminal) mutantProgress(r *Run, now time.Time) {
	done, all := r.mutantsDone()
	if t.line != nil || done == all || now.Sub(t.told) < progressLines {
		return
	}
	t.told = now
	text := mutantsProgress(r)
	if left, known := r.timeLeft(); known {
		text += "  ~" + clock(left) + " left"
	}
	t.print(oneLine(r.Name) + "  " + text + "\n")
}
