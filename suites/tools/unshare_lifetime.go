package tools

import (
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/rooms"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// unshare returns the command line of unshare(1).
func unshare(options ...string) []string {
	return append([]string{NeedProgram("unshare").Path}, options...)
}

// option returns the option of unshare and nsenter for a kind.
func option(kind nsutil.Kind) string {
	if kind == nsutil.Mnt {
		return "--mount"
	}
	return "--" + string(kind)
}

// onlyOne allows a room in a user namespace of its own one namespace of a kind: the
// room's own are on the account of the suite's user.
func onlyOne(r *room, kind nsutil.Kind) {
	Arrange(r.WriteFile(fmt.Sprintf("/proc/sys/user/max_%s_namespaces", kind), "1", 0))
}

var _ = Specs("unshare(1)", Label("tools"), func() {
	for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.IPC, nsutil.Net, nsutil.Mnt, nsutil.Cgroup, nsutil.PID} {
		It(fmt.Sprintf("makes a %s namespace that lives as long as its members", kind), Proves("unshare-tool-namespace-ends-with-members"), func() {
			kinds.Need(kind)
			r := ownedRoom()
			onlyOne(r, kind)
			tool := unshare(option(kind))
			if kind == nsutil.PID {
				tool = append(tool, "--fork")
			}
			m := r.member(tool, "")
			Expect(m.ns(kind)).NotTo(Equal(rooms.NS(r.PID(), kind)))
			Expect(r.Fails(has(tool, ":")...)).To(ContainSubstring("No space left on device"), "while it has a member there cannot be another")
			m.end()
			Eventually(func() int { status, _ := r.Execute(has(tool, ":")...); return status }).
				WithTimeout(Patience()).Should(BeZero(), "without a member it is gone, and another can be made")
		})
	}

	for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.IPC, nsutil.Net, nsutil.Cgroup, nsutil.User, nsutil.Mnt} {
		It(fmt.Sprintf("makes a %s namespace that a file keeps", kind), Proves("unshare-tool-persistent-file"), func() {
			kinds.Need(kind)
			if kind == nsutil.User {
				NeedVersion("unshare", "2.42", "--user=FILE") // util-linux commit 8f84322ec: it lacked the capability to mount
			}
			r := newRoom()
			file, byHand := r.File("pin"), r.File("by hand")
			m := r.member(unshare(option(kind)+"="+file), "")
			namespace := m.ns(kind)
			Expect(namespace).NotTo(Equal(rooms.NS(r.PID(), kind)))
			Arrange(r.Bind(fmt.Sprintf("/proc/%s/ns/%s", m.number(), kind), byHand))
			m.end()
			for _, path := range []string{file, byHand} {
				id, pinned := r.isPinned(path)
				Expect(pinned).To(BeTrue(), path)
				Expect(id).To(Equal(namespace), path)
				if kind != nsutil.Mnt { // where the room's procfs may be another's
					Expect(r.visitor(path, kind).NS(kind)).To(Equal(namespace), path)
				}
			}
			Expect(r.Umount(file, 0)).To(Succeed())
			_, pinned := r.isPinned(file)
			Expect(pinned).To(BeFalse(), "when it is unmounted")
		})
	}

	It("makes a namespace that can be entered by the file later on", Proves("unshare-tool-persistent-file"), func() {
		r := newRoom()
		file := r.File("pin")
		before := Get(r.Hostname())
		r.Does(has(unshare("--uts="+file), ":")...)
		first := r.visitor(file, nsutil.UTS)
		Expect(first.Sethostname("inside")).To(Succeed())
		Arrange(first.End())
		Expect(r.visitor(file, nsutil.UTS).Hostname()).To(Equal("inside"))
		Expect(r.Hostname()).To(Equal(before), "in the room")
	})

	for _, kind := range []nsutil.Kind{nsutil.UTS, nsutil.IPC, nsutil.Net, nsutil.Cgroup, nsutil.Mnt} {
		It(fmt.Sprintf("makes a %s namespace that outlives it until the file is unmounted", kind), Proves("unshare-tool-persistent-file"), func() {
			kinds.Need(kind)
			r := ownedRoom()
			onlyOne(r, kind)
			file := r.File("pin")
			r.Does(has(unshare(option(kind)+"="+file), ":")...)
			Expect(r.Fails(has(unshare(option(kind)), ":")...)).To(ContainSubstring("No space left on device"), "it is there without a member")
			Arrange(r.Umount(file, 0))
			Eventually(func() int { status, _ := r.Execute(has(unshare(option(kind)), ":")...); return status }).
				WithTimeout(Patience()).Should(BeZero())
		})
	}

	for _, kind := range []nsutil.Kind{nsutil.PID, nsutil.Time} {
		It(fmt.Sprintf("keeps the %s namespace of its children by a file", kind), Proves("unshare-tool-persistent-pid-and-time"), func() {
			kinds.Need(kind)
			r := newRoom()
			file := r.File("pin")
			m := r.member(unshare("--fork", option(kind)+"="+file), "")
			namespace := m.ns(kind)
			Expect(namespace).NotTo(Equal(rooms.NS(r.PID(), kind)))
			Expect(rooms.NS(m.tool.PID(), kind)).To(Equal(rooms.NS(r.PID(), kind)), "unshare itself")
			Expect(rooms.NS(m.tool.PID(), kind+"_for_children")).To(Equal(namespace))
			m.end()
			id, pinned := r.isPinned(file)
			Expect(pinned).To(BeTrue())
			Expect(id).To(Equal(namespace))
			visitor := r.visitor(file, kind)
			Expect(nsutil.IDOf((kind + "_for_children").File(visitor.PID()))).To(Equal(namespace))
			if kind == nsutil.PID {
				Expect(visitor.Fork()).Error().To(MatchError(unix.ENOMEM), "its init has ended")
			}
		})
	}

	It("fails to keep a PID namespace without --fork, unless the kernel shows it already", Proves("unshare-tool-persistent-pid-needs-fork"), func() {
		r := newRoom()
		file := r.File("pin")
		keep := has(unshare("--pid="+file), ":")
		if Get(nsutil.Running()).AtLeast(nsutil.Version{Major: 7, Minor: 1}) {
			r.Does(keep...)
			id, pinned := r.isPinned(file)
			Expect(pinned).To(BeTrue())
			Expect(id).NotTo(Equal(rooms.NS(r.PID(), nsutil.PID)))
			Note("the namespace is kept before its first process")
		} else {
			r.Fails(keep...)
			_, pinned := r.isPinned(file)
			Expect(pinned).To(BeFalse())
			Note("unshare fails")
		}
		file = r.File("with --fork")
		r.Does(has(unshare("--fork", "--pid="+file), ":")...)
		_, pinned := r.isPinned(file)
		Expect(pinned).To(BeTrue(), "with --fork")
	})

	It("fails to keep a mount namespace by a file on a shared mount", Proves("unshare-tool-persistent-mount-on-shared-fails"), func() {
		r := newRoom()
		file := r.File("pin")
		Arrange(r.Mount("none", r.Dir, "", unix.MS_SHARED, ""))
		r.Fails(has(unshare("--mount="+file), ":")...)
		_, pinned := r.isPinned(file)
		Expect(pinned).To(BeFalse(), "on a shared mount")
		Arrange(r.Mount("none", r.Dir, "", unix.MS_PRIVATE, ""))
		r.Does(has(unshare("--mount="+file), ":")...)
		_, pinned = r.isPinned(file)
		Expect(pinned).To(BeTrue(), "on a private mount")
	})
})
