package reports

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
)

//go:embed html
var htmlFiles embed.FS

// htmlPage is made when it is needed: a guest of ours, which writes no page, would
// spend a noticeable part of its start on it.
var htmlPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"anchor":   oneLine,
		"glyph":    glyph,
		"verdict":  Grade.verdict,
		"duration": duration,
		"manual":   manualURL,
		"first":    firstLine,
		"join":     func(text []string) string { return strings.Join(text, "\n") },
		"inc":      func(n int) int { return n + 1 },
		"script":   func() template.JS { return template.JS(pageScript()) },
		"policy":   contentPolicy,
	}).ParseFS(htmlFiles, "html/*.html", "html/*.css"))
})

// WriteHTML writes r as one HTML file that needs neither network nor script.
func WriteHTML(w io.Writer, r *Report) error {
	var b strings.Builder
	if err := htmlPage().ExecuteTemplate(&b, "report.html", newPage(r)); err != nil {
		return fmt.Errorf("fill HTML template: %w", err)
	}
	// html/template keeps the text from being markup; this keeps it from being
	// control characters and bidirectional overrides. The template has neither.
	_, err := io.WriteString(w, escape(b.String(), "\n\t", goEscape))
	return err
}

// pageScript is the page's own script, the only one that its policy lets run.
var pageScript = sync.OnceValue(func() string {
	script := "\"use strict\";\n"
	for _, name := range []string{"html/links.js", "html/filter.js"} {
		text, err := htmlFiles.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		script += string(text)
	}
	return script
})

// contentPolicy forbids the page to load anything, and to run any script but its own,
// should a guest's text ever become markup.
func contentPolicy() string {
	hash := sha256.Sum256([]byte(pageScript()))
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"
}

// glyph tells verdicts apart where colours do not.
func glyph(v Verdict) string {
	switch v {
	case Pass:
		return "✓"
	case Fail:
		return "✗"
	case Broken:
		return "!"
	case Timeout:
		return "◷"
	case Crash:
		return "✸"
	case Known:
		return "≠"
	case XFail:
		return "≈"
	case XPass:
		return "‼"
	case Skipped:
		return "–"
	}
	return "?"
}
