package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader gathers what the files hold and what is wrong with them.
type reader struct {
	catalog
	problems []error
	seen     map[string]place // requirement and inventory ids, where they were first
	// deviationPlaces are where the deviations name their requirements.
	deviationPlaces []place
}

// place is a line of a catalog file.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

func (r *reader) problem(at place, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%v: "+format, append([]any{at}, args...)...))
}

// read reads every *.yaml in the top folder of fsys. Its error lists all
// problems, one a line.
func read(fsys fs.FS) (*catalog, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list catalog files: %w", err)
	}
	r := &reader{seen: map[string]place{}}
	for _, name := range names {
		r.readFile(fsys, name)
	}
	r.checkDeviations()
	if len(r.problems) > 0 {
		return nil, errors.Join(r.problems...)
	}
	c := &r.catalog
	slices.SortFunc(c.topics, func(a, b Topic) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(c.requirements, func(a, b Requirement) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.ID, b.ID))
	})
	c.byID, c.byInventory = map[string]int{}, map[string]int{}
	for i, req := range c.requirements {
		c.byID[req.ID] = i
		for _, id := range req.Inventory {
			c.byInventory[id] = i
		}
	}
	return c, nil
}

// topicFile is the top of a catalog file.
type topicFile struct {
	Topic        string      `yaml:"topic"`
	Title        string      `yaml:"title"`
	Finished     []string    `yaml:"finished"`
	Requirements []yaml.Node `yaml:"requirements"`
	Deviations   []yaml.Node `yaml:"deviations"`
}

func (r *reader) readFile(fsys fs.FS, name string) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("read catalog: %w", err))
		return
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		r.yamlProblems(name, err)
		return
	}
	if len(document.Content) == 0 {
		r.problem(place{name, 1}, "the file is empty")
		return
	}
	root := document.Content[0]
	var top topicFile
	if !r.decode(name, root, &top) {
		return
	}
	r.checkTop(name, root, top)
	r.topics = append(r.topics, Topic{Name: top.Topic, Title: top.Title, Finished: top.Finished})
	first := len(r.requirements)
	for i := range top.Requirements {
		r.readRequirement(name, top.Topic, &top.Requirements[i])
	}
	r.checkFinished(name, root, top.Finished, r.requirements[first:])
	for i := range top.Deviations {
		r.readDeviation(name, &top.Deviations[i])
	}
}

func (r *reader) checkTop(name string, root *yaml.Node, top topicFile) {
	if want := strings.TrimSuffix(path.Base(name), ".yaml"); top.Topic != want {
		r.problem(place{name, lineOf(root, "topic")}, "topic is %q, want the file's name, %q", top.Topic, want)
	}
	if top.Title == "" {
		r.problem(place{name, root.Line}, "title is missing")
	}
	if len(top.Requirements) == 0 {
		r.problem(place{name, root.Line}, "requirements are missing")
	}
}

// checkFinished holds that each finished part has a requirement in it.
func (r *reader) checkFinished(name string, root *yaml.Node, finished []string, reqs []Requirement) {
	for _, part := range finished {
		if !slices.ContainsFunc(reqs, func(req Requirement) bool { return inPart(req, part) }) {
			r.problem(place{name, lineOf(root, "finished")},
				"finished names %q, but no requirement of the file is in it: want all, a page or \"PAGE: SECTION\"", part)
		}
	}
}
