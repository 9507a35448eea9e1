package nsutil

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCgroups(t *testing.T) {
	text := "9:name=systemd:/\n2:cpu,cpuacct:/a:b/c\n1::/odd\n0::/user.slice/gone (deleted)\n"
	got, err := ParseCgroups(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []CgroupEntry{
		{Hierarchy: 9, Controllers: []string{"name=systemd"}, Path: "/"},
		{Hierarchy: 2, Controllers: []string{"cpu", "cpuacct"}, Path: "/a:b/c"},
		{Hierarchy: 1, Path: "/odd"},
		{Hierarchy: 0, Path: "/user.slice/gone (deleted)"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if path, ok := UnifiedCgroup(got); !ok || path != want[3].Path {
		t.Errorf("UnifiedCgroup = %q, %v", path, ok)
	}
	if path, ok := UnifiedCgroup(got[:2]); ok {
		t.Errorf("UnifiedCgroup without one = %q", path)
	}
}

func TestParseCgroupsRefuses(t *testing.T) {
	for _, text := range []string{
		"\n", "0::/", "0:/\n", "0\n", ":cpu:/\n", "x:cpu:/\n", "-1:cpu:/\n", "4294967296:cpu:/\n", "0::\n", "0::relative\n", "0::/\n\n",
	} {
		if got, err := ParseCgroups(strings.NewReader(text)); err == nil {
			t.Errorf("ParseCgroups(%q) = %+v, want an error", text, got)
		}
	}
}

func FuzzParseCgroups(f *testing.F) {
	f.Add("2:cpu,cpuacct:/a:b/c\n0::/\n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := ParseCgroups(strings.NewReader(text))
		if err == nil && len(entries) != strings.Count(text, "\n") {
			t.Errorf("%q gives %+v", text, entries)
		}
	})
}

func TestCgroupsOfSelf(t *testing.T) {
	if err := Supports(Cgroup.Feature()); err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := CgroupsOf(0)
	if want := bytes.Count(text, []byte("\n")); err != nil || len(entries) != want {
		t.Errorf("CgroupsOf(0) = %+v, %v, want %d of them", entries, err, want)
	}
}
