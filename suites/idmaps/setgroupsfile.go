package idmaps

import (
	"slices"
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
		for _, inside := range []bool{false, true} {
			try := func(steps ...step) {
				target := fresh(w.root)
				s := w.root
				if inside {
					s = target
					steps = slices.DeleteFunc(steps, func(s step) bool { return strings.HasSuffix(s.word, "_map") }) // which it may not write
				}
				w.expectSteps(s, target, steps...)
			}
			try(step{"allow", nil, "allow"}, step{"allow", nil, "allow"}, step{"deny", nil, "deny"}, step{"deny", nil, "deny"}, step{"uid_map", nil, "deny"}, step{"deny", nil, "deny"})
			try(step{"deny", nil, "deny"}, step{"gid_map", nil, "deny"})
			try(step{"allow", nil, "allow"}, step{"uid_map", nil, "allow"}, step{"allow", nil, "allow"}, step{"deny", nil, "deny"})
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
})
