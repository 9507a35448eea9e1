package idmaps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// spaced returns n extents of ten ids, with as many between them on both sides.
func spaced(n int) nsutil.IDMap {
	var m nsutil.IDMap
	for i := range n {
		m = append(m, nsutil.Extent{Inside: uint32(100 + 20*i), Outside: uint32(1000 + 20*i), Length: 10})
	}
	return m
}

func text(m nsutil.IDMap) string {
	var all strings.Builder
	for _, e := range m {
		fmt.Fprintf(&all, "%d %d %d\n", e.Inside, e.Outside, e.Length)
	}
	return all.String()
}

// ranges that have an id of first to first+9.
func overlapping(first uint32) [][2]uint32 {
	return [][2]uint32{{first, 10}, {first, 1}, {first + 9, 1}, {first + 4, 2}, {first - 1, 2}, {first + 9, 2}, {first - 1, 12}}
}

// overlaps are maps in which a line has, on one side, ids of another: of the
// first, one in the middle, the last, wherever it stands itself; with few lines,
// and with so many that the kernel keeps them in another way.
func overlaps(side func(ids [2]uint32) nsutil.Extent, first func(nsutil.Extent) uint32) []string {
	var all []string
	for _, n := range []int{1, 4, 5, 6, 9} {
		base := spaced(n)
		for _, victim := range slices.Compact([]int{0, n / 2, n - 1}) {
			for _, ids := range overlapping(first(base[victim])) {
				line := side(ids)
				all = append(all, text(append(slices.Clone(base), line)), text(append(nsutil.IDMap{line}, base...)))
			}
		}
	}
	return all
}

var _ = Specs("Lines of a map of ids", Label("user", "idmaps"), func() {
	for _, file := range mapFiles {
		for _, row := range []struct {
			where, promise string
			side           func(ids [2]uint32) nsutil.Extent
			first          func(nsutil.Extent) uint32
		}{
			{"inside", "user-map-overlap-inside-einval",
				func(ids [2]uint32) nsutil.Extent {
					return nsutil.Extent{Inside: ids[0], Outside: 4000, Length: ids[1]}
				}, insideOf},
			{"outside", "user-map-overlap-outside-einval",
				func(ids [2]uint32) nsutil.Extent {
					return nsutil.Extent{Inside: 4000, Outside: ids[0], Length: ids[1]}
				}, outsideOf},
		} {
			promise := row.promise
			if file == "projid_map" {
				promise = "user-projid-map-format-einval"
			}
			It("that overlap in the ids "+row.where+" give EINVAL, in "+file, Proves(promise), func() {
				w := worldFor(file)
				target := fresh(w.root)
				fd := open(w.root, target, file)
				for _, text := range overlaps(row.side, row.first) {
					Expect(writeTo(w.root, fd, text)).To(MatchError(unix.EINVAL), "%q to %s", text, file)
				}
				Expect(mapOf(target, target, file)).To(BeEmpty())
				for _, n := range []int{4, 7} { // side by side, which is no overlap
					touching := spaced(n)
					touching = append(touching,
						nsutil.Extent{Inside: touching[0].Inside + 10, Outside: touching[0].Outside + 10, Length: 10},
						nsutil.Extent{Inside: touching[0].Inside - 5, Outside: touching[0].Outside - 5, Length: 5})
					expectWritten(w.root, fresh(w.root), file, text(touching))
				}
			})
		}
	}

	It("can be in any order", Label(kinds.Overflow), Proves("user-map-any-order"), func() {
		w := newWorld()
		try := func(m nsutil.IDMap) {
			target := fresh(w.root)
			outside := slices.Clone(m)
			for i := range outside {
				outside[i].Outside += outer
			}
			Expect(write(w.root, target, "uid_map", text(m))).To(Succeed(), text(m))
			Expect(mapOf(target, target, "uid_map")).To(ConsistOf(m))
			slices.Reverse(m)
			Expect(write(w.root, target, "gid_map", text(m))).To(Succeed(), text(m))
			Expect(mapOf(target, target, "gid_map")).To(ConsistOf(m))
			w.expectTranslated(target, outside, outside)
		}
		a, b, c := nsutil.Extent{Inside: 0, Outside: 300, Length: 4}, nsutil.Extent{Inside: 50, Outside: 100, Length: 3}, nsutil.Extent{Inside: 99, Outside: 200, Length: 2}
		for _, m := range []nsutil.IDMap{{a, b, c}, {b, a, c}, {c, a, b}} { // and each the other way round, for gids
			try(m)
		}
		try(nsutil.IDMap{
			{Inside: 500, Outside: 10, Length: 4}, {Inside: 0, Outside: 600, Length: 3}, {Inside: 400, Outside: 20, Length: 2},
			{Inside: 100, Outside: 500, Length: 1}, {Inside: 300, Outside: 30, Length: 5}, {Inside: 200, Outside: 400, Length: 6},
		})
	})
})
