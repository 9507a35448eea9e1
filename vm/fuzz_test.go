package vm

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nsconform/nsconform/reports"
)

// FuzzConsole has a guest say anything on its console, in pieces: what is kept has
// bounds, and a panic after it is found and attributed all the same.
func FuzzConsole(f *testing.F) {
	f.Add([]byte("[    1.000000] BUG: KASAN: use-after-free in f+0x1\n[    1.000001] Call Trace:\n"), 7)
	f.Add([]byte("[    1.000000] nsconform: spec begins a\n[    1.000000] WARNING: CPU: 0\n[    1.000000] nsconform: specs end\n"), 1)
	f.Add([]byte("[    1.000000][    T1] general protection fault: 0000\n\xff\xfe\r\nno stamp\n---[ end trace"), 30)
	f.Fuzz(func(t *testing.T, garbage []byte, size int) {
		var found []reports.Complaint
		c := complaints{emit: func(c reports.Complaint) { found = append(found, c) }}
		l := lines{each: c.line}
		said := string(garbage) + "\n[    2.000000] nsconform: spec begins the spec\n[    2.000000] Kernel panic - not syncing: fuzz\n"
		for size = max(1, size); len(said) > 0; said = said[min(size, len(said)):] {
			l.write([]byte(said[:min(size, len(said))]))
		}
		l.end()
		c.flush()
		if c.panicked == "" || len(found) == 0 {
			t.Fatalf("no panic is found after %q", garbage)
		}
		if last := found[len(found)-1]; last.Kind != "panic" || last.Spec != "the spec" || !last.Fatal {
			t.Errorf("after %q: %+v", garbage, last)
		}
		for _, c := range found {
			if len(c.Lines) > maxComplaint {
				t.Errorf("a complaint of %d lines", len(c.Lines))
			}
		}
		for _, line := range l.last {
			if len(line) > 3*maxLineBytes || !utf8.ValidString(line) || strings.ContainsRune(line, '\n') {
				t.Errorf("kept %q", line)
			}
		}
		if len(l.last) > tailLines {
			t.Errorf("kept %d lines", len(l.last))
		}
	})
}
