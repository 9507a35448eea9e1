package vm

import (
	"bytes"
	"strings"
)

// tailLines is how many of the console's last lines are kept.
const tailLines = 60

// lines splits a stream into lines of bounded length and keeps the last ones.
type lines struct {
	each    func(line string)
	partial []byte
	last    []string
}

func (l *lines) write(b []byte) {
	for len(b) > 0 {
		part, rest, ended := bytes.Cut(b, []byte("\n"))
		l.partial = append(l.partial, part[:min(len(part), maxLineBytes-len(l.partial))]...)
		if ended {
			l.end()
		}
		b = rest
	}
}

// end ends the line that has begun, if any.
func (l *lines) end() {
	line := strings.ToValidUTF8(strings.TrimRight(string(l.partial), "\r"), "?")
	l.partial = l.partial[:0]
	if line == "" {
		return
	}
	if len(l.last) == tailLines {
		l.last = append(l.last[:0], l.last[1:]...)
	}
	l.last = append(l.last, line)
	l.each(line)
}

// bounded keeps the end of what is written to it, for [exec.Cmd.Stderr].
type bounded struct{ kept []byte }

const maxStderr = 16 << 10

// Write never fails.
func (b *bounded) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p...)
	if over := len(b.kept) - maxStderr; over > maxStderr {
		b.kept = append(b.kept[:0], b.kept[over:]...)
	}
	return len(p), nil
}

// lastLine returns the last line of text that is not empty.
func lastLine(text string) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(all[len(all)-1])
}
