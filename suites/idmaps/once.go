package idmaps

import (
	"os"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A map of ids", Label("user", "idmaps"), func() {
	for _, file := range mapFiles {
		promise := map[string]string{
			"uid_map": "user-uid-map-second-write-eperm", "gid_map": "user-gid-map-second-write-eperm", "projid_map": "user-projid-map-second-write-eperm",
		}[file]
		It("is written once: a second write gives EPERM, to "+file, Proves(promise), func() {
			w := worldFor(file)
			for _, first := range []string{"0 0 1\n1 1 1\n", "0 1000 1000", fillers(7)} {
				target := fresh(w.root)
				member := Get(target.Fork())
				before := open(w.root, target, file) // not yet written to
				expectWritten(w.root, target, file, first)
				written := mapOf(w.root, target, file)
				for _, second := range []string{first, "5000 4000 1", "5000 4000 1\n5001 4001 1\n", fillers(3), fillers(8)} {
					for _, s := range []*harness.Subject{w.root, target} {
						for _, through := range []*harness.Subject{target, member} {
							Expect(write(s, through, file, second)).To(MatchError(unix.EPERM), "%s writes %q", s.Name(), second)
						}
					}
					Expect(writeTo(w.root, before, second)).To(MatchError(unix.EPERM), "opened before the first write")
				}
				Expect(mapOf(w.root, target, file)).To(Equal(written))
				near := fresh(w.outside)
				expectWritten(w.outside, near, file, "0 60000 10")
				Expect(write(w.outside, near, file, "10 60010 1")).To(MatchError(unix.EPERM), "by root of the suite's user namespace")
				Expect(mapOf(near, near, file)).To(HaveLen(1))
			}
		})
	}

	It("is written on its own: one file does not use up another", Proves("user-uid-map-second-write-eperm", "user-gid-map-second-write-eperm"), func() {
		w := newWorld()
		for first := range w.files {
			target := fresh(w.root)
			for i := range w.files {
				file := w.files[(first+i)%len(w.files)]
				Expect(mapOf(target, target, file)).To(BeEmpty(), "%s, %d written", file, i)
				expectWritten(w.root, target, file, "0 7 5")
				Expect(write(w.root, target, file, "0 7 5")).To(MatchError(unix.EPERM))
			}
		}
	})

	for _, file := range mapFiles {
		It("can be written after writes that failed, to "+file, Proves("user-map-failed-write-leaves-writable"), func() {
			w := worldFor(file)
			toomany, _ := many(341, 0)
			unmapped := strings.Replace(fillers(7), "706", "5000", 1)
			for _, right := range []string{"0 7 1", fillers(7)} {
				target := fresh(w.root)
				for _, wrong := range []string{"", "0 7 1\n1 8 1\nx", fillers(7) + "x"} {
					expectRefused(w.root, target, file, wrong, unix.EINVAL)
				}
				expectAllRefused(w.root, target, file, unix.EINVAL, "x", "0 7 0", fillers(7)+"600 1 1", toomany, padded(os.Getpagesize()))
				expectRefused(w.root, target, file, "0 7 1\n1 5000 1", unix.EPERM)
				expectAllRefused(w.root, target, file, unix.EPERM, "0 5000 1", unmapped)
				expectRefused(w.outside, target, file, "0 60000 1", unix.EPERM)
				expectWritten(w.root, target, file, right)
			}
		})
	}

	It("of uids or gids that failed to be written maps nothing", Proves("user-map-failed-write-leaves-writable"), func() {
		w := newWorld()
		target := fresh(w.root)
		for _, wrong := range []string{"0 7 1\n1 8 1\nx", fillers(7) + "x", "0 7 1\n1 5000 1", fillers(7) + "1 5000 1"} {
			for _, file := range idFiles {
				Expect(write(w.root, target, file, wrong)).NotTo(Succeed())
			}
			for _, id := range []int{0, 1, 600, 612} {
				Expect(target.Setresuid(id, id, id)).To(MatchError(unix.EINVAL))
				Expect(target.Setresgid(id, id, id)).To(MatchError(unix.EINVAL))
			}
		}
		for _, file := range idFiles {
			expectWritten(w.root, target, file, "0 7 5")
		}
		expectIs(target, 4, 3, outer+11, outer+10)
	})
})

var _ = Specs("The maps of a new user namespace", Label("user", "idmaps"), func() {
	It("are there for every process, and empty until they are written, whoever looks", Proves("user-map-files-empty-until-written"), func() {
		w := newWorld()
		for _, way := range harness.Ways() {
			target := Get(w.root.Isolate(way, nsutil.User))
			member := Get(target.Fork())
			thread := Get(member.Thread())
			for _, file := range mapFiles {
				for _, of := range []*harness.Subject{target, member, thread} {
					for _, reader := range []*harness.Subject{target, w.root, w.outside} {
						Expect(mapOf(reader, of, file)).To(BeEmpty(), "%s by %s", file, way)
					}
				}
				if !slices.Contains(w.files, file) {
					continue
				}
				Expect(write(w.root, member, file, "3 0 2")).To(Succeed())
				for _, of := range []*harness.Subject{target, member, thread} {
					Expect(mapOf(target, of, file)).To(Equal(nsutil.IDMap{{Inside: 3, Outside: 0, Length: 2}}), "%s of %s by %s", file, of.Name(), way)
				}
			}
			inner := Get(target.Isolate(way, nsutil.User))
			for _, file := range mapFiles {
				for _, reader := range []*harness.Subject{inner, target, w.outside} {
					Expect(mapOf(reader, inner, file)).To(BeEmpty(), "%s of the user namespace below", file)
				}
			}
		}
	})

	It("of the initial one have every id but 4294967295", Proves("user-initial-map-is-identity", "user-projid-map-reads-like-uid-map"), func() {
		NeedInitial(nsutil.User)
		all := nsutil.IDMap{{Inside: 0, Outside: 0, Length: 4294967295}}
		s := Spawn()
		for _, file := range mapFiles {
			Expect(mapOf(s, s, file)).To(Equal(all), file)
			Expect(s.ReadFile(path(s, file))).To(Equal("         0          0 4294967295\n"))
			Expect(write(s, s, file, "0 0 4294967295")).To(MatchError(unix.EPERM))
			Expect(mapOf(s, s, file)).To(Equal(all), "after a write to %s", file)
		}
		child := fresh(s)
		const last = 4294967294
		for _, file := range mapFiles {
			expectWritten(s, child, file, "0 0 4294967295")
		}
		Expect(child.Setresgid(last, last, last)).To(Succeed(), "in one with all of them")
		Expect(child.Setresuid(last, last, last)).To(Succeed(), "in one with all of them")
		expectIDsOutside(child, same(last), same(last))
		Expect(s.Setresgid(last, last, last)).To(Succeed())
		Expect(s.Setresuid(last, last, last)).To(Succeed())
		expectIDsOutside(s, same(last), same(last))
	})
})
