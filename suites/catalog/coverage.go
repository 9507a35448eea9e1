package catalog

import "slices"

// Count counts requirements.
type Count struct {
	Statements int // all of them
	Testable   int // those that can have a test, hard ones included
	Covered    int // those that a spec proves
}

// Coverage says how much of the catalog the specs prove. It is derived from the
// specs each time, so that nothing in the catalog can go stale.
type Coverage struct {
	Count
	// Topics are the counts per topic.
	Topics map[string]Count
	// Uncovered are the testable requirements that no spec proves, sorted by
	// topic and id.
	Uncovered []string
}

// Cover returns the coverage of specs that prove the requirements with these
// ids. Unknown ids count for nothing: [Lint] finds them.
func Cover(proven []string) Coverage { return current().cover(proven) }

func (c *catalog) cover(proven []string) Coverage {
	coverage := Coverage{Topics: map[string]Count{}}
	for _, r := range c.requirements {
		one := Count{Statements: 1}
		if r.Testable() {
			one.Testable = 1
		}
		if slices.Contains(proven, r.ID) {
			one.Covered = 1
		} else if r.Testable() {
			coverage.Uncovered = append(coverage.Uncovered, r.ID)
		}
		coverage.Count = coverage.plus(one)
		coverage.Topics[r.Topic] = coverage.Topics[r.Topic].plus(one)
	}
	return coverage
}

func (a Count) plus(b Count) Count {
	return Count{a.Statements + b.Statements, a.Testable + b.Testable, a.Covered + b.Covered}
}
