package catalog

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decode fills the struct that into points to from a mapping. Unlike yaml's own
// strict mode it works on a node, which knows its line. It reports whether the
// fields could be read: an unknown one does not keep the others from being checked.
func (r *reader) decode(file string, node *yaml.Node, into any) bool {
	if node.Kind != yaml.MappingNode {
		r.problem(place{file, node.Line}, "want a mapping of fields, have %q", node.Value)
		return false
	}
	known := fieldsOf(into)
	for i := 0; i < len(node.Content); i += 2 {
		if key := node.Content[i]; !slices.Contains(known, key.Value) {
			r.problem(place{file, key.Line}, "unknown field %q: want one of %s", key.Value, strings.Join(known, ", "))
		}
	}
	if err := node.Decode(into); err != nil {
		r.yamlProblems(file, err)
		return false
	}
	return true
}

// fieldsOf returns the yaml names of the fields of the struct that p points to.
func fieldsOf(p any) []string {
	t := reflect.TypeOf(p).Elem()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("yaml")
	}
	return names
}

// lineOf returns the line of a mapping's field, or the mapping's own without it.
func lineOf(node *yaml.Node, field string) int {
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == field {
			return node.Content[i].Line
		}
	}
	return node.Line
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// yamlProblems takes yaml's errors apart, so that each has its place.
func (r *reader) yamlProblems(file string, err error) {
	texts := []string{err.Error()}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		texts = several.Errors
	}
	for _, text := range texts {
		at := place{file, 1}
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			at.line, _ = strconv.Atoi(m[1])
			text = text[len(m[0]):]
		}
		r.problem(at, "%s", text)
	}
}
