package reports

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Suites []junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Time     string `xml:"time,attr"` // seconds
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property,omitempty"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name       string          `xml:"name,attr"`
	Class      string          `xml:"classname,attr"`
	File       string          `xml:"file,attr,omitempty"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property,omitempty"`
	Skipped    *junitMessage   `xml:"skipped,omitempty"`
	Failure    *junitMessage   `xml:"failure,omitempty"`
	Error      *junitMessage   `xml:"error,omitempty"`
	SystemErr  string          `xml:"system-err,omitempty"`
}

type junitMessage struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes r as JUnit XML: a testsuite per run and topic, one for a run's
// mutants, one for its benchmarks, and one for the run itself when something went
// wrong with it as a whole.
// A failure is evidence against the kernel seen by the spec (fail, timeout), or
// against the suite (a mutant survived); an error is anything else.
func WriteJUnit(w io.Writer, r *Report) error {
	doc := junitSuites{Name: "nsconform"}
	seconds := 0.0
	for _, run := range r.Runs {
		doc.Suites = append(doc.Suites, junitRun(run)...)
		if run.End != nil {
			seconds += run.End.Seconds
		}
	}
	for _, s := range doc.Suites {
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Errors += s.Errors
		doc.Skipped += s.Skipped
	}
	doc.Time = junitSeconds(seconds)
	text, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("encode JUnit XML: %w", err)
	}
	// Attributes hold one line each, so every newline is one of text, where it need
	// not be a character reference.
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, bytes.ReplaceAll(text, []byte("&#xA;"), []byte("\n")))
	return err
}

func junitRun(r *Run) []junitSuite {
	var suites []junitSuite
	for _, topic := range r.Topics() {
		suites = append(suites, junitTopic(r, topic))
	}
	if len(r.Mutants) > 0 {
		suites = append(suites, junitMutants(r))
	}
	if len(r.Benchmarks) > 0 {
		suites = append(suites, junitBenchmarks(r))
	}
	if troubles := r.troubles(); len(troubles) > 0 {
		suites = append(suites, junitSuite{
			Name:        oneLine(r.Name),
			junitCounts: junitCounts{Tests: 1, Errors: 1, Time: junitSeconds(0)},
			Properties:  junitEnvironment(r),
			Cases: []junitCase{{
				Name: "the run itself", Class: oneLine(r.Name), Time: junitSeconds(0),
				Error: &junitMessage{Type: "run", Message: oneLine(troubles[0]), Text: visible(strings.Join(troubles, "\n"))},
			}},
		})
	}
	return suites
}

func junitTopic(r *Run, topic string) junitSuite {
	suite := junitSuite{Name: oneLine(r.Name + "/" + topic), Properties: junitEnvironment(r), Timestamp: junitTimestamp(r)}
	statements := r.requirements()
	seconds, known := 0.0, 0
	for _, s := range r.topic(topic) {
		c := junitSpec(s, statements)
		c.Class = suite.Name
		suite.add(c)
		if s.Verdict == Known {
			known++
		}
		seconds += max(0, s.Seconds)
	}
	suite.Time = junitSeconds(seconds)
	if known > 0 {
		suite.Properties = append(suite.Properties, junitProperty{"known", fmt.Sprint(known)})
	}
	return suite
}

func (suite *junitSuite) add(c junitCase) {
	suite.Cases = append(suite.Cases, c)
	suite.Tests++
	switch {
	case c.Failure != nil:
		suite.Failures++
	case c.Error != nil:
		suite.Errors++
	case c.Skipped != nil:
		suite.Skipped++
	}
}

func junitTimestamp(r *Run) string {
	if r.Began.IsZero() {
		return ""
	}
	return r.Began.UTC().Format("2006-01-02T15:04:05")
}

func junitSeconds(s float64) string { return fmt.Sprintf("%.6f", max(0, s)) }
