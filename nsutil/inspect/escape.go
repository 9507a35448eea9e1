package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Names of programs, hosts, paths and links are made by those who are inspected: nothing
// in them may speak to the terminal.

// plain returns s on one line, with all that is not printable as a Go string literal
// has it: \x1b, \u202e.
func plain(s string) string {
	return escape(s, "", func(r rune, raw string) string {
		switch {
		case len(raw) == 1:
			return fmt.Sprintf(`\x%02x`, raw[0])
		case r > 0xffff:
			return fmt.Sprintf(`\U%08x`, r)
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// escape rewrites each rune of s that is neither printable nor in keep.
func escape(s, keep string, rewrite func(r rune, raw string) string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		raw := s[i : i+size]
		i += size
		if unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) || strings.ContainsRune(keep, r) {
			b.WriteString(raw)
		} else {
			b.WriteString(rewrite(r, raw))
		}
	}
	return b.String()
}

// writeJSON writes a document, indented, whose text is safe to show on a terminal.
func writeJSON(w io.Writer, document any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	_, err := io.WriteString(w, escape(b.String(), "\n", func(r rune, _ string) string {
		if high, low := utf16.EncodeRune(r); r > 0xffff {
			return fmt.Sprintf(`\u%04x\u%04x`, high, low)
		}
		return fmt.Sprintf(`\u%04x`, r)
	}))
	return err
}
