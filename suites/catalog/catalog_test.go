package catalog

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/nsconform/nsconform/nsutil"
)

// fixture reads a catalog from topic file contents, which must be right.
func fixture(t *testing.T, topics map[string]string) *catalog {
	t.Helper()
	fsys := fstest.MapFS{}
	for topic, text := range topics {
		fsys[topic+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := read(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// entryText is a requirement with only what one must have.
func entryText(id, page, section, more string) string {
	return "- {id: " + id + ", statement: S, page: " + page + ", section: " + section +
		", level: must, kind: errno, tier: core" + more + "}\n"
}

func ids(requirements []Requirement) []string {
	var all []string
	for _, r := range requirements {
		all = append(all, r.ID)
	}
	return all
}

func TestEmbeddedCatalogLoads(t *testing.T) {
	if err := Load(); err != nil {
		t.Fatal(err)
	}
	all := All()
	if !slices.IsSortedFunc(all, func(a, b Requirement) int {
		return strings.Compare(a.Topic+" "+a.ID, b.Topic+" "+b.ID)
	}) {
		t.Error("All is not sorted by topic and id")
	}
	for _, topic := range Topics() {
		if !slices.ContainsFunc(all, func(r Requirement) bool { return r.Topic == topic.Name }) {
			t.Errorf("topic %s has no requirement", topic.Name)
		}
	}
}

// TestWholeInventoryIsInTheCatalog holds that no documented statement was lost
// on the way into the catalog.
func TestWholeInventoryIsInTheCatalog(t *testing.T) {
	data, err := os.ReadFile("testdata/inventory.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(string(data))
	var have []string
	for _, r := range All() {
		have = append(have, r.Inventory...)
	}
	slices.Sort(want)
	slices.Sort(have)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("inventory (-) and the catalog's inventory ids (+) differ:\n%s", diff)
	}
}

func TestEveryNeedIsUsed(t *testing.T) {
	unused := Needs()
	for _, r := range All() {
		for _, need := range r.Needs {
			delete(unused, need)
		}
	}
	for need := range unused {
		t.Errorf("no requirement needs %q: remove it", need)
	}
}

func TestGet(t *testing.T) {
	for _, id := range []string{"uts-hostname-per-namespace", "UTS-ISO-01", "uts-iso-01"} {
		r, ok := Get(id)
		if !ok || r.ID != "uts-hostname-per-namespace" || r.Topic != "uts" {
			t.Errorf("Get(%q) = %q of %q, %v", id, r.ID, r.Topic, ok)
		}
	}
	if r, ok := Get("uts-iso-99"); ok {
		t.Errorf("Get of an unknown id = %q", r.ID)
	}
}

func TestSinceGates(t *testing.T) {
	for _, test := range []struct {
		since, kernel, text string
		applies             bool
	}{
		{"", "2.6.32", "", true},
		{"6.9", "6.8.12", "6.9", false},
		{"6.9", "6.9", "6.9", true},
		{"6.9", "6.12.57+deb13-amd64", "6.9", true},
		{"2.6.30", "2.6.29", "2.6.30", false},
		{"7.3", "7.3-rc7", "7.3", true},
	} {
		var r Requirement
		if test.since != "" {
			r.Since = version(t, test.since)
		}
		if got := r.AppliesTo(version(t, test.kernel)); got != test.applies {
			t.Errorf("since %q applies to %s: %v", test.since, test.kernel, got)
		}
		if got := r.SinceText(); got != test.text {
			t.Errorf("since %q prints as %q", test.since, got)
		}
	}
}

func version(t *testing.T, release string) nsutil.Version {
	t.Helper()
	v, err := nsutil.ParseVersion(release)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
