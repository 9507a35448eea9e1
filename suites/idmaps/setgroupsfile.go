package idmaps

import (
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectSays claims that the file setgroups has the word, whoever looks.
func expectSays(target *harness.Subject, word string, readers ...*harness.Subject) {
	GinkgoHelper()
	for _, reader := range append(readers, target) {
		Expect(reader.ReadFile(path(target, "setgroups"))).To(Equal(word+"\n"), "as %s reads it", reader.Name())
	}
}

// steps writes words to the file, or a map of gids for "map", and says what
// comes of it.
type step struct {
	word  string
	errno error
	says  string
}

func (w world) expectSteps(s, target *harness.Subject, steps ...step) {
	GinkgoHelper()
	done := []string{}
	for _, step := range steps {
		done = append(done, step.word)
		var err error
		switch step.word {
		case "gid_map":
			err = write(s, target, "gid_map", "0 0 10")
		case "uid_map":
			err = write(s, target, "uid_map", "0 0 10")
		default:
			err = write(s, target, "setgroups", step.word)
		}
		if step.errno == nil {
			Expect(err).NotTo(HaveOccurred(), "%v", done)
		} else {
			Expect(err).To(MatchError(step.errno), "%v", done)
		}
		expectSays(target, step.says, w.root)
	}
}

var _ = Specs("The file setgroups", Label("user", "idmaps"), func() {
	It("reads allow or deny", Proves("user-setgroups-file-allow-or-deny"), func() {
		w := newWorld()
		target, other := fresh(w.root), fresh(w.root)
		member := Get(target.Fork())
		thread := Get(member.Thread())
		expectSays(target, "allow", w.root, w.outside, other, member)
		Expect(write(w.root, target, "setgroups", "deny")).To(Succeed())
		expectSays(target, "deny", w.root, w.outside, other, member)
		expectSays(member, "deny", target)
		expectSays(thread, "deny", target)
		expectSays(other, "allow", target)
		expectSays(w.root, "allow", target)
	})

	It("of the initial user namespace reads allow", Proves("user-setgroups-file-initial-allow"), func() {
		NeedInitial(nsutil.User)
		s := Spawn()
		expectSays(s, "allow")
		Expect(write(s, s, "setgroups", "deny")).To(MatchError(unix.EPERM))
		expectSays(s, "allow", fresh(s))
		Expect(setgroups(s, 0)).To(Succeed())
	})

	It("takes allow, deny and both while there is no map of gids", Proves("user-setgroups-file-writable-before-gid-map"), func() {
		w := newWorld()
		for _, way := range harness.Ways() {
			for _, inside := range []bool{false, true} {
				try := func(steps ...step) {
					GinkgoHelper()
					target := Get(w.root.Isolate(way, nsutil.User))
					s := w.root
					if inside {
						s = target
						for i, step := range steps {
							if strings.HasSuffix(step.word, "_map") { // which it may not write
								steps = steps[:i]
								break
							}
						}
					}
					w.expectSteps(s, target, steps...)
				}
				try(step{"allow", nil, "allow"}, step{"allow", nil, "allow"}, step{"deny", nil, "deny"}, step{"deny", nil, "deny"}, step{"uid_map", nil, "deny"}, step{"deny", nil, "deny"})
				try(step{"deny", nil, "deny"}, step{"gid_map", nil, "deny"})
				try(step{"allow", nil, "allow"}, step{"uid_map", nil, "allow"}, step{"allow", nil, "allow"}, step{"deny", nil, "deny"})
			}
		}
	})

	It("takes deny no more after a map of gids was written", Proves("user-setgroups-file-deny-after-gid-map-eperm"), func() {
		w := newWorld()
		w.expectSteps(w.root, fresh(w.root), step{"gid_map", nil, "allow"}, step{"deny", unix.EPERM, "allow"}, step{"allow", nil, "allow"}, step{"deny", unix.EPERM, "allow"})
		w.expectSteps(w.root, fresh(w.root), step{"deny", nil, "deny"}, step{"gid_map", nil, "deny"}, step{"deny", unix.EPERM, "deny"})
		w.expectSteps(w.root, fresh(w.root), step{"allow", nil, "allow"}, step{"uid_map", nil, "allow"}, step{"gid_map", nil, "allow"}, step{"deny", unix.EPERM, "allow"})
		target := fresh(w.root)
		before := open(target, target, "setgroups")
		Expect(write(w.root, target, "gid_map", fillers(7)+"0 0 10")).To(Succeed())
		Expect(writeTo(target, before, "deny")).To(MatchError(unix.EPERM), "opened before that")
		Expect(write(target, target, "setgroups", "deny")).To(MatchError(unix.EPERM), "from inside")
		expectSays(target, "allow")
		expectSettable(target, 0)

		_, target = w.denied() // with the map of its owner
		Expect(write(target, target, "gid_map", "0 11 1")).To(Succeed())
		Expect(write(target, target, "setgroups", "deny")).To(MatchError(unix.EPERM))
		expectSays(target, "deny")
	})

	It("takes allow no more after deny", Proves("user-setgroups-file-allow-after-deny-eperm"), func() {
		w := newWorld()
		w.expectSteps(w.root, fresh(w.root),
			step{"deny", nil, "deny"}, step{"allow", unix.EPERM, "deny"}, step{"deny", nil, "deny"}, step{"allow", unix.EPERM, "deny"}, step{"uid_map", nil, "deny"},
			step{"allow", unix.EPERM, "deny"}, step{"gid_map", nil, "deny"}, step{"allow", unix.EPERM, "deny"})
		target := fresh(w.root)
		before := open(w.root, target, "setgroups")
		Expect(write(target, target, "setgroups", "deny")).To(Succeed())
		Expect(writeTo(w.root, before, "allow")).To(MatchError(unix.EPERM), "opened before that")
		Expect(write(target, target, "setgroups", "allow\n")).To(MatchError(unix.EPERM), "from inside")
		Expect(write(w.outside, target, "setgroups", "allow")).To(MatchError(unix.EPERM), "from two above")
		expectSays(target, "deny")
		Expect(write(w.root, target, "gid_map", "0 0 10")).To(Succeed())
		expectFixed(target, "after all that")
	})

	It("takes no other words, nor those at another place", Proves("user-setgroups-file-other-string-einval"), func() {
		w := newWorld()
		wrong := []string{
			"", "\n", " ", "x", "a", "allo", "allowed", "allowx", "allow x", "Allow", "ALLOW", " allow", "\nallow", "allow\nx", "den", "denyx", "denied", "deny x", "deny\nx", "Deny",
			"DENY", " deny", "\ndeny", "0", "1", "no", "allow   ", "allow\ndeny", "deny\nallow", "denydeny", "deny    ", "allow" + strings.Repeat("\n", 3), strings.Repeat("deny\n", 20),
		}
		for _, first := range []string{"", "deny"} {
			target, says := fresh(w.root), "allow"
			if first != "" {
				Expect(write(w.root, target, "setgroups", first)).To(Succeed())
				says = first
			}
			fd := open(w.root, target, "setgroups")
			for _, text := range wrong {
				Expect(w.root.Write(fd, []byte(text))).Error().To(MatchError(unix.EINVAL), "%q", text)
			}
			expectSays(target, says)
			Get(w.root.Syscall("lseek", unix.SYS_LSEEK, fd, 1, unix.SEEK_SET))
			Expect(w.root.Write(fd, []byte("deny"))).Error().To(MatchError(unix.EINVAL), "at an offset")
			Expect(w.root.Write(fd, []byte("allow"))).Error().To(MatchError(unix.EINVAL), "at an offset")
			expectSays(target, says)
		}
		for _, text := range []string{"deny", "deny\n", "deny \n", "deny\n\n\n"} {
			target := fresh(w.root)
			Expect(write(w.root, target, "setgroups", text)).To(Succeed(), "%q", text)
			expectSays(target, "deny")
		}
		for _, text := range []string{"allow", "allow\n", "allow \n"} {
			target := fresh(w.root)
			Expect(write(w.root, target, "setgroups", text)).To(Succeed(), "%q", text)
			expectSays(target, "allow")
		}
	})

	It("can be opened for writing with CAP_SYS_ADMIN there only, else with EACCES", Proves("user-setgroups-file-write-needs-cap-eacces"), func() {
		w := newWorld()
		lacks := []int{unix.CAP_DAC_OVERRIDE, unix.CAP_SETGID, unix.CAP_SETUID, unix.CAP_SYS_RESOURCE}
		for _, row := range []struct {
			who string
			s   func(alices, target *harness.Subject) *harness.Subject
			may bool
		}{
			{"root of the one above", func(_, _ *harness.Subject) *harness.Subject { return w.root }, true},
			{"bob above, with CAP_SYS_ADMIN", func(_, _ *harness.Subject) *harness.Subject {
				return as(w.root, bob, bob, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_ADMIN)
			}, true},
			{"bob above, without", func(_, _ *harness.Subject) *harness.Subject { return as(w.root, bob, bob, lacks...) }, false},
			{"root above, without", func(_, _ *harness.Subject) *harness.Subject { return as(w.root, 0, 0, lacks...) }, false},
			{"root two above", func(_, _ *harness.Subject) *harness.Subject { return w.outside }, true},
			{"the owner", func(alices, _ *harness.Subject) *harness.Subject { return alices }, true},
			{"inside", func(_, target *harness.Subject) *harness.Subject { return target }, true},
			{"inside, with CAP_SYS_ADMIN alone", func(_, target *harness.Subject) *harness.Subject { return capable(target, unix.CAP_SYS_ADMIN) }, true},
			{"inside, without", func(_, target *harness.Subject) *harness.Subject { return capable(target, lacks...) }, false},
			{"inside, without any", func(_, target *harness.Subject) *harness.Subject { return capable(target) }, false},
			{"beside, of the same uid", func(alices, _ *harness.Subject) *harness.Subject { return fresh(alices) }, false},
		} {
			alices, target := w.ofAlice()
			s := row.s(alices, target)
			for _, flags := range []int{unix.O_WRONLY, unix.O_RDWR} {
				fd, err := s.Open(path(target, "setgroups"), flags)
				if row.may {
					Expect(err).NotTo(HaveOccurred(), row.who)
					Expect(writeTo(s, fd, "deny")).To(Succeed(), row.who)
					continue
				}
				Expect(err).To(MatchError(unix.EACCES), row.who)
			}
			if row.may {
				expectSays(target, "deny", s)
			} else {
				expectSays(target, "allow", s) // for reading it can be opened
				Expect(write(target, target, "setgroups", "deny")).To(Succeed())
			}
		}
	})

	It("is inherited by user namespaces below", Proves("user-setgroups-file-inherited"), func() {
		w := newWorld()
		for _, way := range harness.Ways() {
			for _, word := range []string{"allow", "deny"} {
				parent := fresh(w.root)
				Expect(write(w.root, parent, "setgroups", word)).To(Succeed())
				Expect(write(w.root, parent, "uid_map", "0 0 100")).To(Succeed())
				Expect(write(w.root, parent, "gid_map", "0 0 100")).To(Succeed())
				child := Get(parent.Isolate(way, nsutil.User))
				expectSays(child, word, parent, w.outside)
				Expect(write(parent, child, "uid_map", "0 0 50")).To(Succeed())
				Expect(write(parent, child, "gid_map", "0 0 50")).To(Succeed())
				grandchild := Get(child.Isolate(way, nsutil.User))
				expectSays(grandchild, word, child, w.outside)
				if word == "deny" {
					expectFixed(child, "below one with deny")
				} else {
					expectSettable(child, 0)
					Expect(write(child, grandchild, "setgroups", "deny")).To(Succeed())
					expectSays(grandchild, "deny")
				}
				expectSays(child, word)
				expectSays(parent, word)
			}
		}
	})

	It("stays deny below one with deny, while it may become deny below one with allow", Proves("user-setgroups-file-inherited-deny-eperm"), func() {
		w := newWorld()
		parent := fresh(w.root)
		Expect(write(w.root, parent, "setgroups", "deny")).To(Succeed())
		Expect(write(w.root, parent, "uid_map", "0 0 100")).To(Succeed())
		Expect(write(w.root, parent, "gid_map", "0 0 100")).To(Succeed())
		for _, way := range harness.Ways() {
			child := Get(parent.Isolate(way, nsutil.User))
			for _, s := range []*harness.Subject{child, parent, w.outside} {
				Expect(write(s, child, "setgroups", "allow")).To(MatchError(unix.EPERM), "by %s", s.Name())
			}
			expectSays(child, "deny")
			Expect(write(child, child, "setgroups", "deny")).To(Succeed())
			Expect(write(parent, child, "uid_map", "0 0 50")).To(Succeed())
			Expect(write(parent, child, "gid_map", "0 0 50")).To(Succeed())
			Expect(write(parent, child, "setgroups", "allow")).To(MatchError(unix.EPERM), "after its map of gids")
			expectFixed(child, "below one with deny")
			grandchild := Get(child.Isolate(way, nsutil.User))
			Expect(write(child, grandchild, "setgroups", "allow")).To(MatchError(unix.EPERM), "two below")
			expectSays(grandchild, "deny")
		}

		free := made(w.root, "0 0 100")
		child := fresh(free)
		Expect(write(free, child, "setgroups", "deny")).To(Succeed())
		expectSays(child, "deny")
		expectSays(free, "allow")
		Expect(write(free, child, "setgroups", "allow")).To(MatchError(unix.EPERM))
		expectSettable(free, 0)
	})
})

// capable returns a child of s with the capabilities only.
func capable(s *harness.Subject, caps ...int) *harness.Subject {
	GinkgoHelper()
	child := Get(s.Fork())
	only(child, caps...)
	return child
}
