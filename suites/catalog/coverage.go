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
	// Excused are the requirements that no spec proves and that say why.
	Excused []Requirement
}

// Cover returns how much of some requirements is covered by specs that prove the
// requirements with the ids proven. Unknown ids count for nothing: [Lint] finds
// them.
func Cover(of []Requirement, proven []string) Coverage {
	coverage := Coverage{Topics: map[string]Count{}}
	for _, r := range of {
		one := Count{Statements: 1}
		if r.Testable() {
			one.Testable = 1
		}
		if slices.Contains(proven, r.ID) {
			one.Covered = 1
		} else if r.Excuse() != "" {
			coverage.Excused = append(coverage.Excused, r)
		}
		coverage.Count = coverage.plus(one)
		coverage.Topics[r.Topic] = coverage.Topics[r.Topic].plus(one)
	}
	return coverage
}

func (a Count) plus(b Count) Count {
	return Count{a.Statements + b.Statements, a.Testable + b.Testable, a.Covered + b.Covered}
}
