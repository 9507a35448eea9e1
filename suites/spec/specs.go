package spec

import (
	"strconv"
	"strings"

	"github.com/onsi/ginkgo/v2"
)

// written is a top-level container that Ginkgo does not know yet.
type written struct {
	text       string
	decorators []any
	body       func()
	built      bool
}

var all []*written

// Specs is Ginkgo's Describe for the top level of a file. What it holds is
// built only when [Build] asks for it: to build thousands of specs in order to
// run one would take longer than to boot the kernel, where that is emulated. Besides its
// labels it may have more of Ginkgo's decorators.
func Specs(text string, labels ginkgo.Labels, body func(), more ...any) bool {
	all = append(all, &written{text: text, decorators: append(more, labels), body: body})
	return true
}

// Build hands Ginkgo the specs of the containers that choose accepts by their
// numbers, which are the same in every process of the same program. Each is
// handed over once.
func Build(choose func(container int) bool) {
	for i, w := range all {
		if w.built || !choose(i) {
			continue
		}
		w.built = true
		// Ginkgo forgets what stands outside of containers in a preview.
		ginkgo.Describe(w.text, append(w.decorators, ginkgo.Label(containerKey+strconv.Itoa(i)), func() {
			ginkgo.BeforeEach(begin)
			w.body()
		})...)
	}
}

// containerKey begins the label that carries the number of a spec's container.
const containerKey = "container:"

// Container returns the number of the container that a spec with these labels is in.
func Container(labels []string) int {
	for _, label := range labels {
		if text, ok := strings.CutPrefix(label, containerKey); ok {
			number, _ := strconv.Atoi(text)
			return number
		}
	}
	return -1
}
