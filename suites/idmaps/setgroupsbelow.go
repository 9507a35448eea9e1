package idmaps

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("The setting of the file setgroups", Label("user", "idmaps"), func() {
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
