package reports

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestBrowser looks at reports in Chromium, as their readers do.
func TestBrowser(t *testing.T) {
	browser := startBrowser(t)
	for _, dir := range allSamples {
		text := render(t, "html", readSampleOf(t, dir))
		name := filepath.Base(dir)
		for _, width := range []int64{360, 800, 1280} {
			t.Run(fmt.Sprintf("fits %s %d", name, width), func(t *testing.T) {
				p := openTab(t, browser, text, view{Width: width, Height: 800, Script: true})
				p.fits()
				evaluate[bool](p, openAll)
				p.fits()
			})
		}
		for scheme, dark := range map[string]bool{"light": false, "dark": true} {
			t.Run(fmt.Sprintf("contrast %s %s", name, scheme), func(t *testing.T) {
				v := desktop
				v.Dark = dark
				readable(openTab(t, browser, text, v))
			})
		}
	}
	sample := render(t, "html", readSample(t))
	for name, test := range map[string]func(*testing.T, *tab){"filter": testFilter, "cells": testCells, "keyboard": testKeyboard, "links": testLinks} {
		t.Run(name, func(t *testing.T) { test(t, openTab(t, browser, sample, desktop)) })
	}
	t.Run("without script", func(t *testing.T) {
		v := desktop
		v.Script = false
		testWithoutScript(t, openTab(t, browser, sample, v))
	})
	t.Run("print", func(t *testing.T) {
		v := desktop
		v.Print = true
		testPrint(t, openTab(t, browser, render(t, "html", largeReport()), v))
	})
	t.Run("large", func(t *testing.T) { testLarge(t, openTab(t, browser, render(t, "html", largeReport()), desktop)) })
	t.Run("hostile", func(t *testing.T) { testHostile(t, browser) })
	t.Run("policy", func(t *testing.T) { testPolicy(t, browser, sample) })
}

// openAll unfolds whatever can be.
const openAll = `document.querySelectorAll("details").forEach((d) => { d.open = true }), true`

// fits fails the test if the page is wider than its window.
func (p *tab) fits() {
	p.t.Helper()
	over := evaluate[[]string](p, `document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
		Array.from(document.querySelectorAll("body *")).filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest("svg *")).map((e) => e.outerHTML.slice(0, 120)).slice(0, 5)`)
	if len(over) > 0 {
		p.t.Errorf("wider than the window: %q", over)
	}
}

// shownRows are the ids of the requirements that the matrix shows.
func shownRows(p *tab) string {
	return strings.Join(evaluate[[]string](p, `Array.from(document.querySelectorAll(".topic tr[id]")).filter((r) => r.checkVisibility()).map((r) => r.id)`), " ")
}

func testFilter(t *testing.T, p *tab) {
	all := shownRows(p)
	choose := func(name, value string) {
		evaluate[bool](p, fmt.Sprintf(`(f => { f.value = %q; f.dispatchEvent(new Event("input", { bubbles: true })); return f.value === %q })(document.querySelector("#filter [name=%s]"))`, value, value, name))
	}
	p.do(chromedp.SendKeys(chromedp.CSS("#filter [type=search]"), "sethostname PAGE(2) needs"))
	if got := shownRows(p); got != "" {
		t.Errorf("found %s, want nothing", got)
	}
	p.do(chromedp.Click(chromedp.CSS("#filter button")))
	p.do(chromedp.SendKeys(chromedp.CSS("#filter [type=search]"), "SETHOSTNAME(2) needs"))
	if got := shownRows(p); got != "uts-sethostname-needs-capability" {
		t.Errorf("found %s by words of a page and an id", got)
	}
	p.want(`location.hash === "#?q=SETHOSTNAME%282%29+needs"`)
	p.do(chromedp.Reload())
	if got := shownRows(p); got != "uts-sethostname-needs-capability" {
		t.Errorf("found %s after the page was loaded anew", got)
	}
	p.do(chromedp.Click(chromedp.CSS("#filter button")))
	if got := shownRows(p); got != all {
		t.Errorf("%s are shown without a filter, want %s", got, all)
	}
	for _, c := range []struct{ verdict, in, want string }{
		{"crash", "", "pid-wait-returns-translated"},
		{"crash", "1", ""},
		{"timeout", "0", "pid-init-exit-kills-all"},
		{"unlike-0", "1", strings.Join(differing(readSample(t)), " ")},
		{"differs", "", strings.Join(differing(readSample(t)), " ")},
	} {
		choose("verdict", c.verdict)
		choose("in", c.in)
		if got := shownRows(p); got != c.want {
			t.Errorf("%+v: shown is %s", c, got)
		}
	}
	choose("topic", "uts")
	choose("verdict", "")
	if got := shownRows(p); !strings.Contains(got, "uts-") || strings.Contains(got, "pid-") {
		t.Errorf("of the topic uts are shown %s", got)
	}
}

// differing returns the requirements that the two runs of a report do not agree about,
// in the order of the page.
func differing(r *Report) []string {
	var ids []string
	for _, topic := range newMatrix(r, newAnchors(r)).Topics {
		for _, page := range topic.Pages {
			for _, row := range page.Rows {
				if row.Cells[0].Verdict != row.Cells[1].Verdict {
					ids = append(ids, oneLine(row.ID))
				}
			}
		}
	}
	return ids
}

