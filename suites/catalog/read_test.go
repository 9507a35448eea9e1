package catalog

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
)

func TestReadRefusesMistakes(t *testing.T) {
	const head = "topic: uts\ntitle: T\nrequirements:\n"
	good := entryText("uts-a", "p(1)", "S", "")
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"empty file", "", []string{`uts.yaml:1: the file is empty`}},
		{"syntax", "topic: [", []string{`uts.yaml:1: did not find expected node content`}},
		{"not a mapping", "hello", []string{`uts.yaml:1: want a mapping of fields, have "hello"`}},
		{"other topic", "topic: ipc\ntitle: T\nrequirements:\n" + good,
			[]string{`uts.yaml:1: topic is "ipc", want the file's name, "uts"`}},
		{"no title", "topic: uts\nrequirements:\n" + good, []string{`uts.yaml:1: title is missing`}},
		{"no requirements", "topic: uts\ntitle: T\n", []string{`uts.yaml:1: requirements are missing`}},
		{"unknown top field", "topic: uts\ntitle: T\ndone: yes\nrequirements:\n" + good,
			[]string{`uts.yaml:3: unknown field "done": want one of topic, title, finished, requirements, deviations`}},
		{"finished names nothing", "topic: uts\ntitle: T\nfinished: [all, q(1), \"p(1): S\", \"p(1): X\"]\nrequirements:\n" + good, []string{
			`uts.yaml:3: finished names "q(1)", but no requirement of the file is in it: want all, a page or "PAGE: SECTION"`,
			`uts.yaml:3: finished names "p(1): X", but no requirement of the file is in it: want all, a page or "PAGE: SECTION"`,
		}},
		{"missing fields", head + "- {id: uts-a}\n- {page: p(1)}\n", []string{
			`uts.yaml:4: uts-a statement is missing`, `uts.yaml:4: uts-a page is missing`,
			`uts.yaml:4: uts-a section is missing`, `uts.yaml:4: uts-a level is missing`,
			`uts.yaml:4: uts-a kind is missing`, `uts.yaml:4: uts-a tier is missing`,
			`uts.yaml:5: id is missing`, `uts.yaml:5: statement is missing`, `uts.yaml:5: section is missing`,
			`uts.yaml:5: level is missing`, `uts.yaml:5: kind is missing`, `uts.yaml:5: tier is missing`,
		}},
		{"bad words", head + "- id: Uts_A\n  statement: Ends.\n  page: p(1)\n  section: S\n  level: should\n  kind: err\n  tier: rim\n", []string{
			`uts.yaml:4: bad id "Uts_A": want at most 56 lower-case letters, digits and single hyphens`,
			`uts.yaml:5: Uts_A: want the statement on one line without a full stop`,
			`uts.yaml:8: Uts_A: "should" is none of: must may`,
			`uts.yaml:9: Uts_A: "err" is none of: semantics errno permission proc-format lifetime version`,
			`uts.yaml:10: Uts_A: "rim" is none of: core peripheral`,
		}},
		{"long id", head + entryText("uts-"+strings.Repeat("x", 53), "p(1)", "S", ""),
			[]string{`uts.yaml:4: bad id "uts-` + strings.Repeat("x", 53) + `": want at most 56 lower-case letters, digits and single hyphens`}},
		{"bad since", head + entryText("uts-a", "p(1)", "S", `, since: "~6.3"`) + entryText("uts-b", "p(1)", "S", `, since_checked: false`) +
			entryText("uts-c", "p(1)", "S", `, since: "999999.1"`), []string{
			`uts.yaml:4: uts-a: since is "~6.3", want a version such as 6.9`,
			`uts.yaml:5: uts-b: since_checked without since`,
			`uts.yaml:6: uts-c: parse kernel version "999999.1": does not start with a number like 6.12 or 6.1.0`,
		}},
		{"bad lists", head + entryText("uts-a", "p(1)", "S", `, needs: [luck], kconfig: [UTS_NS], inventory: [uts-1]`), []string{
			`uts.yaml:4: uts-a: unknown need "luck": see needs.go for the closed set`,
			`uts.yaml:4: uts-a: bad option "UTS_NS": want something like CONFIG_UTS_NS`,
			`uts.yaml:4: uts-a: bad inventory id "uts-1": want something like UTS-ISO-01`,
		}},
		{"duplicates", head + entryText("uts-a", "p(1)", "S", `, inventory: [A-1]`) + entryText("uts-a", "p(1)", "S", `, inventory: [A-1]`), []string{
			`uts.yaml:5: uts-a is at uts.yaml:4 already`, `uts.yaml:5: A-1 is at uts.yaml:4 already`,
		}},
		{"two excuses", head + entryText("uts-a", "p(1)", "S", `, hard: H, untestable: U`),
			[]string{`uts.yaml:4: uts-a: both hard and untestable`}},
		{"unknown field and bad level", head + "- id: uts-a\n  text: S\n  statement: S\n  page: p(1)\n  section: S\n  level: shall\n  kind: errno\n  tier: core\n", []string{
			`uts.yaml:5: unknown field "text": want one of id, statement, page, section, level, since, since_checked, kind, needs, kconfig, inventory, differs, hard, untestable, tier`,
			`uts.yaml:9: uts-a: "shall" is none of: must may`,
		}},
		{"bad deviation", head + good + "deviations:\n- {id: D, requirements: [uts-b]}\n- id: d\n  statement: S\n  since: \"5.10.9\"\n  before: [\"5.9\"]\n  evidence: E\n  url: U\n", []string{
			`uts.yaml:6: deviation D: statement is missing`, `uts.yaml:6: deviation D: since is missing`, `uts.yaml:6: deviation D: before is missing`,
			`uts.yaml:6: deviation D: evidence is missing`, `uts.yaml:6: deviation D: url is missing`,
			`uts.yaml:6: bad id "D": want at most 56 lower-case letters, digits and single hyphens`,
			`uts.yaml:10: deviation d: since 5.10.9 and before 5.9 are not in order`,
			`uts.yaml:6: deviation D: there is no requirement uts-b`,
			`uts.yaml:7: deviation d: requirements are missing`,
		}},
		{"bad deviation of a program", head + good + "deviations:\n- {id: d, requirements: [uts-a], statement: S, program: brun, since: \"1.7\", evidence: E, url: U}\n",
			[]string{`uts.yaml:6: deviation d: "brun" is none of: crun iproute2 runc util-linux`}},
		{"wrong type", head + entryText("uts-a", "p(1)", "S", `, needs: root`),
			[]string{"uts.yaml:4: cannot unmarshal !!str `root` into []string"}},
		{"field twice", head + "- id: uts-a\n  id: uts-b\n", []string{`uts.yaml:5: mapping key "id" already defined at line 4`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(fstest.MapFS{"uts.yaml": {Data: []byte(test.text)}})
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(strings.Join(test.want, "\n"), err.Error()); diff != "" {
				t.Errorf("error (-want +have):\n%s", diff)
			}
		})
	}
}

