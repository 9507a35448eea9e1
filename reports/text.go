package reports

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible returns s with everything a terminal, a browser or an editor might obey
// rather than show (control characters, bidirectional overrides, zero-width
// characters, invalid UTF-8) as an escape such as \x1b or \u202e. Newlines stay.
func visible(s string) string { return escape(s, "\n", goEscape) }

// oneLine is visible for text that has to stay on its line: newlines and tabs
// become spaces.
func oneLine(s string) string {
	return escape(strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ").Replace(s), "", goEscape)
}

// escape rewrites each rune of s that is neither printable nor in keep.
func escape(s, keep string, rewrite func(r rune, raw string) string) string {
	if strings.IndexFunc(s, unprintable) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		raw := s[i : i+size]
		i += size
		invalid := r == utf8.RuneError && size == 1
		if !invalid && (!unprintable(r) || strings.ContainsRune(keep, r)) {
			b.WriteString(raw)
			continue
		}
		b.WriteString(rewrite(r, raw))
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// goEscape is how a Go string literal writes a rune, except that a tab becomes spaces.
func goEscape(r rune, raw string) string {
	switch {
	case r == '\t':
		return "    "
	case len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// lines splits s into lines fit to be shown, without empty ones at its end.
func lines(s string) []string {
	s = strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n\r\t ")
	if s == "" {
		return nil
	}
	return strings.Split(visible(s), "\n")
}

// duration writes seconds as people say them: "3 ms", "6.2 s", "75 s", "12 min 5 s".
func duration(seconds float64) string {
	switch {
	case math.IsNaN(seconds) || seconds <= 0:
		return "0 s"
	case seconds < 0.001:
		return "<1 ms"
	case seconds < 0.9995:
		return fmt.Sprintf("%.0f ms", seconds*1000)
	case seconds < 9.95:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 119.5:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds > 1e9:
		return fmt.Sprintf("%.3g s", seconds)
	}
	whole := int64(math.Round(seconds))
	return fmt.Sprintf("%d min %d s", whole/60, whole%60)
}

// count writes n things: "1 spec", "2 specs".
func count[N int | uint64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
