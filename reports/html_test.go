package reports

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// inspectHTML parses a report and fails the test if it could load or run anything
// but what the template itself has.
func inspectHTML(t *testing.T, text []byte) (ids, links map[string]bool) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	ids, links = map[string]bool{}, map[string]bool{}
	scripts, styles := 0, 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "script":
			scripts++
		case "style":
			styles++
		case "img", "link", "iframe", "object", "embed", "base", "image", "use", "foreignobject", "animate", "set":
			t.Errorf("a %s element", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href":
				links[a.Val] = true
				if !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "https://man7.org/linux/man-pages/man") {
					t.Errorf("a link to %q", a.Val)
				}
			case a.Key == "src" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("attribute %s=%q of %s", a.Key, a.Val, n.Data)
			}
		}
	}
	if scripts != 1 || styles != 1 {
		t.Errorf("%d scripts and %d styles, want the filter and the page's own alone", scripts, styles)
	}
	return ids, links
}

func TestHTMLRunsNothingOfAGuest(t *testing.T) {
	for _, dir := range []string{specSample, mutantSample, knownSample, expectSample} {
		r := readSampleOf(t, dir)
		ids, links := inspectHTML(t, render(t, "html", r))
		leadSomewhere(t, ids, links)
		for _, q := range r.Runs[0].Begin.Requirements {
			if !ids[oneLine(q.ID)] {
				t.Errorf("no anchor for requirement %q", q.ID)
			}
		}
	}
}

// leadSomewhere fails the test if a link within the page leads nowhere.
func leadSomewhere(t *testing.T, ids, links map[string]bool) {
	t.Helper()
	for link := range links {
		if target, local := strings.CutPrefix(link, "#"); local {
			if target, err := url.PathUnescape(target); err != nil || !ids[target] {
				t.Errorf("nothing has the anchor %q", link)
			}
		}
	}
}

// TestPicturesAreDrawnAndNothingElse: what a guest names stays text in them.
func TestPicturesAreDrawnAndNothingElse(t *testing.T) {
	doc, err := html.Parse(bytes.NewReader(render(t, "html", readSampleOf(t, benchSample))))
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]int{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Namespace != "svg" {
			continue
		}
		drawn[n.Data]++
		for _, a := range n.Attr {
			if a.Key == "style" || a.Key == "href" || strings.Contains(a.Val, "NaN") || strings.Contains(a.Val, "Inf") || strings.Contains(a.Val, "ZgotmplZ") {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	for _, want := range []string{"svg", "title", "g", "line", "circle", "rect", "path", "text"} {
		if drawn[want] == 0 {
			t.Errorf("no %s is drawn", want)
		}
		delete(drawn, want)
	}
	if len(drawn) > 0 {
		t.Errorf("also drawn: %v", drawn)
	}
}

func TestHTMLOfAnyEnd(t *testing.T) {
	for want, r := range map[string]*Report{
		"Nothing ran":                           {},
		"1 requirement held, none was violated": fold(planned("a"), ends("a", Pass), runEnds(RunEnd{})),
		"No requirement held, 1 requirement did not, as expected": fold(planned("a"), ends("a", XFail), runEnds(RunEnd{})),
		"1 requirement held, 1 requirement did not, in a way that is known, 1 requirement did not, as expected": fold(
			planned("a", "b", "c"), ends("a", XFail), ends("b", Known), ends("c", Pass), runEnds(RunEnd{})),
		"1 requirement held, although not expected to":          fold(planned("a"), ends("a", XPass), runEnds(RunEnd{})),
		"1 requirement did not hold":                            fold(planned("a"), ends("a", Crash)),
		"No violation seen, but the results are incomplete":     fold(planned("a")),
		"Interrupted: the results are incomplete":               fold(planned("a"), runEnds(RunEnd{Interrupted: true})),
		"1 of 1 mutant killed":                                  fold(plannedMutants("m"), graded("m", Killed), runEnds(RunEnd{})),
		"0 of 1 mutant killed":                                  fold(plannedMutants("m"), graded("m", Survived), runEnds(RunEnd{})),
		"1 of 2 mutants killed, but the results are incomplete": fold(plannedMutants("m", "n"), graded("m", Killed)),
		"No mutant applies":                                     fold(plannedMutants("m"), graded("m", NotApplicable), runEnds(RunEnd{})),
		"The mutants’ module alone changes verdicts":            fold(plannedMutants(NoMutant), graded(NoMutant, Disturbs)),
		"The mutants’ module alone changes no verdict":          fold(plannedMutants(NoMutant), graded(NoMutant, Harmless), runEnds(RunEnd{})),

		"1 benchmark measured": fold(plannedBenchmarks("a"), measured("a", 1), runEnds(RunEnd{})),
		"1 of 2 benchmarks measured, but the results are incomplete": fold(plannedBenchmarks("a", "b"), measured("a", 1), runEnds(RunEnd{})),
		"No benchmark applies": fold(plannedBenchmarks("a"), notMeasured("a", Measurement{Skip: &Skip{Code: SkipArch}}), runEnds(RunEnd{})),
	} {
		text := string(render(t, "html", r))
		if !strings.Contains(text, "<h1>"+want+"</h1>") {
			t.Errorf("headline is not %q", want)
		}
	}
}

func TestManualURL(t *testing.T) {
	for page, want := range map[string]string{
		"uts_namespaces(7)":        "https://man7.org/linux/man-pages/man7/uts_namespaces.7.html",
		"clone(2)":                 "https://man7.org/linux/man-pages/man2/clone.2.html",
		"NS_GET_USERNS(2const)":    "https://man7.org/linux/man-pages/man2/NS_GET_USERNS.2const.html",
		"ktap.rst":                 "",
		"javascript:alert(1)//(7)": "",
		"../../x(7)":               "",
		"x(9)":                     "",
	} {
		if got := manualURL(page); got != want {
			t.Errorf("%s: %q, want %q", page, got, want)
		}
	}
}
