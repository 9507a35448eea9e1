package vm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarksBecomeNames(t *testing.T) {
	names := func(mark string) string { return map[string]string{"a1": "The first", "b2": "The other"}[mark] }
	said := "[1.0] nsconform: spec begins a1\r\n[1.1] WARNING: nsconform: spec begins nowhere\r\nnsconform: spec begins b2\nspec begins a1\n[2.0] nsconform: spec beg"
	want := "[1.0] nsconform: spec begins The first\r\n[1.1] WARNING: nsconform: spec begins nowhere\r\nnsconform: spec begins The other\nspec begins a1\n[2.0] nsconform: spec beg"
	for size := 1; size <= len(said); size++ {
		m := marks{name: names}
		var got strings.Builder
		for rest := said; rest != ""; {
			n := min(size, len(rest))
			got.Write(m.expand([]byte(rest[:n])))
			rest = rest[n:]
		}
		got.Write(m.rest())
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Fatalf("in chunks of %d (-want +got):\n%s", size, diff)
		}
	}
}

func TestMarksHoldNoMoreThanALine(t *testing.T) {
	m := marks{name: func(string) string { return "" }}
	passed := 0
	for range 100 {
		passed += len(m.expand(make([]byte, maxLineBytes/2)))
		if len(m.partial) >= maxLineBytes {
			t.Fatalf("%d bytes are held back", len(m.partial))
		}
	}
	if all := passed + len(m.rest()); all != 100*(maxLineBytes/2) {
		t.Errorf("%d bytes came out", all)
	}
}
