package reports

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxAnnotations is how many errors GitHub shows of a step.
const maxAnnotations = 10

// WriteAnnotations writes what failed as errors for GitHub to show at the lines of the
// specs: the first ten, those of the runs themselves foremost.
func WriteAnnotations(w io.Writer, r *Report) error {
	var all []string
	for _, run := range r.Runs {
		for _, trouble := range run.troubles() {
			all = append(all, annotation("", run.Name, trouble))
		}
	}
	for _, run := range r.Runs {
		for _, s := range run.bad() {
			title := fmt.Sprintf("%s: %s: %s", run.Name, s.Verdict, s.Spec)
			all = append(all, annotation(s.place(), title, strings.Join(s.Requirements, " ")+"\n"+s.Failure.Message))
		}
	}
	for _, line := range all[:min(len(all), maxAnnotations)] {
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}

// place is where a spec failed, or else where it is.
func (s *SpecResult) place() string {
	if s.Failure != nil && s.Failure.Location != "" {
		return s.Failure.Location
	}
	return s.Location
}

// annotation writes one error; nothing in its text ends it, or begins another command.
func annotation(place, title, text string) string {
	property := strings.NewReplacer("%", "%25", "\n", "%0A", ":", "%3A", ",", "%2C")
	where := ""
	if i := strings.LastIndexByte(place, ':'); i > 0 {
		if line, err := strconv.Atoi(place[i+1:]); err == nil {
			where = fmt.Sprintf("file=%s,line=%d,", property.Replace(oneLine(place[:i])), line)
		}
	}
	message := strings.NewReplacer("%", "%25", "\n", "%0A").Replace(strings.Join(lines(strings.TrimSpace(text)), "\n"))
	return fmt.Sprintf("::error %stitle=%s::%s\n", where, property.Replace(oneLine(title)), message)
}
