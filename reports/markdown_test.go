package reports

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
)

// markdownElements are what our Markdown may become, as GitHub renders it.
var markdownElements = []string{
	"html", "head", "body", "h2", "h3", "h4", "p", "blockquote", "strong", "table", "thead", "tbody", "tr", "th", "td",
	"details", "summary", "pre", "code", "ul", "li",
}

// inspectMarkdown fails the test if Markdown becomes anything else, and returns the text
// that a reader sees.
func inspectMarkdown(t testing.TB, text []byte) string {
	t.Helper()
	var page bytes.Buffer
	github := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(goldhtml.WithUnsafe()))
	if err := github.Convert(text, &page); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&page)
	if err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			seen.WriteString(n.Data)
		}
		if n.Type == html.ElementNode && !slices.Contains(markdownElements, n.Data) || n.Type == html.CommentNode {
			t.Errorf("there is an element %s in:\n%s", n.Data, text)
		}
	}
	return seen.String()
}

// hostileTexts are what a guest may call itself.
var hostileTexts = []string{
	`</details><script>alert(1)</script><img src=x onerror=alert(1)>`, "`code` ``code``` ~~gone~~ <!-- hidden",
	`![image](http://x/y.png) [link](javascript:alert(1)) [ref]: /url`, `a | b \| c`, `**bold** __bold__ *it* _it_ snake_case`,
	`http://example.com www.example.com mailto:a@b.example xmpp:a@b.example`, `&lt;b&gt; &amp; \\ \* $x^2$`, `# title`, `- item`, `+ item`, `> quote`,
	`=== ---`, "~~~", "```", `<http://example.com>`, `a\`, `@everyone`,
}

func TestMarkdownText(t *testing.T) {
	for _, text := range hostileTexts {
		table := "| x |\n|---|\n| " + markdownText(text) + " |\n\n"
		page := inspectMarkdown(t, []byte(table+"- "+markdownText(text)+"\n\n> "+markdownText(text)+"\n\n## "+markdownText(text)+"\n"))
		if n := strings.Count(page, strings.TrimSpace(text)); n != 4 {
			t.Errorf("%q is seen %d times, want 4, in %q", text, n, page)
		}
	}
}

func TestMarkdownStaysText(t *testing.T) {
	for _, text := range hostileTexts {
		hostile := ends("a", Fail)
		hostile.Result.Failure = &Failure{Message: text + "\n" + text, Done: []string{text}, Location: text}
		begin := planned("a", "b")
		begin.Begin.Plan[0].Requirements, begin.Begin.Requirements[0].ID = []string{text}, text
		begin.Begin.Requirements[0].Topic, begin.Begin.Requirements[0].Statement = text, text
		deviation := ends("b", Known)
		deviation.Result.Known = &Deviation{ID: text, Statement: text}
		r := fold(begin, hostile, deviation, runEnds(RunEnd{Error: text}))
		r.Runs[0].Name = text
		page := inspectMarkdown(t, render(t, "markdown", r))
		if !strings.Contains(page, strings.TrimSpace(text)) {
			t.Errorf("%q is not seen in %q", text, page)
		}
		inspectMarkdown(t, renderDiff(t, "markdown", &Diff{Runs: []RunDiff{{A: r.Runs[0], B: r.Runs[0], Common: 1, Warnings: []string{text}, Changes: Changes(fold(planned("a")).Runs[0], r.Runs[0])}}}))
	}
	for _, dir := range allSamples {
		inspectMarkdown(t, render(t, "markdown", readSampleOf(t, dir)))
	}
	for _, d := range sampleDiffs(t) {
		inspectMarkdown(t, renderDiff(t, "markdown", d))
	}
}

func TestMarkdownIsCut(t *testing.T) {
	var names []string
	var events []Event
	for i := range 40 {
		names = append(names, fmt.Sprint("s", i))
		e := ends(names[i], Fail)
		e.Result.Failure.Message = strings.Repeat("x", 1<<10*(1+99*(i%2)))
		events = append(events, e)
	}
	r := fold(append([]Event{planned(names...)}, events...)...)
	text := string(render(t, "markdown", r))
	if len(text) > maxMarkdown || !strings.HasSuffix(text, "\n11 parts left out, as the page may not be longer: the report has all.\n") {
		t.Errorf("%d bytes, at the end %q", len(text), text[len(text)-100:])
	}
	inspectMarkdown(t, []byte(text))
	if text := markdown(r, 100); len(text) > 100+100 {
		t.Errorf("%d bytes: %q", len(text), text)
	}
}

func TestMarkdownTopics(t *testing.T) {
	skipped := fold(planned("a"), ends("a", Skipped))
	skipped.Runs[0].Name = "old"
	r := fold(planned("a", "b", "c", "d"), ends("a", Pass), ends("b", Pass), ends("c", Fail), ends("d", Skipped))
	r.Runs = append(r.Runs, skipped.Runs...)
	want := "| topic | r | old |\n|---|---:|---:|\n| t | ✗ 1 ✓ 2 | – |\n\n– nothing applies, ✓ pass, ✗ fail; skipped specs are not counted\n\n"
	if diff := cmp.Diff(want, markdownTopics(r)); diff != "" {
		t.Error(diff)
	}
}
