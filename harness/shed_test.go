package harness

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpanWithout(t *testing.T) {
	const page = 4096
	for _, c := range []struct {
		name  string
		s     span
		holes []span
		want  []span
	}{
		{"hole elsewhere", span{8 * page, 10 * page}, []span{{0, page}}, []span{{8 * page, 10 * page}}},
		{"hole in the middle, in part pages", span{0, 10 * page}, []span{{4*page + 1, 5*page + 1}}, []span{{0, 4 * page}, {6 * page, 10 * page}}},
		{"hole over an end", span{4 * page, 10 * page}, []span{{0, 5 * page}}, []span{{5 * page, 10 * page}}},
		{"all hole", span{4 * page, 5 * page}, []span{{0, 10 * page}}, nil},
		{"two holes, overlapping", span{0, 10 * page}, []span{{page, 3 * page}, {2 * page, 4 * page}}, []span{{0, page}, {4 * page, 10 * page}}},
	} {
		if diff := cmp.Diff(c.want, c.s.without(c.holes), cmp.AllowUnexported(span{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestUselessMemory(t *testing.T) {
	for line, want := range map[string]bool{
		"c000000000-c000400000 rw-p 00000000 00:00 0                              [anon: Go: heap]": true,
		"7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ":                                          true,
		"7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]":          true,
		"00400000-00900000 r-xp 00000000 fe:00 123                                /usr/bin/a":       false,
		"00900000-00a00000 r--p 00500000 fe:00 123                                /usr/bin/a":       false,
		"00a00000-00a20000 rw-p 00600000 fe:00 123                                /usr/bin/a":       true,
		"7f0100000000-7f0100200000 r-xp 00000000 fe:00 124                        /usr/lib/libc.so": true,
		"7f0000000000-7f0002000000 rw-s 00000000 00:01 5                          /dev/zero":        false,
		"7f0200000000-7f0200002000 r-xp 00000000 00:00 0                          [vdso]":           false,
		"7f0200002000-7f0200004000 r--p 00000000 00:00 0                          [vvar_vclock]":    false,
		"c000400000-c004000000 ---p 00000000 00:00 0 ":                                              true,
		"": false,
	} {
		if _, ok := uselessMemory(line, "/usr/bin/a"); ok != want {
			t.Errorf("%q: %v, want %v", line, ok, want)
		}
	}
}
