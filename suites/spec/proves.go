package spec

import (
	"strings"

	"github.com/onsi/ginkgo/v2"
)

// provesKey begins the labels that carry requirement ids.
const provesKey = "proves:"

// Proves decorates a spec with the ids of the requirements it proves.
func Proves(ids ...string) ginkgo.Labels {
	labels := make(ginkgo.Labels, len(ids))
	for i, id := range ids {
		labels[i] = provesKey + id
	}
	return labels
}

// Requirements splits a spec's labels into the requirement ids and the others.
func Requirements(labels []string) (ids, others []string) {
	for _, label := range labels {
		if id, ok := strings.CutPrefix(label, provesKey); ok {
			ids = append(ids, strings.TrimSpace(id))
		} else if !strings.HasPrefix(label, containerKey) {
			others = append(others, label)
		}
	}
	return ids, others
}

// Filter returns the Ginkgo label filter for the specs that prove one of ids or
// carry one of labels.
func Filter(ids, labels []string) string {
	var alternatives []string
	if len(ids) > 0 {
		alternatives = append(alternatives, provesKey+" containsAny {"+strings.Join(ids, ", ")+"}")
	}
	return strings.Join(append(alternatives, labels...), " || ")
}
