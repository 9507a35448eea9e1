package spec

import (
	"fmt"
	"slices"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
)

// Deviation is a deviation that the catalog knows of some kernels, or of some versions
// of a program.
type Deviation struct {
	reports.Deviation
	Since     nsutil.Version   `json:"since"`
	Before    []nsutil.Version `json:"before"`              // of their series, in order; none is mended without
	Sometimes bool             `json:"sometimes,omitempty"` // not to see it says nothing
}

// of reports whether a kernel, by its upstream version, or a program is one that deviates.
func (d Deviation) of(v nsutil.Version) bool {
	if !v.AtLeast(d.Since) {
		return false
	}
	if len(d.Before) == 0 {
		return true
	}
	for _, mended := range d.Before {
		if v.Major == mended.Major && v.Minor == mended.Minor {
			return !v.AtLeast(mended)
		}
	}
	return !v.AtLeast(d.Before[len(d.Before)-1]) // a series of its own
}

// Deviates says that the spec has seen exactly the deviation that the catalog has
// under id, and nothing else wrong. On a kernel of which that is known, or with such a
// version of a program that the spec runs, it goes on: it has to hold in everything else,
// and is then reported as what is known. With any other it fails.
//
// So it is for a spec to make sure, by an effect of its own, that it is this
// deviation: the version alone would let a kernel lie in other ways, too.
func Deviates(id, format string, args ...any) {
	seen := fmt.Sprintf(format, args...)
	for _, d := range current.expected {
		if d.ID == id {
			if current.outcome.Deviation == nil {
				current.outcome.Deviation, current.outcome.Seen = &d.Deviation, seen
				current.outcome.DoneThen = current.scope.Done()
			}
			return
		}
	}
	FailHandler(seen)
}

// unseen returns a deviation that was expected, if there is any that shows in every run.
func (r *running) unseen() *reports.Deviation {
	for _, d := range r.expected {
		if !d.Sometimes {
			return &d.Deviation
		}
	}
	return nil
}

// expect finds the deviations from the spec's requirements that are known of this kernel.
func (r *running) expect() { r.expectOf("", host().upstream) }

// runs says that the spec is about a program, and finds what is known of that.
func (r *running) runs(p Program) {
	if name, version, err := p.release(); err == nil {
		r.expectOf(name, version)
	}
}

// expectOf finds the deviations of a version of a program, "" for the kernel.
func (r *running) expectOf(program string, v nsutil.Version) {
	for _, id := range r.requirements {
		for _, d := range Gates[id].Deviations {
			known := slices.ContainsFunc(r.expected, func(e Deviation) bool { return e.ID == d.ID })
			if d.Program == program && d.of(v) && !known {
				r.expected = append(r.expected, d)
			}
		}
	}
}
