package reports

import (
	"html"
	"strings"
)

// markdownText writes text on one line of Markdown so that it stays text: what GitHub's
// Markdown might take for markup, for a link or for the end of a cell is escaped, and
// nothing else, as people read the source, too.
func markdownText(s string) string {
	var b strings.Builder
	text := oneLine(s)
	for i := range len(text) {
		if needsBackslash(text, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func needsBackslash(text string, i int) bool {
	before, after := text[:i], text[i+1:]
	switch text[i] {
	case '\\', '`', '*', '[', ']', '<', '|', '~', '&', '$', '@':
		return true
	case '>', '#', '-', '+', '=': // a block's, where a line begins
		return before == ""
	case '_': // means nothing within a word
		return before == "" || after == "" || !alphanumeric(before[len(before)-1]) || !alphanumeric(after[0])
	case ':':
		return strings.HasPrefix(after, "/") || strings.HasSuffix(before, "mailto") || strings.HasSuffix(before, "xmpp")
	case '.':
		return strings.HasSuffix(strings.ToLower(before), "www")
	}
	return false
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// markdownBlock writes lines as a block of code, behind a fence that none of them can end.
func markdownBlock(b *strings.Builder, text []string) {
	fence := "```"
	for _, l := range text {
		for strings.Contains(l, fence) {
			fence += "`"
		}
	}
	b.WriteString(fence + "text\n")
	for _, l := range text {
		b.WriteString(oneLine(l) + "\n")
	}
	b.WriteString(fence + "\n")
}

// markdownFold opens what is seen only after a click; its summary is text. That is
// within HTML, where backslashes mean nothing.
func markdownFold(b *strings.Builder, summary string) {
	b.WriteString("<details><summary>" + html.EscapeString(oneLine(summary)) + "</summary>\n\n")
}

const markdownUnfold = "\n</details>\n"

// markdownRow writes a row of a table; its cells are Markdown.
func markdownRow(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// markdownHead writes the titles of a table, of which all but the first are of numbers.
func markdownHead(b *strings.Builder, titles ...string) {
	markdownRow(b, titles...)
	b.WriteString("|---" + strings.Repeat("|---:", len(titles)-1) + "|\n")
}
