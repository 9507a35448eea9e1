package catalog

import "fmt"

// SpecClaim is what one spec says that it proves.
type SpecClaim struct {
	Spec string   // its name
	IDs  []string // of the requirements
}

// Lint returns what is wrong between the specs and the catalog: a spec that
// proves nothing, names an unknown requirement or one that is marked
// untestable, and a requirement in a finished part of a topic with neither a
// spec nor a stated reason.
func Lint(specs []SpecClaim) []error {
	if err := Load(); err != nil {
		return []error{err}
	}
	return current().lint(specs)
}

func (c *catalog) lint(specs []SpecClaim) []error {
	var problems []error
	claimed := map[string]bool{}
	for _, spec := range specs {
		if len(spec.IDs) == 0 {
			problems = append(problems, fmt.Errorf("spec %q proves no requirement", spec.Spec))
		}
		for _, id := range spec.IDs {
			claimed[id] = true
			if err := c.lintClaim(spec.Spec, id); err != nil {
				problems = append(problems, err)
			}
		}
	}
	for _, r := range c.requirements {
		if c.topic(r.Topic).holds(r) && !claimed[r.ID] && r.Excuse() == "" {
			problems = append(problems, fmt.Errorf(
				"requirement %s has no spec and no reason for having none, but %s is finished there", r.ID, r.Topic))
		}
	}
	return problems
}

// lintClaim checks that a spec may claim to prove a requirement, which it must
// name by its own id and not by the inventory's.
func (c *catalog) lintClaim(spec, id string) error {
	i, ok := c.byID[id]
	if !ok {
		return fmt.Errorf("spec %q: %w", spec, c.unknown("requirement", id))
	}
	if r := c.requirements[i]; !r.Testable() {
		return fmt.Errorf("spec %q claims %s, which the catalog calls untestable: %s", spec, id, r.Untestable)
	}
	return nil
}
