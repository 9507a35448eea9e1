package procns

import (
	"slices"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// expectIsolated marks the namespaces that inside is in, as far as that is
// possible from inside, and has outside not see it.
func expectIsolated(inside, outside *harness.Subject, of []nsutil.Kind) {
	for _, kind := range userFirst(of) { // unmapped ids own no files
		mark := kinds.NewMark(kind)
		if mark.Fixed {
			continue
		}
		before := Get(mark.See(outside))
		Expect(mark.Put(inside)).To(Succeed(), mark.What)
		Expect(mark.See(inside)).To(Equal(mark.Sign), "as the member sees it")
		Expect(mark.See(outside)).To(And(Equal(before), Not(Equal(mark.Sign))), "as the creator sees it")
	}
}

// homeOfAll returns a process in marked namespaces of all kinds that the kernel
// has, none of them the suite's.
func homeOfAll() (*harness.Subject, []*kinds.Mark) {
	home := Spawn(harness.Named("home"))
	var marks []*kinds.Mark
	for _, kind := range userLast(kinds.Built()) {
		mark := kinds.NewMark(kind)
		inside, err := mark.Isolate(home)
		Expect(err).NotTo(HaveOccurred())
		Expect(mark.Put(inside)).To(Succeed(), mark.What)
		home, marks = inside, append(marks, mark)
	}
	for _, mark := range marks {
		Expect(mark.See(home)).To(Equal(mark.Sign))
	}
	return home, marks
}

// userLast puts the user namespace behind the others, which then belong to the
// suite's own and can be marked with its capabilities.
func userLast(of []nsutil.Kind) []nsutil.Kind {
	sorted := userFirst(of)
	slices.Reverse(sorted)
	return sorted
}

func userFirst(of []nsutil.Kind) []nsutil.Kind {
	rank := map[nsutil.Kind]int{nsutil.User: -1}
	sorted := slices.Clone(of)
	slices.SortStableFunc(sorted, func(a, b nsutil.Kind) int { return rank[a] - rank[b] })
	return sorted
}
