package model

import "slices"

// most is how often a sequence is tried with fewer steps.
const most = 400

// Check has a kernel do a sequence, and compares the tables after so many steps
// and at the end. It returns a difference that is as small as it can make it.
func Check(begin func() Kernel, steps []Step, every int) (*Difference, error) {
	d, err := compare(begin, steps, every)
	if d == nil || err != nil {
		return nil, err
	}
	// What was there to see after some step may be gone after all of them.
	if first, err := compare(begin, d.Steps, 1); first != nil || err != nil {
		d = first
	}
	return shrink(begin, d)
}

// shrink leaves out as many steps as it can, many at a time at first, as long as
// there is any difference left.
func shrink(begin func() Kernel, d *Difference) (*Difference, error) {
	tries := 0
	for size := len(d.Steps) / 2; size > 0; {
		smaller := false
		for at := 0; at+size <= len(d.Steps) && tries < most; tries++ {
			fewer, err := compare(begin, slices.Delete(slices.Clone(d.Steps), at, at+size), 1)
			switch {
			case err != nil:
				return d, err
			case fewer != nil:
				d, smaller = fewer, true
			default:
				at += size
			}
		}
		if !smaller || size > len(d.Steps) {
			size = min(size, len(d.Steps)) / 2
		}
	}
	return d, nil
}
