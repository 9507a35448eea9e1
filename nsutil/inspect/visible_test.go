package inspect

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarkHidden(t *testing.T) {
	mounts := []mount{
		{id: 1, parent: 1, point: "/"}, // rootfs, as in an initramfs
		{id: 2, parent: 1, point: "/dev"},
		{id: 3, parent: 2, point: "/dev/shm", hidden: true}, // covered by 4
		{id: 4, parent: 3, point: "/dev/shm"},               // on 3
		{id: 5, parent: 1, point: "/dev-x"},                 // sorts between, and is nobody's
		{id: 6, parent: 1, point: "/a/b/c", hidden: true},   // 8 came later, above
		{id: 7, parent: 6, point: "/a/b/c/d", hidden: true}, // on 6
		{id: 8, parent: 1, point: "/a/b"},
		{id: 9, parent: 8, point: "/a/b/c"},
		{id: 10, parent: 99, point: "/else"}, // its parent is outside of the root directory
		{id: 11, parent: 10, point: "/else/x", hidden: true},
		{id: 12, parent: 10, point: "/else", hidden: true}, // covers 10, covered by 13
		{id: 13, parent: 12, point: "/else"},
	}
	mounts[9].hidden = true
	for range 20 {
		rand.Shuffle(len(mounts), func(i, j int) { mounts[i], mounts[j] = mounts[j], mounts[i] })
		got := make([]mount, len(mounts))
		for i, m := range mounts {
			got[i] = m
			got[i].hidden = false
		}
		markHidden(got)
		if diff := cmp.Diff(mounts, got, cmp.AllowUnexported(mount{})); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}
	}
}
