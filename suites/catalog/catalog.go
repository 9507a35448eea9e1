package catalog

import (
	"embed"
	"slices"
	"strings"
	"sync"
)

//go:embed *.yaml
var files embed.FS

// embedded reads the embedded catalog on first use.
var embedded = sync.OnceValues(func() (*catalog, error) { return read(files) })

// catalog is what has been read. Its requirements are sorted by topic and id.
type catalog struct {
	topics       []Topic // sorted by name
	requirements []Requirement
	deviations   []Deviation    // in the order in which they are written
	byID         map[string]int // index into requirements
	byInventory  map[string]int // the same, by the inventory's ids
}

// current returns the embedded catalog, or an empty one when it has mistakes.
func current() *catalog {
	c, err := embedded()
	if err != nil {
		return &catalog{}
	}
	return c
}

// Load reads the catalog, unless that has been done, and returns every mistake
// in it, one a line with file and line number. Other functions need no call of
// Load before them.
func Load() error {
	_, err := embedded()
	return err
}

// All returns every requirement, sorted by topic and id.
func All() []Requirement { return slices.Clone(current().requirements) }

// Topics returns every topic, sorted by name.
func Topics() []Topic { return slices.Clone(current().topics) }

// Get returns the requirement with an id. It takes an id of the inventory,
// such as UTS-ISO-01 in whatever case, too.
func Get(id string) (Requirement, bool) { return current().get(id) }

func (c *catalog) get(id string) (Requirement, bool) {
	if i, ok := c.byID[id]; ok {
		return c.requirements[i], true
	}
	if i, ok := c.byInventory[strings.ToUpper(id)]; ok {
		return c.requirements[i], true
	}
	return Requirement{}, false
}

// topic returns the topic of that name, which is one of the catalog's.
func (c *catalog) topic(name string) Topic {
	i, _ := slices.BinarySearchFunc(c.topics, name, func(t Topic, name string) int { return strings.Compare(t.Name, name) })
	return c.topics[i]
}
