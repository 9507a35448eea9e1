package vm

import (
	"bytes"
	"io"

	"github.com/nsconform/nsconform/vm/guest"
)

// gate lets through what stands between the marks of a shell in a console.
type gate struct {
	out     io.Writer
	open    bool
	marks   int    // seen so far
	pending []byte // may be the beginning of a mark
}

// Write drops what out does not take: the machine must go on to its end.
func (g *gate) Write(p []byte) (int, error) {
	g.pending = append(g.pending, p...)
	for {
		before, after, ok := bytes.Cut(g.pending, []byte(guest.ConsoleMark))
		if !ok {
			break
		}
		g.pass(before)
		g.pending = after
		g.marks++
		g.open = g.marks == 1
	}
	keep := partialMark(g.pending)
	g.pass(g.pending[:len(g.pending)-keep])
	g.pending = append(g.pending[:0], g.pending[len(g.pending)-keep:]...)
	return len(p), nil
}

func (g *gate) pass(b []byte) {
	if g.open && len(b) > 0 {
		g.out.Write(b)
	}
}

// partialMark returns how many bytes at the end of b may begin a mark.
func partialMark(b []byte) int {
	for n := min(len(b), len(guest.ConsoleMark)-1); n > 0; n-- {
		if bytes.HasPrefix([]byte(guest.ConsoleMark), b[len(b)-n:]) {
			return n
		}
	}
	return 0
}
