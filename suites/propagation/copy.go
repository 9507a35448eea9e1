package propagation

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A copy", Label("mount"), func() {
	for _, by := range harness.Ways() {
		It(fmt.Sprintf("of a shared mount in a mount namespace made by %s is in its peer group", by),
			Proves("mount-copy-joins-peer-group", "mount-info-shared-tag"), func() {
				m := stage()
				master := m.bound("master").shared()
				m = master.bound("slave").slave().shared()
				s := Get(m.s.Isolate(by, nsutil.Mnt))
				for _, p := range []place{master, m} {
					expectPeers(p, p.in(s), "the copy")
					Expect(p.in(s).tags()).To(Equal(p.tags()), "mountinfo of the copy")
				}
				expectSlave(m.in(s), master, "the copy of a slave that is shared")
				another := Get(s.Isolate(by, nsutil.Mnt))
				expectPeers(m, m.in(another), "the copy's copy")
			})
	}
})

var _ = Specs("A copy of a mount namespace", Label("mount"), func() {
	for _, way := range harness.Ways() {
		It("by "+string(way)+" has mounts of the same types and with new ids", Proves("mount-copy-keeps-type-gets-new-id"), func() {
			m := stage()
			var all []origin
			for i, kind := range bindable {
				all = append(all, originOf(m, kind, []string{"a", "b", "c", "d", "e"}[i]))
			}
			s := Get(m.s.Isolate(way, nsutil.Mnt))
			taken := map[int]bool{}
			for _, mount := range Get(mounts.Table(m.s)) {
				taken[mount.ID] = true
			}
			for _, mount := range Get(mounts.Table(s)) {
				Expect(taken).NotTo(HaveKey(mount.ID), "the id of the copy of %s", mount.Mountpoint)
				taken[mount.ID] = true
			}
			for _, o := range all {
				Expect(o.in(s).tags()).To(Equal(o.tags()), "mountinfo of the copy of what is %s", o.kind)
				expectType(o.in(s), o.kind, "copy")
				if o.kind == "shared" || o.kind == "slave and shared" {
					expectPeers(o.place, o.in(s), o.kind)
				} else {
					expectApart(o.place, o.in(s), o.kind)
				}
				for _, master := range o.masters {
					expectSlave(o.in(s), master, "copy of what is "+o.kind)
				}
			}
		})
	}
})

var _ = Specs("MS_SLAVE with MS_REC", Label("mount"), func() {
	for _, way := range harness.Ways() {
		It("on the root of a new mount namespace made by "+string(way)+" keeps its mounts from others, and lets theirs in",
			Proves("mount-make-rslave-stops-outward", "mount-slave-does-not-send-to-master"), func() {
				m := stage()
				Arrange(setByMount(m, unix.MS_SHARED))
				lower := m.fresh("lower")
				Arrange(lower.mount())
				Arrange(lower.s.Mkdir(lower.x() + "/x"))
				inner := lower.on()
				Arrange(setByMount(place{s: m.s, dir: "/"}, unix.MS_SHARED|unix.MS_REC))
				all := []place{m, inner}
				s := Get(m.s.Isolate(way, nsutil.Mnt))
				for _, p := range all {
					expectPeers(p, p.in(s), "before")
				}
				Expect(s.Mount("none", "/", "", unix.MS_SLAVE|unix.MS_REC, "")).To(Succeed())
				for _, p := range all {
					expectSlave(p.in(s), p, "after")
					Expect(p.tags().Type()).To(Equal("shared"), "outside")
				}
				for _, mount := range Get(mounts.Table(s)) {
					tags := Get(mounts.PropagationOf(mount))
					Expect(tags.Shared).To(BeZero(), "mountinfo of %s", mount.Mountpoint)
				}
				Expect(s.Umount(lower.dir, unix.MNT_DETACH)).To(Succeed(), "what was copied")
				Expect(mounts.Below(m.s, m.top)).To(ContainElements("lower", "lower/x"), "outside")
			})
	}
})
