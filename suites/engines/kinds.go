package engines

import (
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/containers"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
)

// marked are the kinds of which a change shows who is in there.
var marked = []nsutil.Kind{nsutil.PID, nsutil.Net, nsutil.UTS, nsutil.IPC}

var _ = each(func(e engine) {
	for _, kind := range marked {
		if !e.has(kind, host) {
			continue
		}
		ItOf(kind, "a container has its own, unless it is told to share the host's",
			Proves(promise(kind, "own"), promise(kind, "host"), "engine-exec-enters"), func() {
				kinds.Need(kind)
				r := e.host()
				its, sharing := r.run(options{}), r.run(with(kind, host))
				its.expectMember()
				sharing.expectMember()
				its.expectBeside(its.exec())

				inside, sharer := its.entered(), sharing.entered()
				outer := kinds.NewMark(kind)
				Arrange(outer.Put(r.Subject))
				Expect(outer.See(sharer)).To(Equal(outer.Sign), "of the host, in a container that shares it")
				Expect(outer.See(inside)).NotTo(Equal(outer.Sign), "of the host, in a container with its own")

				inner := kinds.NewMark(kind)
				Arrange(inner.Put(inside))
				Expect(inner.See(its.entered())).To(Equal(inner.Sign), "of the container, by another process in it")
				Expect(inner.See(r.Subject)).NotTo(Equal(inner.Sign), "of the container, on the host")
				Expect(inner.See(sharer)).NotTo(Equal(inner.Sign), "of the container, in one that shares the host's")
			})
	}

	for _, kind := range nsutil.Kinds() {
		if e.has(kind, another) {
			ItOf(kind, "a container shares another one's where it is told so, a third has its own",
				Proves(promise(kind, "container"), "engine-exec-enters"), func() {
					kinds.Need(kind)
					r := e.host()
					its := r.run(with(kind, own))
					joined, third := r.run(joining(kind, its)), r.run(with(kind, own))
					for _, c := range []*container{its, joined, third} {
						c.expectMember()
					}
					joined.expectShared(its, kind)
					third.expectShared(its)
					joined.expectBeside(joined.exec())
				})
		}
		if e.has(kind, pathname) {
			ItOf(kind, "a container is in the namespace whose path it is told",
				Proves(promise(kind, "path"), "engine-exec-enters"), func() {
					kinds.Need(kind)
					r := e.host()
					donor, number := containers.Donor(r.Room, kind, "0 0 1000") // nobody else's files are the container's
					c := r.run(entering(kind, fmt.Sprintf("/proc/%d/ns/%s", number, kind)))
					c.expectMember()
					Expect(rooms.NS(c.pid, kind)).To(Equal(rooms.NS(donor.PID(), kind)))
					c.expectBeside(c.exec())
				})
		}
	}
})

// promise returns the id of what is required of a kind.
func promise(kind nsutil.Kind, whose string) string { return fmt.Sprintf("engine-%s-%s", kind, whose) }
