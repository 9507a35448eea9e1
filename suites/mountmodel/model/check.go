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
	Steps          []Step // the last one showed it
	Expected, Seen string
}

// String tells the sequence and what came of it.
func (d *Difference) String() string {
	var b strings.Builder
	for i, s := range d.Steps {
		fmt.Fprintf(&b, "%3d  %s\n", i+1, s)
	}
	fmt.Fprintf(&b, "expected\n%s\nseen\n%s", indented(d.Expected), indented(d.Seen))
	return b.String()
}

func indented(text string) string { return "     " + strings.ReplaceAll(text, "\n", "\n     ") }

// compare has a kernel and a world do the steps, and compares what the calls
// return and, after so many steps and the last one, all tables. It returns nil,
// too, when nothing is promised of what the steps do.
func compare(begin func() Kernel, steps []Step, every int) (*Difference, error) {
	k, w := begin(), New()
	defer k.End()
	for i, s := range steps {
		want := w.Do(s)
		if w.unfit != "" {
			return nil, nil
		}
		if err := k.Do(s); !is(err, want) {
			return &Difference{steps[:i+1], outcome(unixError(want)), outcome(err)}, nil
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

func unixError(e unix.Errno) error {
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
		return "the last step succeeds"
	case errors.As(err, &errno) && err == error(errno):
		return "the last step fails with " + unix.ErrnoName(errno)
	}
	return "the last step fails: " + err.Error()
}

// differ compares tables.
func differ(expected, seen Tables) *Difference {
	e, s := expected.Text(), seen.Text()
	var d Difference
	for space := range max(len(e), len(s)) {
		if space >= len(e) || space >= len(s) || !slices.Equal(e[space], s[space]) {
			d.Expected += section(e, space)
			d.Seen += section(s, space)
		}
	}
	if d.Expected == d.Seen {
		return nil
	}
	return &d
}

func section(text [][]string, space int) string {
	if space >= len(text) || text[space] == nil {
		return fmt.Sprintf("namespace %d is not there\n", space)
	}
	return fmt.Sprintf("namespace %d:\n  %s\n", space, strings.Join(text[space], "\n  "))
}
