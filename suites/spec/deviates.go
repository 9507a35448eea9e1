package spec

import (
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

// Deviation is a deviation that the catalog knows of some kernels.
type Deviation struct {
	reports.Deviation
	Since  nsutil.Version   `json:"since"`
	Before []nsutil.Version `json:"before"` // of their series, in order
}

// of reports whether a kernel, by its upstream version, is one that deviates.
func (d Deviation) of(v nsutil.Version) bool {
	if !v.AtLeast(d.Since) {
		return false
	}
	for _, mended := range d.Before {
		if v.Major == mended.Major && v.Minor == mended.Minor {
			return !v.AtLeast(mended)
		}
	}
	return !v.AtLeast(d.Before[len(d.Before)-1]) // a series of its own
}

// Deviates says that the spec has seen exactly the deviation that the catalog has
// under id, and nothing else wrong. On a kernel of which that is known the spec goes
// on: it has to hold in everything else, and is then reported as what is known. On
// any other kernel it fails.
//
// So it is for a spec to make sure, by an effect of its own, that it is this
// deviation: the version alone would let a kernel lie in other ways, too.
func Deviates(id, format string, args ...any) {
	seen := fmt.Sprintf(format, args...)
	for _, d := range current.expected {
		if d.ID == id {
			if current.outcome.Deviation == nil {
				current.outcome.Deviation, current.outcome.Seen = &d, seen
				current.outcome.DoneThen = current.scope.Done()
			}
			return
		}
	}
	FailHandler(seen)
}

// expect finds the deviations that are known of this kernel from the requirements.
func (r *running) expect(ids []string) {
	for _, id := range ids {
		for _, d := range Gates[id].Deviations {
			if d.of(host().upstream) {
				r.expected = append(r.expected, d.Deviation)
			}
		}
	}
}