func testCells(t *testing.T, p *tab) {
	p.do(chromedp.Click(chromedp.CSS("#pid-wait-returns-translated td.crash")))
	p.want(`document.querySelector("dialog").open`)
	for _, text := range []string{"the kernel crashed: BUG", "host.Wait4(833) ...", "RIP: 0010:pid_nr_ns+0x10/0x40", "nsconform run --kernel debian:bookworm"} {
		p.want(fmt.Sprintf(`document.querySelector("dialog").innerText.includes(%q)`, text))
	}
	p.do(chromedp.KeyEvent(kb.Escape))
	p.want(`!document.querySelector("dialog").open`)
	p.do(chromedp.Click(chromedp.CSS("#uts-unshare-copies-names td.pass")))
	p.want(`document.querySelector("#uts-unshare-copies-names details").open`)
	p.want(`!document.querySelector("dialog").open`)
}

func testKeyboard(t *testing.T, p *tab) {
	p.do(chromedp.KeyEvent("/"))
	p.want(`document.activeElement.name === "q"`)
	evaluate[bool](p, `form.reset(), filter(), true`) // a key of the protocol's is typed although it was taken
	evaluate[bool](p, `document.querySelector("#uts-unshare-copies-names summary").focus(), true`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.want(`document.querySelector("#uts-unshare-copies-names details").open`)
	evaluate[bool](p, `document.querySelector("#pid-wait-returns-translated td a").focus(), true`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.want(`document.querySelector("dialog").open && document.querySelector("dialog").contains(document.activeElement)`)
	p.do(chromedp.KeyEvent(kb.Escape))
	p.want(`document.activeElement.matches("#pid-wait-returns-translated td a")`)
	p.want(`Array.from(document.querySelectorAll("table")).every((table) => table.querySelector("thead th") && Array.from(table.querySelectorAll("th")).every((th) => th.scope))`)
	p.want(`Array.from(document.querySelectorAll("input, select")).every((field) => field.ariaLabel)`)
}

// testLinks follows links to what is folded away.
func testLinks(t *testing.T, p *tab) {
	evaluate[bool](p, `document.querySelectorAll("details").forEach((d) => { d.open = false }), true`)
	evaluate[bool](p, `location.hash = document.querySelector("#pid-wait-returns-translated td a").hash, true`)
	shown := `(() => { const target = document.querySelector(":target"), box = target.getBoundingClientRect(); return target.checkVisibility() && box.top >= -1 && box.top < innerHeight })()`
	if err := chromedp.Do(p.ctx, void(chromedp.Poll[bool](shown))); err != nil {
		t.Error(err)
	}
	evaluate[bool](p, `location.hash = "pid-nesting-limit-32", true`)
	if err := chromedp.Do(p.ctx, void(chromedp.Poll[bool](shown+` && document.querySelector(":target details").open`))); err != nil {
		t.Error(err)
	}
}

// testWithoutScript: all there is to read can be unfolded.
func testWithoutScript(t *testing.T, p *tab) {
	p.want(`document.getElementById("filter").hidden`)
	evaluate[bool](p, openAll)
	hidden := evaluate[[]string](p, `Array.from(document.querySelectorAll("main p, main li, main td, main th, main pre, main dd, main summary"))
		.filter((e) => e.textContent.trim() && !e.checkVisibility() && !e.closest("form")).map((e) => e.outerHTML.slice(0, 120))`)
	if len(hidden) > 0 {
		t.Errorf("cannot be seen: %q", hidden)
	}
	evaluate[bool](p, `document.querySelectorAll("details").forEach((d) => { d.open = false }), true`)
	evaluate[bool](p, `location.hash = document.querySelector("#pid-wait-returns-translated td a").hash, true`)
	p.want(`document.querySelector(":target").checkVisibility()`)
}

func testPrint(t *testing.T, p *tab) {
	p.want(`!["#filter", "nav"].some((part) => document.querySelector(part).checkVisibility())`)
	p.want(`document.querySelectorAll("details.topic:not([open])").length > 0`)
	p.want(fmt.Sprintf(`Array.from(document.querySelectorAll(".topic tr[id]")).filter((row) => row.checkVisibility()).length === %d`, largeRequirements))
	p.want(`Array.from(document.querySelectorAll(".again dl")).every((list) => list.checkVisibility())`)
}

func testLarge(t *testing.T, p *tab) {
	size, err := os.Stat(p.file)
	if err != nil {
		t.Fatal(err)
	}
	nodes := evaluate[int](p, `document.getElementsByTagName("*").length`)
	loaded := evaluate[float64](p, `performance.getEntriesByType("navigation")[0].loadEventEnd`)
	filtered := evaluate[float64](p, `(() => {
		const began = performance.now();
		form.elements.verdict.value = "not-pass";
		form.dispatchEvent(new Event("input"));
		document.body.offsetHeight;
		return performance.now() - began;
	})()`)
	t.Logf("%d bytes, %d elements, loaded in %.0f ms, filtered in %.0f ms", size.Size(), nodes, loaded, filtered)
	if nodes > 100_000 {
		t.Errorf("%d elements are too many for a page", nodes)
	}
	evaluate[bool](p, `document.querySelectorAll(".topic, .card, .pair").forEach((part, i) => { part.open = i % 20 === 0 }), true`)
	p.fits()
	p.do(chromedp.EmulateViewport(360, 740))
	p.fits()
	evaluate[bool](p, `document.querySelector(".topic:not([hidden])").open = true`)
	for _, row := range []string{".topic[open] thead tr", ".topic[open] tr[id]"} {
		p.want(fmt.Sprintf(`new Set(Array.from(Array.from(document.querySelectorAll(%q)).find((row) => row.checkVisibility()).cells).slice(1)
			.map((cell) => cell.getBoundingClientRect().bottom)).size === 1`, row))
	}
}

// void forgets what an action returns.
func void[T any](a chromedp.Action[T]) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := a(ctx, target)
		return err
	})
}
