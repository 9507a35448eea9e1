package newer

import (
	"slices"
	"strconv"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("Without privilege listns", Label("newer"), func() {
	It("lists only the namespaces that the caller is in", Proves("listns-unprivileged-sees-own"), func() {
		kinds.Need(nsutil.User)
		outside := Spawn(harness.Named("outside"))
		settler := settle("settler")
		member(outside, nsutil.UTS)
		dropped := Get(outside.Fork())
		Arrange(dropped.DropCapabilities(unix.CAP_SYS_ADMIN))
		for _, s := range []*harness.Subject{powerless(outside), as(outside, alice), dropped, powerless(settler), as(settler, 0)} {
			own := idsOf(s)
			Expect(list(s, harness.NSRequest{})).To(Equal(some(own, kinds.Built())))
			for _, set := range selections() {
				Expect(list(s, harness.NSRequest{Types: uint32(flags(set))})).To(Equal(some(own, set)), "of %v", set)
			}
		}
		Expect(list(outside, harness.NSRequest{})).To(ContainElements(some(idsOf(settler), kinds.Built())), "with privilege")
	})

	It("lists of an owner's only those that the caller is in", Proves("listns-unprivileged-sees-own"), func() {
		kinds.Need(nsutil.User)
		outside := Spawn(harness.Named("outside"))
		settler, neighbour := settle("settler"), settle("neighbour")
		own, settlers := idsOf(outside), idsOf(settler)
		for _, s := range []*harness.Subject{powerless(outside), as(outside, alice)} {
			Expect(list(s, harness.NSRequest{Owner: settlers[nsutil.User]})).To(BeEmpty())
			Expect(among(some(own, without(nsutil.User)), list(s, harness.NSRequest{Owner: harness.CurrentUser}))).
				To(Equal(list(s, harness.NSRequest{Owner: harness.CurrentUser})))
		}
		s := powerless(settler)
		Expect(list(s, harness.NSRequest{Owner: settlers[nsutil.User]})).To(Equal(some(settlers, without(nsutil.User))))
		Expect(list(s, harness.NSRequest{Owner: harness.CurrentUser})).To(Equal(some(settlers, without(nsutil.User))))
		Expect(list(s, harness.NSRequest{Owner: idsOf(neighbour)[nsutil.User]})).To(BeEmpty())
		Expect(list(outside, harness.NSRequest{Owner: settlers[nsutil.User]})).To(Equal(some(settlers, without(nsutil.User))), "with privilege")
	})

	It("shows root of a user namespace none of those outside of it", Proves("listns-unprivileged-sees-own"), func() {
		outside, settler, neighbour := Spawn(harness.Named("outside")), settle("settler"), settle("neighbour")
		own := idsOf(settler)
		Expect(list(settler, harness.NSRequest{})).To(Equal(some(own, kinds.Built())))
		Expect(list(settler, harness.NSRequest{Owner: idsOf(outside)[nsutil.User]})).To(Equal([]uint64{own[nsutil.User]}), "what the suite's user namespace owns")
		Expect(list(settler, harness.NSRequest{Owner: idsOf(neighbour)[nsutil.User]})).To(BeEmpty())
		Expect(list(outside, harness.NSRequest{Owner: idsOf(neighbour)[nsutil.User]})).NotTo(BeEmpty(), "with privilege")
	})

	It("shows root in a PID namespace below the initial one only the caller's own", Proves("listns-unprivileged-sees-own"), func() {
		NeedKernel("7.0")
		outside := Spawn(harness.Named("outside"))
		settler := settle("settler")
		root := Get(outside.Clone(unix.CLONE_NEWPID))
		Expect(list(root, harness.NSRequest{})).To(Equal(some(idsOf(root), kinds.Built())))
		Expect(list(root, harness.NSRequest{Owner: idsOf(settler)[nsutil.User]})).To(BeEmpty())
		expectNotReopened(root, handleOf(outside, settler, nsutil.UTS))
	})
})

// hidden is a network namespace, the user namespace that owns it, and the one that
// owns that, which only a socket and an open file of their former member's keep.
type hidden struct {
	s       *harness.Subject
	socket  int
	net     uint64
	owners  []uint64
	handles []harness.NSHandle
}

// hide returns what s keeps of a member of new network and user namespaces.
func hide(s *harness.Subject) hidden {
	kinds.Need(nsutil.User, nsutil.Net)
	one, two, err := s.Socketpair(unix.SOCK_STREAM)
	Arrange(err)
	top := Get(s.Clone(unix.CLONE_NEWUSER))
	Arrange(top.MapIDs("0 0 1", "0 0 1"))
	home := Get(top.Clone(unix.CLONE_NEWUSER | unix.CLONE_NEWNET))
	Arrange(home.SendFd(two, Get(home.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))))
	h := hidden{s: s, socket: Get(s.ReceiveFd(one))}
	net, user, above := identify(s, home, nsutil.Net), identify(s, home, nsutil.User), identify(s, top, nsutil.User)
	h.net, h.owners, h.handles = net.ID, []uint64{user.ID, above.ID}, []harness.NSHandle{net.handle(), user.handle(), above.handle()}
	h.expect(true)
	Arrange(home.End())
	Arrange(top.End())
	return h
}

