package reports

import (
	"fmt"
	"strings"
)

func junitSpec(s SpecResult, statements map[string]Requirement) junitCase {
	c := junitCase{Name: oneLine(s.Spec), File: oneLine(s.Location), Time: junitSeconds(s.Seconds)}
	if len(s.Requirements) > 0 {
		c.Name += oneLine(" [" + strings.Join(s.Requirements, " ") + "]")
	}
	for _, id := range s.Requirements {
		c.Properties = append(c.Properties, junitProperty{"requirement", oneLine(reference(id, statements[id]))})
	}
	for _, n := range s.Notes {
		c.Properties = append(c.Properties, junitProperty{"note", oneLine(n)})
	}
	if s.Verdict == Pass && s.Known != nil {
		c.Properties = append(c.Properties, junitProperty{"known deviation not seen", oneLine(s.Known.unseenText())})
	}
	switch {
	case s.Verdict == Pass:
	case s.Verdict == Skipped:
		c.Skipped = &junitMessage{Message: oneLine(fmt.Sprintf("%s: %s", s.Skip.Code, s.Skip.Text))}
	case s.Verdict == Known || s.Verdict == XFail:
		c.Skipped = junitKnown(s)
	case s.Verdict == XPass || s.Verdict == Fail || s.Verdict == Timeout:
		c.Failure = junitFailure(s)
	default:
		c.Error = junitFailure(s)
	}
	if s.Failure != nil {
		c.SystemErr = visible(strings.Join(s.Failure.Console, "\n"))
	}
	return c
}

func junitFailure(s SpecResult) *junitMessage {
	text := s.Failure.Message
	if len(s.Failure.Done) > 0 {
		text = "done:\n  " + strings.Join(s.Failure.Done, "\n  ") + "\n\n" + text
	}
	if s.Failure.Location != "" {
		text += "\n\nat " + s.Failure.Location
	}
	return &junitMessage{Type: string(s.Verdict), Message: oneLine(firstLine(s.Failure.Message)), Text: visible(text)}
}

// junitKnown is a known or expected deviation. JUnit has no better word than skipped for what
// neither passed nor is to fail the build; the type tells it apart.
func junitKnown(s SpecResult) *junitMessage {
	text := append(append(s.Known.text(), s.Known.evidence()...), "", junitFailure(s).Text)
	return &junitMessage{
		Type:    string(s.Verdict),
		Message: oneLine(fmt.Sprintf("%s deviation: %s (%s)", s.deviationTitle(), s.Known.Statement, s.Known.ID)),
		Text:    visible(strings.Join(text, "\n")),
	}
}

// reference writes a requirement with where it stands: "uts-x: uts_namespaces(7), DESCRIPTION".
func reference(id string, q Requirement) string {
	switch {
	case q.Page == "":
		return id
	case q.Section == "":
		return id + ": " + q.Page
	}
	return id + ": " + q.Page + ", " + q.Section
}
