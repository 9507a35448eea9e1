package spec

import (
	"slices"
	"testing"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

func TestDeviationOfVersions(t *testing.T) {
	version := func(text string) nsutil.Version {
		v, err := nsutil.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	inOne := Deviation{Since: version("5.10.261"), Before: []nsutil.Version{version("5.10.265")}}
	inMany := Deviation{Since: version("5.8"), Before: []nsutil.Version{version("6.12.117"), version("7.3.4")}}
	unmended := Deviation{Since: version("1.7")}
	for _, row := range []struct {
		d        Deviation
		versions map[string]bool
	}{
		{unmended, map[string]bool{"1.6": false, "1.7": true, "1.29.1": true, "2.0": true}},
		{inOne, map[string]bool{
			"5.10.260": false, "5.10.261": true, "5.10.264": true, "5.10.265": false,
			"5.10.0": false, "5.11": false, "6.1.262": false, "5.4.262": false,
		}},
		{inMany, map[string]bool{
			"5.7.19": false, "5.8": true, "6.1.192": true, "6.12.116": true, "6.12.117": false, "6.12.118": false,
			"6.13": true, "7.2.13": true, "7.3.3": true, "7.3.4": false, "7.4": false,
		}},
	} {
		for text, want := range row.versions {
			if got := row.d.of(version(text)); got != want {
				t.Errorf("%v of %s: %v", row.d.Before, text, got)
			}
		}
	}
}

func TestOnlyProgramsThatASpecRunsAreExpectedToDeviate(t *testing.T) {
	of := func(program string) Deviation {
		return Deviation{Deviation: reports.Deviation{ID: "of-" + program, Program: program}, Since: nsutil.Version{Major: 1, Minor: 7}}
	}
	Gates = map[string]Gate{"some": {Deviations: []Deviation{of("crun"), of("runc")}}, "other": {Deviations: []Deviation{of("crun")}}}
	t.Cleanup(func() { Gates = nil })
	for _, row := range []struct {
		runs []Program
		want []string
	}{
		{nil, nil},
		{[]Program{{Version: "crun 1.8.1"}}, []string{"of-crun"}},
		{[]Program{{Version: "crun 1.8.1"}, {Version: "runc 1.7.0+ds1"}, {Version: "crun 1.8.1"}}, []string{"of-crun", "of-runc"}},
		{[]Program{{Version: "crun 1.6"}, {Version: "crun"}, {}}, nil},
	} {
		r := &running{requirements: []string{"some", "other"}}
		for _, p := range row.runs {
			r.runs(p)
		}
		var got []string
		for _, d := range r.expected {
			got = append(got, d.ID)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("of %v %v is expected, want %v", row.runs, got, row.want)
		}
	}
}

func TestWhatShowsSometimesIsNotMissed(t *testing.T) {
	always, sometimes := Deviation{Deviation: reports.Deviation{ID: "always"}}, Deviation{Deviation: reports.Deviation{ID: "sometimes"}, Sometimes: true}
	for _, row := range []struct {
		expected []Deviation
		want     string
	}{
		{nil, ""}, {[]Deviation{sometimes}, ""}, {[]Deviation{sometimes, always}, "always"},
	} {
		got := ""
		if d := (&running{expected: row.expected}).unseen(); d != nil {
			got = d.ID
		}
		if got != row.want {
			t.Errorf("of %v %q is missed, want %q", row.expected, got, row.want)
		}
	}
}
