package clone

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// polling is how often a spec looks for what the kernel does in its own time.
const polling = 500 * time.Microsecond

// exitSignal is where struct clone_args has the exit signal.
const exitSignal = 32

// arguments maps three pages in s with arguments for clone3 that make a plain
// child, followed by zeros.
func arguments(s *harness.Subject) uintptr {
	at := Get(s.Map(3 * unix.Getpagesize()))
	Arrange(s.Poke(at+exitSignal, binary.NativeEndian.AppendUint64(nil, uint64(unix.SIGCHLD))))
	return at
}

func clone3(s *harness.Subject, at uintptr, size int) (*harness.Subject, error) {
	return s.CloneRaw(0, "clone3", unix.SYS_CLONE3, harness.Hex(at), size)
}

var _ = Specs("clone3", Label("clone"), func() {
	It("takes arguments of a page, and refuses more", Proves("clone3-size-above-page-e2big"), func() {
		s, page := Spawn(), unix.Getpagesize()
		at := arguments(s)
		for _, size := range []int{page + 1, page + 8, 2 * page, 3 * page, math.MaxInt32, math.MaxInt64, -1} {
			expectRefused(s, unix.E2BIG, func() (*harness.Subject, error) { return clone3(s, at, size) }, "size %d", size)
		}
		for _, size := range []int{0, 8, 63} {
			expectRefused(s, unix.EINVAL, func() (*harness.Subject, error) { return clone3(s, at, size) }, "size %d, less than the first version's", size)
		}
		for _, size := range []int{64, 80, 88, 96, page - 1, page} {
			Expect(clone3(s, at, size)).Error().NotTo(HaveOccurred(), "size %d", size)
		}
	})

	It("takes zeros after the arguments that it knows, and refuses anything else", Proves("clone3-unknown-tail-nonzero-e2big"), func() {
		s, page := Spawn(), unix.Getpagesize()
		at := arguments(s)
		places := []int{256, 257, page / 2, page - 8, page - 1}
		if v := Get(nsutil.Running()); !v.AtLeast(nsutil.Version{Major: 7, Minor: 4}) {
			places = append(places, 88, 95) // none of these kernels has anything after the descriptor of a cgroup
		}
		for _, place := range places {
			Arrange(s.Poke(at+uintptr(place), []byte{0x80}))
			Expect(clone3(s, at, place)).Error().NotTo(HaveOccurred(), "size %d, before the byte that is not zero", place)
			child := Get(s.Fork())
			for _, size := range []int{place + 1, page} {
				expectRefused(child, unix.E2BIG, func() (*harness.Subject, error) { return clone3(child, at, size) }, "size %d, nonzero at %d", size, place)
			}
			Arrange(s.Poke(at+uintptr(place), []byte{0}))
			Expect(clone3(s, at, page)).Error().NotTo(HaveOccurred(), "zeros only")
		}
	})
})
