package spec

import (
	"strings"

	"github.com/nsconform/nsconform/nsutil"
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
		} else if !strings.HasPrefix(label, containerKey) && !strings.HasPrefix(label, kindKey) {
			others = append(others, label)
		}
	}
	return ids, others
}

// kindKey begins the label that carries the kind that a spec of a program is about.
const kindKey = "kind:"

// ItOf is Ginkgo's It for a spec about what a program does with a kind of namespace. Its
// text begins with the kind, and the table of runtimes counts it there.
func ItOf(kind nsutil.Kind, text string, args ...any) bool {
	return ginkgo.It(string(kind)+": "+text, append(args, ginkgo.Label(kindKey+string(kind)), ginkgo.Offset(1))...)
}

// KindOf returns the kind that a spec with these labels is about, as [ItOf] has said; ""
// for none.
func KindOf(labels []string) string {
	for _, label := range labels {
		if kind, ok := strings.CutPrefix(label, kindKey); ok {
			return kind
		}
	}
	return ""
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
