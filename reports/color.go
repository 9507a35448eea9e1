package reports

// palette paints text for a terminal; the zero value paints nothing.
type palette struct{ on bool }

const (
	green  = "\x1b[32m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	faint  = "\x1b[2m"
	reset  = "\x1b[0m"
)

func (p palette) paint(code, text string) string {
	if !p.on || code == "" {
		return text
	}
	return code + text + reset
}

func verdictColor(v Verdict) string {
	switch {
	case v == Pass:
		return green
	case v == Skipped:
		return faint
	case v.Violation():
		return red
	}
	return yellow
}
