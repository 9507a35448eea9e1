package nsutil

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseVersion(t *testing.T) {
	for release, want := range map[string]Version{
		"6.1.0-39-cloud-amd64":   {6, 1, 0},
		"6.12":                   {6, 12, 0},
		"7.3-rc7":                {7, 3, 0},
		"6.18.44-fc-v669":        {6, 18, 44},
		"5.10.0-30-arm64":        {5, 10, 0},
		"4.19.128-microsoft":     {4, 19, 128},
		"6.8.0+":                 {6, 8, 0},
		"6.16~rc1+2":             {6, 16, 0},
		"2.6.32.71":              {2, 6, 32},
		"3.10.0-1160.el7.x86_64": {3, 10, 0},
	} {
		if got, err := ParseVersion(release); err != nil || got != want {
			t.Errorf("ParseVersion(%q) = %v, %v, want %v", release, got, err, want)
		}
	}
	for _, release := range []string{
		"", "6", "6.", "6.x", "v6.1", "linux", ".1", "-6.1", "6.-1", "6.1.", "6..1", "6.1\n", " 6.1", "6.1 ", "6.1.2.3.4",
		"123456.1", "6.99999999999999999999", "6.1.123456",
	} {
		if got, err := ParseVersion(release); err == nil {
			t.Errorf("ParseVersion(%q) = %v, want an error", release, got)
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	f.Add("6.1.0-39-cloud-amd64")
	f.Add("7.3-rc7")
	f.Fuzz(func(t *testing.T, release string) {
		v, err := ParseVersion(release)
		if err != nil {
			return
		}
		if again, err := ParseVersion(v.String()); err != nil || again != v {
			t.Errorf("%q is %v, which is %v, %v", release, v, again, err)
		}
	})
}

func TestCompareVersions(t *testing.T) {
	sorted := []Version{{}, {2, 6, 32}, {5, 9, 0}, {5, 10, 0}, {5, 10, 1}, {6, 0, 0}, {6, 18, 44}, {10, 0, 0}}
	shuffled := slices.Clone(sorted)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, Version.Compare)
	if diff := cmp.Diff(sorted, shuffled); diff != "" {
		t.Error(diff)
	}
	v := Version{5, 10, 0}
	if !v.AtLeast(v) || !v.AtLeast(Version{5, 9, 200}) || v.AtLeast(Version{5, 10, 1}) || v.AtLeast(Version{6, 0, 0}) {
		t.Error("AtLeast does not agree with the order of versions")
	}
}

func TestRunning(t *testing.T) {
	if v, err := Running(); err != nil || !v.AtLeast(Version{3, 0, 0}) {
		t.Errorf("Running() = %v, %v", v, err)
	}
}

func TestUpstreamVersion(t *testing.T) {
	for _, row := range []struct {
		release, version string
		want             Version
	}{
		{"5.10.0-46-cloud-amd64", "#1 SMP Debian 5.10.262-1 (2026-07-31)", Version{5, 10, 262}},
		{"6.12.117+deb13-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-11-01)", Version{6, 12, 117}},
		{"6.18.44-fc-v669", "#1 SMP PREEMPT_DYNAMIC Mon Nov 2 10:00:00 UTC 2026", Version{6, 18, 44}},
		{"5.15.0-91-generic", "#101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023", Version{5, 15, 0}},
		{"6.1.5", "built with 6.1.3 and 7.1.9", Version{6, 1, 5}},
	} {
		if got, err := upstream(row.release, row.version); err != nil || got != row.want {
			t.Errorf("upstream(%q, %q) = %v, %v, want %v", row.release, row.version, got, err, row.want)
		}
	}
	if got, err := upstream("linux", "6.1.2"); err == nil {
		t.Errorf("the upstream version of an unknown release is %v", got)
	}
}

func TestAssume(t *testing.T) {
	defer Assume(Version{})
	Assume(Version{6, 1, 0})
	for name, ask := range map[string]func() (Version, error){"Running": Running, "RunningUpstream": RunningUpstream} {
		if v, err := ask(); err != nil || v != (Version{6, 1, 0}) {
			t.Errorf("%s() = %v, %v", name, v, err)
		}
	}
	Assume(Version{})
	release, err := runningRelease()
	if err != nil {
		t.Fatal(err)
	}
	want, err := ParseVersion(release)
	if err != nil {
		t.Skip(err)
	}
	if v, err := Running(); err != nil || v != want {
		t.Errorf("Running() = %v, %v, want %v", v, err, want)
	}
}
