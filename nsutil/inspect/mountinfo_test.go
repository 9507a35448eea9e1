package inspect

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMount(t *testing.T) {
	for line, want := range map[string]mount{
		`36 35 98:0 /mnt1 /mnt2 rw,noatime - ext3 /dev/root rw`:                   {36, 35, "98:0", "/mnt1", "/mnt2", "ext3", 0, 0, false},
		`36 35 98:0 / /a rw shared:1 - ext3 /dev/root rw`:                         {36, 35, "98:0", "/", "/a", "ext3", 1, 0, false},
		`36 35 98:0 / /a rw shared:7 master:2 propagate_from:1 - ext3 /dev/x rw`:  {36, 35, "98:0", "/", "/a", "ext3", 7, 2, false},
		`36 35 98:0 / /a rw unbindable newer - ext3  rw`:                          {36, 35, "98:0", "/", "/a", "ext3", 0, 0, false},
		`36 35 0:4 net:[4026532000] /run/netns/a\040b\012c\134 rw - nsfs nsfs rw`: {36, 35, "0:4", "net:[4026532000]", "/run/netns/a b\nc\\", "nsfs", 0, 0, false},
		"36 35 98:0 / /\v\u0085\r rw - tmpfs none rw":                             {36, 35, "98:0", "/", "/\v\u0085\r", "tmpfs", 0, 0, false},
		`36 35 98:0 / /\9 rw - tmpfs none rw`:                                     {36, 35, "98:0", "/", `/\9`, "tmpfs", 0, 0, false},
	} {
		got, err := parseMount(line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(mount{})); diff != "" {
			t.Errorf("%q: -want +got:\n%s", line, diff)
		}
	}
	for _, line := range []string{
		"", "36 35 98:0 / /a rw - ext3 /dev/root", "x 35 98:0 / /a rw - ext3 /dev/root rw", "36 x 98:0 / /a rw - ext3 /dev/root rw", "36 35 98:0 / /a rw shared:x - ext3 /dev/root rw",
		"36 35 98:0 / /a rw a b c d", "36 35 98:0 / /a rw a b c -",
	} {
		if m, err := parseMount(line); err == nil {
			t.Errorf("%q: %+v", line, m)
		}
	}
}

func TestMountTablesAreReadUpToALimit(t *testing.T) {
	line := "36 35 98:0 / /a rw - tmpfs none rw\n"
	for _, c := range []struct {
		text string
		left int64
		want int
		err  error
	}{
		{strings.Repeat(line, 10), 1 << 20, 10, nil},
		{strings.Repeat(line, 10), int64(5 * len(line)), 5, errTooLong},
		{strings.Repeat(line, 10), int64(5*len(line) + 9), 5, errTooLong},
		{strings.Repeat(line, 10), 0, 0, errTooLong},
		{"", 1, 0, nil},
	} {
		n, left := 0, c.left
		err := readMounts(strings.NewReader(c.text), &left, func(mount) { n++ })
		if n != c.want || !errors.Is(err, c.err) || left < 0 || left > c.left {
			t.Errorf("%d bytes, %d allowed: %d mounts, %v, %d left", len(c.text), c.left, n, err, left)
		}
	}
	left := int64(1 << 30)
	long := fmt.Sprintf("36 35 98:0 / /%s rw - tmpfs none rw\n", strings.Repeat("x", maxMountLine))
	if err := readMounts(strings.NewReader(long), &left, func(mount) {}); err == nil {
		t.Error("an endless line is no error")
	}
	if err := readMounts(strings.NewReader("nonsense\n"), &left, func(mount) {}); err == nil {
		t.Error("nonsense is no error")
	}
}
