package spec

import (
	"hash/fnv"
	"io"
	"strconv"

	"github.com/onsi/ginkgo/v2"
)

// ended are the keys of the specs that have their verdict.
var ended map[uint64]bool

// Key stands for a spec's name where thousands are told.
func Key(name string) uint64 {
	h := fnv.New64a()
	io.WriteString(h, name)
	return h.Sum64()
}

// Mark is a spec's key in letters and digits, few of them.
func Mark(name string) string { return strconv.FormatUint(Key(name), 36) }

// LeaveOut has the specs with these keys not run, nor told of: a process before
// this one has, and the order of the others stays what it was.
func LeaveOut(keys []uint64) {
	ended = make(map[uint64]bool, len(keys))
	for _, key := range keys {
		ended[key] = true
	}
}

// leaveOut ends a spec that is not to run.
func leaveOut() {
	if len(ended) > 0 && ended[Key(ginkgo.CurrentSpecReport().FullText())] {
		ginkgo.Skip("it has its verdict")
	}
}
