package model

import (
	"slices"
	"time"
)

// Check has a kernel do a sequence, and compares the tables after so many steps
// and at the end. It returns a difference that is as small as it can make it within
// the time.
func Check(begin func() Kernel, world func() *World, steps []Step, every int, limit time.Duration) (*Difference, error) {
	d, err := Compare(begin, world, steps, every)
	if d == nil || err != nil {
		return nil, err
	}
	// What was there to see after some step may be gone after all of them.
	if first, err := Compare(begin, world, d.Steps, 1); first != nil || err != nil {
		d = first
	}
	if err == nil {
		d, err = shrink(begin, world, d, time.Now().Add(limit))
	}
	return d, err
}

// shrink leaves out as many steps as it can, many at a time at first, as long as
// there is any difference left, and makes the rest simpler.
func shrink(begin func() Kernel, world func() *World, d *Difference, deadline time.Time) (*Difference, error) {
	better := func(steps []Step) (bool, error) {
		if time.Now().After(deadline) {
			return false, nil
		}
		other, err := Compare(begin, world, steps, len(steps))
		if other != nil {
			d = other
		}
		return other != nil, err
	}
	for size := len(d.Steps) / 2; size > 0; {
		smaller := false
		for at := 0; at+size <= len(d.Steps); {
			fewer, err := better(slices.Delete(slices.Clone(d.Steps), at, at+size))
			if err != nil {
				return d, err
			}
			if smaller = smaller || fewer; !fewer {
				at += size
			}
		}
		if !smaller || size > len(d.Steps) {
			size = min(size, len(d.Steps)) / 2
		}
	}
	for i := 0; i < len(d.Steps); i++ {
		simple := slices.Clone(d.Steps)
		if simple[i].Recursive, simple[i].Detach = false, false; simple[i] != d.Steps[i] {
			if _, err := better(simple); err != nil {
				return d, err
			}
		}
	}
	return d, nil
}
