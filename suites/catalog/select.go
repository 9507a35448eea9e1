package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Select returns the requirements that any of the arguments names, sorted by
// topic and id, and all of them without arguments. An argument is
//
//   - an id, or an id of the inventory: uts-hostname-per-namespace, UTS-ISO-01
//   - a shell pattern of ids: 'nsfs-parent-*'
//   - a page, with or without its section: pid_namespaces(7), pid_namespaces
//   - a topic or a namespace kind: uts, mnt
//
// and selects whatever it can mean: "clone" is a topic and a page. For each
// argument that names nothing the error has a line with the names nearest to it.
func Select(args ...string) ([]Requirement, error) {
	if err := Load(); err != nil {
		return nil, err
	}
	return current().selectBy(args)
}

func (c *catalog) selectBy(args []string) ([]Requirement, error) {
	if len(args) == 0 {
		return slices.Clone(c.requirements), nil
	}
	chosen := make([]bool, len(c.requirements))
	var problems []error
	for _, arg := range args {
		found, err := c.choose(arg, chosen)
		if err != nil {
			problems = append(problems, err)
		} else if !found {
			problems = append(problems, c.unknown("requirement, page or topic", arg))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	var selected []Requirement
	for i, r := range c.requirements {
		if chosen[i] {
			selected = append(selected, r)
		}
	}
	return selected, nil
}

// choose marks the requirements that arg names and reports whether there are any.
func (c *catalog) choose(arg string, chosen []bool) (found bool, err error) {
	if _, err := path.Match(arg, ""); err != nil {
		return false, fmt.Errorf("bad pattern %q: %w", arg, err)
	}
	for i, r := range c.requirements {
		if names(arg, r) {
			chosen[i], found = true, true
		}
	}
	return found, nil
}

// names reports whether arg, a valid pattern, names r.
func names(arg string, r Requirement) bool {
	if matched, err := path.Match(arg, r.ID); err == nil && matched {
		return true
	}
	return slices.Contains(r.Inventory, strings.ToUpper(arg)) ||
		arg == r.Page || arg == bareName(r.Page) ||
		arg == r.Topic || kindTopics[arg] == r.Topic
}

// kindTopics are the topics of the kinds whose name in /proc/PID/ns is another.
var kindTopics = map[string]string{"mnt": "mount"}

// bareName returns a page's name without the manual's section.
func bareName(page string) string {
	name, _, _ := strings.Cut(page, "(")
	return name
}

// unknown says that arg names no such thing, and what it may have been meant to be.
func (c *catalog) unknown(thing, arg string) error {
	near := c.nearest(arg)
	if len(near) == 0 {
		return fmt.Errorf("unknown %s %q", thing, arg)
	}
	return fmt.Errorf("unknown %s %q: did you mean %s?", thing, arg, strings.Join(near, ", "))
}

// nearest returns the up to three names most like arg: those that differ in at
// most a third of their letters, and after them ids that contain it.
func (c *catalog) nearest(arg string) []string {
	const most = 3
	if i, ok := c.byInventory[strings.ToUpper(arg)]; ok {
		return []string{c.requirements[i].ID}
	}
	arg = strings.ToLower(arg)
	near := map[string]int{} // name to distance
	for _, r := range c.requirements {
		for _, name := range []string{r.Topic, bareName(r.Page), r.ID} {
			longer := max(len(arg), len(name))
			if d := distance(arg, strings.ToLower(name)); d <= max(1, longer/3) {
				near[name] = d
			} else if name == r.ID && len(arg) >= most && strings.Contains(name, arg) {
				near[name] = longer
			}
		}
	}
	names := make([]string, 0, len(near))
	for name := range near {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(near[a], near[b]), cmp.Compare(a, b)) })
	return names[:min(most, len(names))]
}

// distance is the number of letters to insert, delete or replace to make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
