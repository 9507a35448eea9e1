package reports

import (
	"encoding/xml"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// xmlNode is an element of any XML.
type xmlNode struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []xmlNode  `xml:",any"`
}

func (n xmlNode) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// junitRules are what the readers of JUnit XML agree about: Jenkins, GitLab, GitHub's
// actions. Attributes are needed, those behind a question mark may be there; children
// are in this order.
var junitRules = map[string]struct{ attrs, children string }{
	"testsuites": {"name tests failures errors skipped time", `(testsuite )*`},
	"testsuite":  {"name tests failures errors skipped time ?timestamp", `(properties )?(testcase )+`},
	"properties": {"", `(property )*`},
	"property":   {"name value", ``},
	"testcase":   {"name classname time ?file", `(properties )?(skipped |failure |error )?(system-err )?`},
	"skipped":    {"message ?type", ``},
	"failure":    {"message type", ``},
	"error":      {"message type", ``},
	"system-err": {"", ``},
}

var (
	junitTime   = regexp.MustCompile(`^[0-9]+\.[0-9]{6}$`)
	junitMoment = regexp.MustCompile(`^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$`)
)

// checkJUnit fails the test if text is no XML, or not as the rules have it, or if its
// counts are wrong.
func checkJUnit(t testing.TB, text []byte) {
	t.Helper()
	var root xmlNode
	if err := xml.Unmarshal(text, &root); err != nil || root.XMLName.Local != "testsuites" {
		t.Fatalf("%v, the root is %q:\n%s", err, root.XMLName.Local, text)
	}
	checkJUnitNode(t, root)
	all := map[string]int{}
	for _, suite := range root.Children {
		own := map[string]int{"tests": 0}
		for _, c := range suite.Children {
			if c.XMLName.Local != "testcase" {
				continue
			}
			own["tests"]++
			for _, outcome := range c.Children {
				own[map[string]string{"failure": "failures", "error": "errors", "skipped": "skipped"}[outcome.XMLName.Local]]++
			}
		}
		checkJUnitCounts(t, suite, own)
		for name, n := range own {
			all[name] += n
		}
	}
	checkJUnitCounts(t, root, all)
}

func checkJUnitCounts(t testing.TB, n xmlNode, want map[string]int) {
	t.Helper()
	for _, name := range []string{"tests", "failures", "errors", "skipped"} {
		if got := n.attr(name); got != strconv.Itoa(want[name]) {
			t.Errorf("%s %q has %s %s, counted %d", n.XMLName.Local, n.attr("name"), got, name, want[name])
		}
	}
}

func checkJUnitNode(t testing.TB, n xmlNode) {
	t.Helper()
	rule, ok := junitRules[n.XMLName.Local]
	if !ok || n.XMLName.Space != "" {
		t.Errorf("JUnit has no element %v", n.XMLName)
	}
	var attrs []string
	for _, a := range n.Attrs {
		attrs = append(attrs, a.Name.Local)
		if a.Name.Local == "time" && !junitTime.MatchString(a.Value) || a.Name.Local == "timestamp" && !junitMoment.MatchString(a.Value) {
			t.Errorf("%s %q is none", a.Name.Local, a.Value)
		}
	}
	for _, want := range strings.Fields(rule.attrs) {
		name, optional := strings.CutPrefix(want, "?")
		if i := slices.Index(attrs, name); i >= 0 {
			attrs = slices.Delete(attrs, i, i+1)
		} else if !optional {
			t.Errorf("%s lacks %s", n.XMLName.Local, name)
		}
	}
	if len(attrs) > 0 {
		t.Errorf("%s has %v, too", n.XMLName.Local, attrs)
	}
	children := ""
	for _, c := range n.Children {
		children += c.XMLName.Local + " "
		checkJUnitNode(t, c)
	}
	if !regexp.MustCompile(`^(` + rule.children + `)$`).MatchString(children) {
		t.Errorf("%s has the children %q", n.XMLName.Local, children)
	}
}

func TestJUnitStructure(t *testing.T) {
	for _, dir := range allSamples {
		checkJUnit(t, render(t, "junit", readSampleOf(t, dir)))
	}
	checkJUnit(t, render(t, "junit", &Report{}))
}
