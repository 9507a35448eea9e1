package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Kernel is what is compared with the model. It begins as [New] does, and a step
// of a namespace that is not there does nothing.
type Kernel interface {
	// Do does a step, and returns how its call failed.
	Do(Step) error
	Tables() (Tables, error)
	End()
}

// Difference is where a kernel and the model part.
type Difference struct {
	Steps []Step // the last one showed it
	What  []string
}

// String tells the sequence and what came of it.
func (d *Difference) String() string {
	var b strings.Builder
	for i, s := range d.Steps {
		fmt.Fprintf(&b, "%3d  %s\n", i+1, s)
	}
	b.WriteString(strings.Join(d.What, "\n"))
	return b.String()
}

// Compare has a kernel and a world do the steps, and compares what the calls
// return and, after so many steps and the last one, all tables. It returns nil,
// too, when nothing is promised of what the steps do.
func Compare(begin func() Kernel, world func() *World, steps []Step, every int) (*Difference, error) {
	k, w := begin(), world()
	defer k.End()
	for i, s := range steps {
		want := w.Do(s)
		if w.unfit != "" {
			return nil, nil
		}
		if err := k.Do(s); !is(err, want) {
			return &Difference{steps[:i+1], []string{"the last step should " + outcome(result(want)) + ", and does " + outcome(err)}}, nil
		}
		if (i+1)%every != 0 && i+1 != len(steps) {
			continue
		}
		seen, err := k.Tables()
		if err != nil {
			return nil, err
		}
		if d := differ(w.Tables(), seen); d != nil {
			d.Steps = steps[:i+1]
			return d, nil
		}
	}
	return nil, nil
}

func result(e unix.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

func is(err error, want unix.Errno) bool {
	return want == 0 && err == nil || want != 0 && errors.Is(err, want)
}

func outcome(err error) string {
	var errno unix.Errno
	switch {
	case err == nil:
		return "succeed"
	case errors.As(err, &errno) && err == error(errno):
		return "fail with " + unix.ErrnoName(errno)
	}
	return "fail: " + err.Error()
}

// differ compares tables.
func differ(expected, seen Tables) *Difference {
	e, s := expected.Text(), seen.Text()
	var what []string
	for space := range max(len(e), len(s)) {
		if !slices.Equal(at(e, space), at(s, space)) {
			what = append(what, fmt.Sprintf("namespace %d (- should be, + is):", space))
			what = append(what, near(changes(at(e, space), at(s, space)))...)
		}
	}
	if what == nil {
		return nil
	}
	return &Difference{What: what}
}

func at(text [][]string, space int) []string {
	if space >= len(text) {
		return nil
	}
	return text[space]
}
