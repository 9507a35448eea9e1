package vm

import (
	"bytes"
	"testing"

	"github.com/nsconform/nsconform/vm/guest"
)

func TestGateFindsMarksHoweverTheyAreSplit(t *testing.T) {
	stream := []byte("boot\x1e" + guest.ConsoleMark + "hello\x1e world\n" + guest.ConsoleMark + "[ 1.0] reboot: Power down\n")
	for size := 1; size <= len(stream); size++ {
		var out bytes.Buffer
		g := &gate{out: &out}
		for rest := stream; len(rest) > 0; {
			n := min(size, len(rest))
			g.Write(rest[:n])
			rest = rest[n:]
		}
		if got, want := out.String(), "hello\x1e world\n"; got != want {
			t.Errorf("in pieces of %d: got %q, want %q", size, got, want)
		}
	}
}