func TestReadListsProblemsOfAllFiles(t *testing.T) {
	bad := []byte("title: T\n")
	_, err := read(fstest.MapFS{"ipc.yaml": {Data: bad}, "uts.yaml": {Data: bad}})
	for _, want := range []string{`ipc.yaml:1: topic is ""`, `uts.yaml:1: topic is ""`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func TestReadKeepsEveryField(t *testing.T) {
	c := fixture(t, map[string]string{"uts": `topic: uts
title: UTS namespaces
finished: [all]
requirements:
- id: uts-a
  statement: The statement
  page: p(1)
  section: S
  level: may
  since: "6.9"
  since_checked: false
  kind: lifetime
  needs: [userns]
  kconfig: [CONFIG_UTS_NS]
  inventory: [UTS-A-01, UTS-A-02]
  differs: D
  hard: H
  tier: peripheral
`})
	want := Requirement{
		ID: "uts-a", Topic: "uts", Statement: "The statement", Page: "p(1)", Section: "S",
		Level: May, Kind: Lifetime, Tier: Peripheral, Since: version(t, "6.9"), SinceUnchecked: true,
		Needs: []string{"userns"}, Kconfig: []string{"CONFIG_UTS_NS"}, Inventory: []string{"UTS-A-01", "UTS-A-02"},
		Differs: "D", Hard: "H",
	}
	if diff := cmp.Diff([]Requirement{want}, c.requirements); diff != "" {
		t.Errorf("requirements (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff([]Topic{{"uts", "UTS namespaces", []string{"all"}}}, c.topics); diff != "" {
		t.Errorf("topics (-want +have):\n%s", diff)
	}
}

func TestDeviations(t *testing.T) {
	c := fixture(t, map[string]string{"uts": "topic: uts\ntitle: T\nrequirements:\n" + entryText("uts-a", "p(1)", "S", "") + entryText("uts-b", "p(1)", "S", "") + `deviations:
- {id: uts-d, requirements: [uts-a], statement: S, since: "5.10.261", before: ["5.10.265", "7.3.4"], evidence: E, url: U}
`})
	want := Deviation{
		ID: "uts-d", Requirements: []string{"uts-a"}, Statement: "S", Evidence: "E", URL: "U",
		Since: version(t, "5.10.261"), Before: []nsutil.Version{version(t, "5.10.265"), version(t, "7.3.4")},
	}
	if diff := cmp.Diff([]Deviation{want}, c.deviationsFrom("uts-a")); diff != "" {
		t.Errorf("deviations (-want +have):\n%s", diff)
	}
	if from := c.deviationsFrom("uts-b"); len(from) > 0 {
		t.Errorf("%v are deviations from another requirement", from)
	}
	for text, d := range map[string]Deviation{
		"Linux 5.10.261 to before 5.10.265, 7.3.4": want,
		"crun 0.1 to before 1.18":                  {Program: "crun", Since: version(t, "0.1"), Before: []nsutil.Version{version(t, "1.18")}},
		"crun 1.8.4 and later, sometimes":          {Program: "crun", Since: version(t, "1.8.4"), Sometimes: true},
	} {
		if of := d.Of(); of != text {
			t.Errorf("it is of %q, want %q", of, text)
		}
	}
}
