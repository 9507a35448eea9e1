package reports

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"
)

// hostile is text that wants to be more than that.
var hostile = []string{
	`</script><script>window.owned=1</script>`,
	`"><img src=x onerror="window.owned=1">`,
	`' onmouseover='window.owned=1' autofocus onfocus='window.owned=1`,
	`</title></style></textarea><svg onload=window.owned=1>`,
	`javascript:window.owned=1`,
	`--><iframe src="javascript:parent.owned=1"></iframe><link rel=stylesheet href=http://192.0.2.1/x.css>`,
	`{{.}}${window.owned=1}`,
	"\u202egnp.exe \u2066\u0000\x1b[31m\x7f",
}

// testHostile shows a report each of whose texts is hostile, the hostname, the release
// and the console's lines included.
func testHostile(t *testing.T, browser context.Context) {
	r := &Report{}
	for i, text := range hostile {
		for _, e := range sampleEvents(t) {
			poison(reflect.ValueOf(&e).Elem(), text)
			e.Run += string(rune('a' + i))
			r.Apply(e)
		}
	}
	r.Close()
	text := render(t, "html", r)
	harmless(t, string(text))
	p := openTab(t, browser, text, desktop)
	evaluate[bool](p, openAll)
	evaluate[bool](p, `document.querySelectorAll("*").forEach((e) => { e.dispatchEvent(new Event("mouseover")); e.focus && e.focus() }), document.querySelector("td a").click(), true`)
	p.want(`window.owned === undefined`)
	p.want(`document.scripts.length === 1 && document.querySelectorAll("style").length === 1`)
	p.want(`!document.querySelector("img, iframe, object, embed, link, base, form[action], [onload], [onerror], [onfocus], [onmouseover]")`)
	p.want(`Array.from(document.links).every((link) => link.getAttribute("href").startsWith("#") || link.protocol === "https:" && link.hostname === "man7.org")`)
	for _, text := range hostile {
		if want := oneLine(text); !evaluate[bool](p, `document.body.textContent.includes(`+quoted(want)+`)`) {
			t.Errorf("%q is not to be read", want)
		}
	}
	p.fits()
}

// poison appends text to whatever is text and not from a closed set.
func poison(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() && v.CanSet() {
			v.SetString(v.String() + text)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), text)
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), text)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if v.Type().Elem().Kind() == reflect.String {
				v.SetMapIndex(reflect.ValueOf(key.String()+text), reflect.ValueOf(text))
			}
		}
	}
}

// quoted writes text as a literal of JavaScript.
func quoted(text string) string {
	return "`" + strings.NewReplacer("\\", `\\`, "`", "\\`", "$", `\$`).Replace(text) + "`"
}

// testPolicy has a guest's text become markup, which nothing lets it: the page's policy
// still keeps it from running and loading anything.
func testPolicy(t *testing.T, browser context.Context, text []byte) {
	evil := `<script>window.owned=1</script><img src="http://192.0.2.1/x.png" onerror="window.owned=1"><a id="evil" href="javascript:window.owned=1">x</a>`
	p := openTab(t, browser, bytes.Replace(text, []byte("</main>"), []byte(evil+"</main>"), 1), desktop)
	p.expected = true
	evaluate[bool](p, `document.getElementById("evil").click(), true`)
	p.want(`window.owned === undefined`)
	p.want(`form && !form.hidden`)
	p.mu.Lock()
	defer p.mu.Unlock()
	if said := strings.Join(p.said, "\n"); strings.Count(said, "Content Security Policy") < 3 {
		t.Errorf("the browser refused no more than %s", said)
	}
}
