package net

import (
	"fmt"
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("UNIX sockets and network namespaces:", Label("net"), func() {
	It("an abstract name is bound in one namespace and known nowhere else", Proves("net-abstract-unix-name-per-namespace"), func() {
		here, there := room("here"), room("there")
		member, below := Get(here.Fork()), Get(here.Clone(unix.CLONE_NEWNET))
		for i, name := range []string{"@n", "@with/slash", "@" + string(make([]byte, 107))} {
			kind := []int{unix.SOCK_STREAM, unix.SOCK_SEQPACKET}[i%2]
			ear, err := listeningFor(here, kind, named(name))
			Expect(err).NotTo(HaveOccurred())
			_, err = listeningFor(member, kind, named(name))
			Expect(err).To(MatchError(unix.EADDRINUSE))
			for _, stranger := range []*harness.Subject{there, below} {
				_, err = dial(stranger, kind, named(name))
				Expect(err).To(MatchError(unix.ECONNREFUSED))
			}
			Expect(converse(member, here, kind, ear, named(name))).To(Succeed())

			another, err := listeningFor(there, kind, named(name))
			Expect(err).NotTo(HaveOccurred(), "the same name in another namespace")
			Expect(converse(there, there, kind, another, named(name))).To(Succeed())
			Expect(converse(member, here, kind, ear, named(name))).To(Succeed())
			Expect(here.Poll(ear, unix.POLLIN, 0)).To(BeZero())
			Expect(there.Close(another)).To(Succeed())
			_, err = dial(there, kind, named(name))
			Expect(err).To(MatchError(unix.ECONNREFUSED))
			Expect(converse(member, here, kind, ear, named(name))).To(Succeed(), "that one has gone changes nothing here")
		}
	})

	It("a datagram to an abstract name stays in its sender's namespace", Proves("net-abstract-unix-name-per-namespace"), func() {
		here, there := room("here"), room("there")
		ear, err := bound(here, unix.SOCK_DGRAM, named("@ear"))
		Expect(err).NotTo(HaveOccurred())
		Expect(say(there, "stray", named("@ear"))).To(MatchError(unix.ECONNREFUSED))
		Expect(say(here, "mine", named("@ear"))).To(Succeed())
		Expect(heard(here, ear)).To(Equal([]string{"mine"}))
	})

	It("names that the kernel chooses are unused in the namespace, and may be used in another", Proves("net-abstract-unix-name-per-namespace"), func() {
		here, there := room("here"), room("there")
		socket := Get(here.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0))
		Expect(here.BindSocket(socket, named("@")[:2])).To(Succeed())
		chosen := Get(here.Getsockname(socket))
		Expect(chosen).To(HaveLen(2 + 1 + 5))
		_, err := bound(here, unix.SOCK_DGRAM, chosen)
		Expect(err).To(MatchError(unix.EADDRINUSE))
		_, err = bound(there, unix.SOCK_DGRAM, chosen)
		Expect(err).NotTo(HaveOccurred())
	})

	It("an abstract name belongs to the namespace that the socket was made in, not to its owner's", Proves("net-abstract-unix-name-per-namespace", "net-socket-stays-in-its-namespace"), func() {
		here := room("here")
		owner := Get(here.Fork())
		socket := Get(owner.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0))
		dialer := Get(owner.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0))
		Expect(owner.Unshare(unix.CLONE_NEWNET)).To(Succeed())
		Expect(owner.BindSocket(socket, named("@late"))).To(Succeed())
		Expect(owner.Listen(socket)).To(Succeed())
		Expect(conversation(here, owner, socket, named("@late"))).To(Succeed())
		_, err := dial(owner, unix.SOCK_STREAM, named("@late"))
		Expect(err).To(MatchError(unix.ECONNREFUSED), "a socket made where its owner is now")
		Expect(owner.Connect(dialer, named("@late"))).To(Succeed())
	})

	for _, way := range harness.Ways() {
		It("a path reaches a socket of any namespace, from one made by "+string(way), Proves("net-path-unix-socket-not-isolated"), func() {
			here := room("here")
			there, err := here.Isolate(way, nsutil.Net)
			Expect(err).NotTo(HaveOccurred())
			Expect(there.NS(nsutil.Net)).NotTo(Equal(Get(here.NS(nsutil.Net))))
			directory := T().TempDir()
			for i, pair := range [][2]*harness.Subject{{here, there}, {there, here}} {
				client, server := pair[0], pair[1]
				expectReached(client, server, fmt.Sprintf("%s/%d", directory, i))
			}
		})
	}

	It("a path reaches a socket of a namespace with another owner", Proves("net-path-unix-socket-not-isolated"), func() {
		here, stranger := room("here"), owner("stranger")
		directory := T().TempDir()
		Arrange(os.Chmod(directory, 0o777))
		expectReached(here, stranger, directory+"/strangers")
		expectReached(stranger, here, directory+"/ours")
	})
})

// expectReached claims that a client reaches what a server binds to a path.
func expectReached(client, server *harness.Subject, path string) {
	for kind, suffix := range map[int]string{unix.SOCK_STREAM: "-stream", unix.SOCK_SEQPACKET: "-packets"} {
		ear, err := listeningFor(server, kind, named(path+suffix))
		Expect(err).NotTo(HaveOccurred())
		Arrange(os.Chmod(path+suffix, 0o777))
		Expect(converse(client, server, kind, ear, named(path+suffix))).To(Succeed())
		_, err = listeningFor(client, kind, named(path+suffix))
		Expect(err).To(MatchError(unix.EADDRINUSE), "the path is taken for all")
	}
	ear, err := bound(server, unix.SOCK_DGRAM, named(path+"-datagram"))
	Expect(err).NotTo(HaveOccurred())
	Arrange(os.Chmod(path+"-datagram", 0o777))
	Expect(say(client, "over the border", named(path+"-datagram"))).To(Succeed())
	Expect(hear(server, ear)).To(Equal("over the border"))
}
