package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// single maps root of a world, who has made the user namespace, to 0.
const single = "0 0 1"

var _ = Specs("Who opens a map of ids for writing", Label("user", "idmaps"), func() {
	for _, file := range mapFiles {
		promises := []string{"user-map-writer-in-target-or-parent", "user-map-rule-violation-eperm"}
		if file == "projid_map" {
			promises = []string{"user-projid-map-writer-in-target-or-parent-eperm"}
		}
		It("is in its user namespace or the one above, for "+file, Proves(promises...), func() {
			w := worldFor(file)
			newTarget := func() *harness.Subject {
				target := fresh(w.root)
				Expect(write(target, target, "setgroups", "deny")).To(Succeed())
				return target
			}
			joiner := func(target *harness.Subject) *harness.Subject { return w.joined(target, outer, outer) }
			for _, row := range []struct {
				where string
				who   func(target *harness.Subject) *harness.Subject
				errno error
			}{
				{"in it", func(t *harness.Subject) *harness.Subject { return t }, nil},
				{"a child in it", func(t *harness.Subject) *harness.Subject { return Get(t.Fork()) }, nil},
				{"who has joined it", joiner, nil},
				{"in the one above", func(*harness.Subject) *harness.Subject { return w.root }, nil},
				{"who has joined the one above", func(*harness.Subject) *harness.Subject { return joiner(w.root) }, nil},
				{"root two above", func(*harness.Subject) *harness.Subject { return w.outside }, unix.EPERM},
				{"the owner's uid, two above", func(*harness.Subject) *harness.Subject {
					return as(w.outside, outer, outer, unix.CAP_SYS_ADMIN, unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SETFCAP)
				}, unix.EPERM},
				{"beside it", func(*harness.Subject) *harness.Subject { return fresh(w.root) }, unix.EPERM},
				{"beside it, with the same map", func(*harness.Subject) *harness.Subject { return made(w.root, "0 0 1000") }, unix.EPERM},
				{"below it", func(t *harness.Subject) *harness.Subject {
					if file != "projid_map" { // before which there can be none
						return fresh(w.root)
					}
					for _, other := range idFiles {
						Expect(write(w.root, t, other, single)).To(Succeed())
					}
					return fresh(t)
				}, unix.EPERM},
			} {
				target := newTarget()
				s := row.who(target)
				if row.errno == nil {
					expectWritten(s, target, file, single)
					continue
				}
				expectAllRefused(s, target, file, row.errno, single, "0 60000 1")
				expectWritten(w.root, target, file, single)
			}
		})

		It("counts, wherever it is written from, for "+file, Proves(promises...), func() {
			w := worldFor(file)
			for _, writer := range []*harness.Subject{w.root, w.outside} {
				target := fresh(w.root)
				near, far := open(w.root, target, file), open(w.outside, target, file)
				text := "0 7 3"
				Expect(writeTo(writer, w.pass(w.outside, writer, far), text)).To(MatchError(unix.EPERM), "opened two above, written by %s", writer.Name())
				Expect(mapOf(target, target, file)).To(BeEmpty())
				Expect(writeTo(writer, w.pass(w.root, writer, near), text)).To(Succeed(), "opened above, written by %s", writer.Name())
				Expect(mapOf(target, target, file)).To(Equal(nsutil.IDMap{{Inside: 0, Outside: 7, Length: 3}}))
			}
		})
	}

	for _, file := range mapFiles {
		promises := []string{"user-map-outside-must-be-mapped-in-parent-eperm", "user-map-rule-violation-eperm"}
		if file == "projid_map" {
			promises = []string{"user-projid-map-ids-mapped-in-parent-eperm"}
		}
		It("maps ids that the one above has, in a single extent, for "+file, Proves(promises...), func() {
			w := worldFor(file)
			for _, n := range []int{2, 7} {
				middle := fresh(w.root)
				extents := spaced(n) // inside 100-109, 120-129...
				extents = append(extents, nsutil.Extent{Inside: 110, Outside: 3000, Length: 5}, nsutil.Extent{Inside: 90, Length: 1})
				Expect(write(w.root, middle, file, text(extents))).To(Succeed())
				for _, other := range idFiles {
					if other != file {
						Expect(write(w.root, middle, other, "90 0 1")).To(Succeed())
					}
				}
				target := Get(middle.Clone(unix.CLONE_NEWUSER))
				last := extents[n-1].Inside
				line := func(outside, count uint32) nsutil.Extent {
					return nsutil.Extent{Inside: 900, Outside: outside, Length: count}
				}
				var texts []string
				for _, wrong := range []nsutil.Extent{
					line(0, 1), line(99, 1), line(99, 2), line(115, 1), line(114, 2), line(119, 2), line(129, 2), line(120, 11), line(120, 30), line(last+10, 1), line(last+9, 2),
					line(4294967294, 1), line(0, 4000000000), line(1000, 1), line(outer, 1),
					line(105, 10), // of two extents, side by side
				} {
					alone := text(nsutil.IDMap{wrong})
					texts = append(texts, alone)
					if wrong.Outside > 104 {
						texts = append(texts, "0 100 1\n"+alone, "0 100 1\n1 101 1\n2 102 1\n3 103 1\n4 90 1\n5 104 1\n"+alone)
					}
				}
				expectAllRefused(middle, target, file, unix.EPERM, texts...)
				expectWritten(middle, target, file, text(nsutil.IDMap{line(100, 10), {Inside: 0, Outside: last, Length: 10}, {Inside: 20, Outside: 110, Length: 5}}))
			}
			if file == "projid_map" { // the others have to be written before
				middle := made(w.root, single)
				expectRefused(middle, fresh(middle), file, single, unix.EPERM)
			}
		})
	}
})
