package reports

import "io"

// WriteSQUAD writes r as the results of tests that SQUAD takes, the dashboard of kernel
// testing: one object of "RUN/TOPIC/REQUIREMENT" and pass, fail, skip or xfail, which is
// the worst of the requirement's specs.
func WriteSQUAD(w io.Writer, r *Report) error {
	tests := map[string]string{}
	for _, run := range r.Runs {
		topics := run.requirements()
		for id, verdict := range run.Verdicts() {
			topic := topics[id].Topic
			if topic == "" {
				topic = noTopic
			}
			tests[run.Name+"/"+topic+"/"+id] = squadResult(verdict)
		}
	}
	return writeJSON(w, tests)
}

func squadResult(v Verdict) string {
	switch v {
	case Pass, Skipped:
		return string(v)
	case Known, XFail:
		return string(XFail)
	}
	return "fail"
}
