package lifetime

import (
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("Lifetime:", Label("lifetime"), func() {
	forEveryKind("without members", func(kind nsutil.Kind) {
		It("lives on behind an open descriptor, can be joined again, and ends with the descriptor's last copy", Proves("pin-open-fd-keeps-alive"), func() {
			r := roomFor(kind, 2)
			kept, other := r.admit(), r.admit()
			r.expectFull("two are there")
			id := kept.id()
			fd, err := r.keeper.OpenNS(kept.inside, kind)
			Expect(err).NotTo(HaveOccurred())

			kept.end()
			other.end()
			Expect(r.keeper.NSOf(fd)).To(Equal(id))
			r.expectKept(r.keeper, fd)
			r.expectOneEnded("nobody has the other one open")

			heir := Get(r.keeper.Fork())
			Arrange(r.keeper.Close(fd))
			r.expectKept(heir, fd)
			Expect(heir.NSOf(fd)).To(Equal(id))
			r.expectFull("a child has inherited the descriptor")

			Arrange(heir.Close(fd))
			r.expectOneEnded("the descriptor is closed")
		})
	})
})
