package spec

import (
	"path"
	"runtime"

	"github.com/onsi/ginkgo/v2"
)

// written is a top-level container that Ginkgo does not know yet.
type written struct {
	folder string // of the file that it is written in: "uts"
	text   string
	labels ginkgo.Labels
	body   func()
}

var all []written

// Specs is Ginkgo's Describe for the top level of a file. What it holds is
// built only when [Build] asks for it: to build thousands of specs in order to
// run one would take longer than to boot the kernel, where that is emulated.
func Specs(text string, labels ginkgo.Labels, body func()) bool {
	_, file, _, _ := runtime.Caller(1)
	all = append(all, written{path.Base(path.Dir(file)), text, labels, body})
	return true
}

// Build hands Ginkgo the specs that are written in the folders that choose
// accepts. Each is handed over once.
func Build(choose func(folder string) bool) {
	rest := all[:0]
	for _, w := range all {
		if choose(w.folder) {
			// Ginkgo forgets what stands outside of containers in a preview.
			ginkgo.Describe(w.text, w.labels, func() {
				ginkgo.BeforeEach(begin)
				w.body()
			})
		} else {
			rest = append(rest, w)
		}
	}
	all = rest
}
