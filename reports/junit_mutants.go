package reports

import "strings"

// junitMutants makes a testsuite of a run's mutants: a survivor is a failure, a
// mutant that crashed the kernel or has no grade is an error.
func junitMutants(r *Run) junitSuite {
	suite := junitSuite{Name: oneLine(r.Name + "/mutants"), Properties: junitEnvironment(r), Timestamp: junitTimestamp(r)}
	seconds := 0.0
	for _, m := range r.Mutants {
		c := junitMutant(r, m)
		c.Class = suite.Name
		suite.add(c)
		seconds += max(0, m.Seconds)
	}
	suite.Time = junitSeconds(seconds)
	return suite
}

func junitMutant(r *Run, m MutantResult) junitCase {
	c := junitCase{Name: oneLine(m.Mutant), Time: junitSeconds(m.Seconds)}
	property := func(name, value string) {
		if value != "" {
			c.Properties = append(c.Properties, junitProperty{name, oneLine(value)})
		}
	}
	property("grade", string(m.Grade))
	property("lie", m.Lie)
	property("functions", strings.Join(m.Functions, " "))
	statements := r.requirements()
	for _, id := range m.Requirements {
		property("requirement", reference(id, statements[id]))
	}
	for _, k := range m.KilledBy {
		property("killed-by", k.Spec)
	}
	for _, spec := range m.Collateral {
		property("collateral", spec)
	}
	message := &junitMessage{Type: string(m.Grade), Message: oneLine(m.outcome()), Text: junitDetails(r, m)}
	switch m.Grade.verdict() {
	case Pass:
	case Skipped:
		c.Skipped = &junitMessage{Message: message.Message}
	case Fail:
		c.Failure = message
	default:
		c.Error = message
	}
	c.SystemErr = visible(strings.Join(m.Console, "\n"))
	return c
}

func junitDetails(r *Run, m MutantResult) string {
	var b strings.Builder
	for _, d := range r.details(m) {
		if d.Title != "console" { // has an element of its own
			section(&b, palette{}, d.Title, d.Text, full)
		}
	}
	return b.String()
}
