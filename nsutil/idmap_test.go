package nsutil

import (
	"errors"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestParseIDMap(t *testing.T) {
	for text, want := range map[string]IDMap{
		"":                                   {},
		"         0          0 4294967295\n": {{0, 0, 4294967295}},
		"         0       1000          1\n1 100000 65536\n": {{0, 1000, 1}, {1, 100000, 65536}},
		"         0 4294967295          1\n":                 {{0, UnmappedID, 1}},
	} {
		got, err := ParseIDMap(strings.NewReader(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for _, text := range []string{
		"0 0 1", "\n", "0 0\n", "0 0 1 1\n", "0 0 1\n0 0", "0 0 -1\n", "0 0 4294967296\n", "a b c\n", "0 0 0x1\n", "0 0 1\n\n",
	} {
		if got, err := ParseIDMap(strings.NewReader(text)); err == nil {
			t.Errorf("ParseIDMap(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzIDMap(f *testing.F) {
	f.Add("0 1000 1\n1 100000 65536\n", uint32(7))
	f.Add("0 4294967295 1\n", uint32(0))
	f.Fuzz(func(t *testing.T, text string, id uint32) {
		m, err := ParseIDMap(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := ParseIDMap(strings.NewReader(m.String()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
		if m.Validate() != nil {
			return
		}
		if out, ok := m.ToOutside(id); ok {
			if back, ok := m.ToInside(out); !ok || back != id {
				t.Errorf("%v maps %d to %d and back to %d, %v", m, id, out, back, ok)
			}
		}
	})
}

func TestIDMapTranslates(t *testing.T) {
	m := IDMap{{0, 1000, 1}, {1, 100000, 65536}, {70000, UnmappedID, 10}}
	const none = math.MaxUint32
	for _, c := range []struct{ inside, outside uint32 }{
		{0, 1000}, {1, 100000}, {65536, 165535}, {65537, none}, {70000, none}, {70005, none}, {none, none},
	} {
		got, ok := m.ToOutside(c.inside)
		if ok != (c.outside != none) || ok && got != c.outside {
			t.Errorf("ToOutside(%d) = %d, %v, want %d", c.inside, got, ok, c.outside)
		}
		if !ok {
			continue
		}
		if back, ok := m.ToInside(c.outside); !ok || back != c.inside {
			t.Errorf("ToInside(%d) = %d, %v, want %d", c.outside, back, ok, c.inside)
		}
	}
	for _, outside := range []uint32{0, 999, 1001, 99999, 165536, none} {
		if got, ok := m.ToInside(outside); ok {
			t.Errorf("ToInside(%d) = %d, want none", outside, got)
		}
	}
}

func TestIDMapWriteTo(t *testing.T) {
	var b strings.Builder
	n, err := IDMap{{0, 1000, 1}, {1, 100000, 65536}}.WriteTo(&b)
	if want := "0 1000 1\n1 100000 65536\n"; err != nil || b.String() != want || n != int64(len(want)) {
		t.Errorf("WriteTo writes %q, %d, %v, want %q", b.String(), n, err, want)
	}
	if _, err := (IDMap{{0, 0, 1}}).WriteTo(brokenWriter{}); !errors.Is(err, unix.EPERM) {
		t.Errorf("WriteTo = %v, want EPERM", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, unix.EPERM }

// Validate must refuse what the kernel refuses, and nothing else.
func TestValidateAgreesWithKernel(t *testing.T) {
	needRoot(t, "it writes arbitrary ID maps")
	tooMany := make(IDMap, MaxIDExtents+1)
	for i := range tooMany {
		tooMany[i] = Extent{uint32(2 * i), uint32(2 * i), 1}
	}
	for name, m := range map[string]IDMap{
		"everything":            {{0, 0, 4294967295}},
		"the last ID":           {{4294967294, 4294967294, 1}},
		"as many as may be":     tooMany[:MaxIDExtents],
		"one too many":          tooMany,
		"neighbours":            {{0, 10, 5}, {5, 15, 5}},
		"overlap inside":        {{0, 10, 5}, {4, 20, 5}},
		"overlap outside":       {{0, 10, 5}, {10, 14, 5}},
		"the same twice":        {{0, 10, 5}, {0, 10, 5}},
		"one inside the other":  {{0, 10, 50}, {5, 100, 5}},
		"empty extent":          {{0, 0, 0}},
		"past the end, inside":  {{4294967294, 0, 2}},
		"past the end, outside": {{0, 4294967294, 2}},
		"from no ID":            {{4294967295, 0, 1}},
		"to no ID":              {{0, 4294967295, 1}},
		"more than there are":   {{1, 0, 4294967295}},
		"all but the first":     {{1, 1, 4294967294}},
	} {
		t.Run(name, func(t *testing.T) {
			pid, _ := startChild(t, "", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER})
			f, err := os.OpenFile(procPath(pid, "uid_map"), os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			_, kernel := m.WriteTo(f)
			if err := m.Validate(); (err == nil) != (kernel == nil) {
				t.Errorf("Validate() = %v, the kernel says %v", err, kernel)
			}
			if kernel != nil {
				return
			}
			got, err := UIDMapOf(pid)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("written and read: %s", diff)
			}
		})
	}
	if err := (IDMap{}).Validate(); err == nil {
		t.Error("an empty map is valid")
	}
}

func TestIDMapsOfSelf(t *testing.T) {
	uids, err := UIDMapOf(0)
	if err != nil {
		t.Fatal(err)
	}
	gids, err := GIDMapOf(0)
	if err != nil {
		t.Fatal(err)
	}
	if len(uids) == 0 || len(gids) == 0 {
		t.Errorf("this process's ID maps are %v and %v", uids, gids)
	}
}
