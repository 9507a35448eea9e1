package reports

import (
	"fmt"
	"strings"
	"time"
)

// fewTried is how many mutants have to have ended before the time left can be told
// from them.
const fewTried = 3

// timeLeft estimates how long the run's remaining mutants take. It goes by how many
// ended in the time since the first began, and so by how many are tried at once.
func (r *Run) timeLeft() (left time.Duration, known bool) {
	done, all := r.mutantsDone()
	tried := done - r.grades()[NotApplicable]
	elapsed := r.trial.last.Sub(r.trial.began)
	if tried < fewTried || done == all || elapsed <= 0 || r.trial.began.IsZero() {
		return 0, false
	}
	each := elapsed.Seconds() / float64(tried)
	return time.Duration(each * float64(all-done) * float64(time.Second)), true
}

// mutantsDone counts the run's mutants that ended and all of them, NoMutant apart.
func (r *Run) mutantsDone() (done, all int) {
	for _, m := range r.Mutants {
		if m.Mutant == NoMutant {
			continue
		}
		all++
		if r.trial.ended[m.Mutant] {
			done++
		}
	}
	return done, all
}

// mutantsProgress says how far the run's mutants are: "13/62 mutants  12 killed".
func mutantsProgress(r *Run) string {
	done, all := r.mutantsDone()
	parts := []string{fmt.Sprintf("%d/%d mutants", done, all)}
	n := r.grades()
	for _, g := range []Grade{Killed, Survived} {
		if n[g] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[g], g))
		}
	}
	return strings.Join(parts, "  ")
}

// clock writes a time as minutes and seconds: "1:05".
func clock(d time.Duration) string {
	seconds := int(max(0, d).Seconds())
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
