package catalog

import (
	"slices"
	"strings"
)

// Topic is one file of the catalog.
type Topic struct {
	Name  string // "uts": the file's name without ".yaml"
	Title string // "UTS namespaces"
	// Finished are the parts in which every requirement must have a spec or a
	// stated reason: "all", a page, or "PAGE: SECTION".
	Finished []string
}

// holds reports whether r is in a finished part of the topic.
func (t Topic) holds(r Requirement) bool {
	return slices.ContainsFunc(t.Finished, func(part string) bool { return inPart(r, part) })
}

func inPart(r Requirement, part string) bool {
	page, section, hasSection := strings.Cut(part, ": ")
	return part == "all" || r.Page == page && (!hasSection || r.Section == section)
}
