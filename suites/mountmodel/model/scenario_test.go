package model

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestScenarios holds the model to the examples of mount_namespaces(7) and of
// the kernel's sharedsubtree.rst, and to what they say in words.
func TestScenarios(t *testing.T) {
	for name, test := range map[string]struct {
		steps []Step
		want  string
	}{
		"what is mounted reaches peers and slaves": {
			[]Step{
				{Kind: Bind, Source: "/a", Target: "/a"}, {Kind: Change, Target: "/a", Type: Shared},
				{Kind: Clone, To: 1}, {Kind: Clone, To: 2}, {Kind: Change, Space: 2, Target: "/a", Type: Slave},
				{Kind: Mount, FS: "t1", Target: "/a/c"},
			},
			`/  t0
			   /a  t0:/a  shared:1
			     /a/c  t1  shared:2

			 /  t0
			   /a  t0:/a  shared:1
			     /a/c  t1  shared:2

			 /  t0
			   /a  t0:/a  master:1
			     /a/c  t1  master:2`,
		},
		"what is mounted on a slave stays there": {
			[]Step{
				{Kind: Change, Target: "/", Type: Shared}, {Kind: Clone, To: 1}, {Kind: Change, Space: 1, Target: "/", Type: Slave},
				{Kind: Mount, FS: "t1", Space: 1, Target: "/a"},
			},
			`/  t0  shared:1

			 /  t0  master:1
			   /a  t1`,
		},
		"a slave that is shared passes on, and its slaves know from where": {
			[]Step{
				{Kind: Change, Target: "/", Type: Shared}, {Kind: Clone, To: 1}, {Kind: Change, Space: 1, Target: "/", Type: Slave},
				{Kind: Change, Space: 1, Target: "/", Type: Shared}, {Kind: Bind, Space: 1, Source: "/", Target: "/b"},
				{Kind: Change, Space: 1, Target: "/b", Type: Slave}, {Kind: Bind, Source: "/b", Target: "/a"},
			},
			`/  t0  shared:1
			   /a  t0:/b  shared:1

			 /  t0  shared:2  master:1
			   /a  t0:/b  shared:3  master:1
			   /b  t0  master:2
			     /b/a  t0:/b  master:3`,
		},
		"recursive binds leave unbindable mounts out": {
			[]Step{
				{Kind: Mount, FS: "t1", Target: "/a"}, {Kind: Mount, FS: "t2", Target: "/a/b"},
				{Kind: Change, Target: "/a/b", Type: Unbindable}, {Kind: Bind, Source: "/", Target: "/b", Recursive: true},
			},
			`/  t0
			   /a  t1
			     /a/b  t2  unbindable
			   /b  t0
			     /b/a  t1`,
		},
		"a copy goes beneath what is mounted there": {
			[]Step{
				{Kind: Change, Target: "/", Type: Shared}, {Kind: Clone, To: 1}, {Kind: Change, Space: 1, Target: "/", Type: Slave},
				{Kind: Mount, FS: "t1", Space: 1, Target: "/a"}, {Kind: Mount, FS: "t2", Target: "/a"},
			},
			`/  t0  shared:1
			   /a  t2  shared:2

			 /  t0  master:1
			   /a  t2  master:2
			     /a  t1`,
		},
		"an unmount spares what has others on it": {
			[]Step{
				{Kind: Change, Target: "/", Type: Shared}, {Kind: Clone, To: 1}, {Kind: Mount, FS: "t1", Target: "/a"},
				{Kind: Change, Space: 1, Target: "/a", Type: Private}, {Kind: Mount, FS: "t2", Space: 1, Target: "/a/b"},
				{Kind: Umount, Target: "/a"},
			},
			`/  t0  shared:1

			 /  t0  shared:1
			   /a  t1
			     /a/b  t2`,
		},
		"what is moved under a shared mount is shared": {
			[]Step{
				{Kind: Mount, FS: "t1", Target: "/a"}, {Kind: Mount, FS: "t2", Target: "/a/a"}, {Kind: Mount, FS: "t3", Target: "/b"},
				{Kind: Change, Target: "/b", Type: Shared}, {Kind: Move, Source: "/a", Target: "/b/a/c"},
			},
			`/  t0
			   /b  t3  shared:1
			     /b/a/c  t1  shared:2
			       /b/a/c/a  t2  shared:3`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := New()
			for _, s := range test.steps {
				if errno := w.Do(s); errno != 0 || w.unfit != "" {
					t.Fatalf("%v: %v %s", s, errno, w.unfit)
				}
			}
			var spaces []string
			for _, text := range w.Tables().Text() {
				spaces = append(spaces, strings.Join(text, "\n"))
			}
			want := strings.ReplaceAll(test.want, "\n\t\t\t ", "\n")
			if diff := cmp.Diff(want, strings.Join(spaces, "\n\n")); diff != "" {
				t.Errorf("tables (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGroupsAreNumberedAnew holds that tables are equal whatever the numbers of
// mounts and groups are.
func TestGroupsAreNumberedAnew(t *testing.T) {
	one := Tables{{{ID: 7, Parent: 3, Point: "/", FS: "t0", Root: "/", Shared: 5}, {ID: 9, Parent: 7, Point: "/a", FS: "t1", Root: "/b", Master: 5}}}
	other := Tables{{{ID: 30, Parent: 20, Point: "/a", FS: "t1", Root: "/b", Master: 2}, {ID: 20, Parent: 1, Point: "/", FS: "t0", Root: "/", Shared: 2}}}
	if d := differ(one, other); d != nil {
		t.Error(d)
	}
	other[0][0].Master = 3
	if differ(one, other) == nil {
		t.Error("another master is no difference")
	}
}
