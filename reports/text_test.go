package reports

import "testing"

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünïcode ✓ 日本":  "plain, ünïcode ✓ 日本",
		"\x1b[2J\a\x00\x7f":    `\x1b[2J\x07\x00\x7f`,
		"\xff\xfe":             `\xff\xfe`,
		"a\u202eb\u2066\u200b": `a\u202eb\u2066\u200b`,
		"\u009b31m":            `\u009b31m`,
		"\U000e0001":           `\U000e0001`,
		"a\nb\tc\r":            `a b c\x0d`,
		"\ufffd":               "\ufffd",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := visible("a\nb\tc\r\n"); got != "a\nb    c\\x0d\n" {
		t.Errorf("visible: %q", got)
	}
	if got := escape("\u0085 \U000e0001", "", jsonEscape); got != `\u0085 \udb40\udc01` {
		t.Errorf("jsonEscape: %q", got)
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{
		-1: "0 s", 0: "0 s", 0.0004: "<1 ms", 0.0123: "12 ms", 0.9999: "1.0 s", 6.24: "6.2 s",
		9.96: "10 s", 61: "61 s", 119.6: "2 min 0 s", 725: "12 min 5 s", 1e300: "1e+300 s",
	} {
		if got := duration(seconds); got != want {
			t.Errorf("%v: %q, want %q", seconds, got, want)
		}
	}
}
