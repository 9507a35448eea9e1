package vm

import (
	"bytes"
	"regexp"

	"github.com/nsconform/nsconform/vm/guest"
)

// marks puts the names of specs into what the console says, where the guest has written
// something short that stands for one: each letter on a serial port takes as long as some
// thousand instructions.
type marks struct {
	name    func(mark string) string // "" for none
	partial []byte                   // a line that has not ended
}

// marked matches a line that says that a spec begins.
var marked = regexp.MustCompile(`(?m)(` + guest.MarkerPrefix + guest.SpecBegins + `)([0-9a-z]+)(\r?)$`)

// expand returns the lines that the chunk brings to an end.
func (m *marks) expand(chunk []byte) []byte {
	if m.name == nil {
		return chunk
	}
	m.partial = append(m.partial, chunk...)
	end := bytes.LastIndexByte(m.partial, '\n') + 1
	if end == 0 && len(m.partial) >= maxLineBytes {
		end = len(m.partial)
	}
	whole := m.named(m.partial[:end])
	m.partial = append(m.partial[:0], m.partial[end:]...)
	return whole
}

// rest returns the line that has not ended.
func (m *marks) rest() []byte {
	rest := m.partial
	m.partial = nil
	return rest
}

// named returns a copy of the text with names.
func (m *marks) named(text []byte) []byte {
	var out []byte
	done := 0
	for _, at := range marked.FindAllSubmatchIndex(text, -1) {
		if name := m.name(string(text[at[4]:at[5]])); name != "" {
			out = append(append(out, text[done:at[4]]...), name...)
			done = at[5]
		}
	}
	return append(out, text[done:]...)
}