// visible reports whether listns lists the namespaces and handles open them.
func (h hidden) visible() []bool {
	var all []bool
	for _, id := range append([]uint64{h.net}, h.owners...) {
		all = append(all, slices.Contains(list(h.s, harness.NSRequest{}), id))
	}
	for _, owner := range h.owners {
		_, err := h.s.Listns(harness.NSRequest{Owner: owner}, 1, 0)
		all = append(all, err == nil)
	}
	for _, handle := range h.handles {
		fd, err := h.s.OpenByHandle(handle)
		if err != nil {
			Expect(err).To(MatchError(unix.ESTALE))
		}
		h.s.Close(fd)
		all = append(all, err == nil)
	}
	return all
}

func (h hidden) expect(visible bool, when ...any) {
	Eventually(h.visible).WithTimeout(Patience()).WithPolling(time.Millisecond).Should(HaveEach(visible), when...)
}

var _ = Specs("A namespace that only the kernel refers to", Label("newer", "net"), func() {
	It("is hidden from listns and file handles, with its owner, until SIOCGSKNS opens it", Proves("listns-inactive-hidden"), func() {
		h := hide(Spawn(harness.Named("keeper")))
		for range 2 {
			h.expect(false, "when its last member has ended")
			fd, err := h.s.Ioctl(h.socket, unix.SIOCGSKNS, 0)
			Expect(err).NotTo(HaveOccurred())
			Expect(h.s.NSID(fd)).To(Equal(h.net))
			h.expect(true, "while the descriptor is open")
			Arrange(h.s.Close(fd))
		}
		h.expect(false, "when the descriptor is closed")
	})

	It("is there all the same as long as a descriptor, a mount or a process has it", Proves("listns-inactive-hidden"), func() {
		h := hide(Spawn(harness.Named("keeper")))
		h.expect(false)
		fd := Get(h.s.Ioctl(h.socket, unix.SIOCGSKNS, 0))
		path := T().TempDir() + "/net"
		Arrange(h.s.WriteFile(path, "", unix.O_CREAT))
		Arrange(h.s.Unshare(unix.CLONE_NEWNS))
		Arrange(h.s.MakePrivate())
		Arrange(h.s.Bind("/proc/self/fd/"+strconv.Itoa(fd), path))
		visitor := Get(h.s.Fork())
		Arrange(visitor.Setns(fd, unix.CLONE_NEWNET))
		Arrange(visitor.Close(fd))

		h.expect(true)
		Arrange(h.s.Close(fd))
		h.expect(true, "mounted, and with a member")
		Arrange(h.s.Umount(path, 0))
		h.expect(true, "with a member")
		Arrange(visitor.End())
		h.expect(false)
	})
})
