package procns

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// community is a namespace with its members, and processes in others of its kind.
type community struct {
	mark    *kinds.Mark
	members []*harness.Subject // one inside from the beginning, its child, one who joined
	outside *harness.Subject   // in the suite's namespace
	sibling *harness.Subject   // in a namespace made from the suite's
}

func assemble(kind nsutil.Kind) community {
	c := community{mark: kinds.NewMark(kind), outside: Spawn(harness.Named("outside"))}
	c.sibling = Spawn(harness.Unshared(kind), harness.Named("sibling"))
	inside, err := c.mark.Isolate(Spawn(harness.Named("creator")))
	Expect(err).NotTo(HaveOccurred())
	joined := Spawn(harness.Named("joined"))
	Expect(joined.Join(inside, kind)).To(Succeed())
	if kind == nsutil.PID {
		joined = Get(joined.Fork())
	}
	c.members = []*harness.Subject{inside, Get(inside.Fork()), joined}
	return c
}

// split returns a process in a namespace made from inside.
func (c community) split() *harness.Subject {
	maker := Get(c.members[0].Fork())
	Expect(maker.Unshare(c.mark.Kind.Flag())).To(Succeed())
	if kinds.ForChildren(c.mark.Kind) {
		return Get(maker.Fork())
	}
	return maker
}

var _ = Specs("Members of a namespace", Label("procns"), func() {
	for _, kind := range nsutil.Kinds() {
		It("see what is changed in their "+string(kind)+" namespace, and nobody else does", Label(string(kind)),
			Proves("ns-change-visible-to-members", "ns-change-invisible-elsewhere"), func() {
				kinds.Need(kind)
				c := assemble(kind)
				foreign := []*harness.Subject{c.outside, c.sibling}
				if kind != nsutil.User && !c.mark.Fixed { // no user namespace from an unmapped one; a fixed mark is inherited
					foreign = append(foreign, c.split())
				}
				before := map[*harness.Subject]string{}
				for _, s := range append(foreign, c.members...) {
					before[s] = Get(c.mark.See(s))
					if !c.mark.Fixed {
						Expect(before[s]).NotTo(Equal(c.mark.Sign), "%s sees it before it is there", s.Name())
					}
				}

				Expect(c.mark.Put(c.members[0])).To(Succeed(), c.mark.What)
				for _, s := range c.members {
					Expect(c.mark.See(s)).To(Equal(c.mark.Sign), "as %s, in the namespace, sees it", s.Name())
				}
				for _, s := range foreign {
					Expect(c.mark.See(s)).To(And(Equal(before[s]), Not(Equal(c.mark.Sign))), "as %s, in another namespace, sees it", s.Name())
				}
			})

		It("have the same device and inode in ns/"+string(kind)+", and nobody else has", Label(string(kind)),
			Proves("procns-same-inode-iff-same-namespace"), func() {
				kinds.Need(kind)
				c := assemble(kind)
				id, err := c.members[0].NS(kind)
				Expect(err).NotTo(HaveOccurred())
				for _, s := range c.members {
					for _, reader := range append(c.members, c.outside) {
						Expect(idOf(reader, s, kind)).To(Equal(id), "that of %s, as %s sees it", s.Name(), reader.Name())
					}
				}
				Arrange(c.mark.Put(c.members[0]))
				owner := map[nsutil.ID]string{id: "the members"}
				for _, s := range []*harness.Subject{c.outside, c.sibling, c.split()} {
					other, err := s.NS(kind)
					Expect(err).NotTo(HaveOccurred())
					Expect(owner).NotTo(HaveKey(other), "%s is in a namespace apart from all others", s.Name())
					owner[other] = s.Name()
				}
			})
	}

	It("have the same device and inode as a procfs of their own shows them", Proves("procns-same-inode-iff-same-namespace"), func() {
		contained := Spawn(harness.Cloned(nsutil.PID, nsutil.Mnt, nsutil.UTS), harness.Named("contained"))
		Arrange(contained.MakePrivate())
		Arrange(contained.Mount("proc", "/proc", "proc", 0, ""))
		Expect(contained.Getpid()).To(Equal(1))
		for _, kind := range kinds.Built() {
			st, err := contained.Stat(kind.File(1))
			Expect(err).NotTo(HaveOccurred(), string(kind))
			Expect(nsutil.ID{Dev: uint64(st.Dev), Ino: st.Ino}).To(Equal(Get(contained.NS(kind))), string(kind))
		}
	})

	for _, kind := range nsutil.Kinds() {
		It("let others into the "+string(kind)+" namespace by a descriptor passed over a socket", Label(string(kind)), Proves("procns-fd-usable-by-receiver"), func() {
			kinds.Need(kind)
			pair := Spawn(harness.Named("pair"))
			from, to, err := pair.Socketpair(unix.SOCK_STREAM)
			Arrange(err)
			opener, receiver := Get(pair.Fork()), Get(pair.Fork())
			mark := kinds.NewMark(kind)
			inside, err := mark.Isolate(Spawn(harness.Named("creator")))
			Expect(err).NotTo(HaveOccurred())
			Expect(mark.Put(inside)).To(Succeed())
			Expect(mark.See(receiver)).NotTo(Equal(mark.Sign))

			opened, err := opener.OpenNS(inside, kind)
			Expect(err).NotTo(HaveOccurred())
			Expect(opener.SendFd(from, opened)).To(Succeed())
			Arrange(opener.End())
			fd, err := receiver.ReceiveFd(to)
			Expect(err).NotTo(HaveOccurred())

			Expect(receiver.Setns(fd, kind.Flag())).To(Succeed())
			if kind == nsutil.PID {
				receiver = Get(receiver.Fork())
			}
			Expect(mark.See(receiver)).To(Equal(mark.Sign))
			Expect(receiver.NS(kind)).To(Equal(Get(inside.NS(kind))))
		})
	}
})

// idOf returns the identity of s's namespace as reader sees it.
func idOf(reader, s *harness.Subject, kind nsutil.Kind) (nsutil.ID, error) {
	st, err := reader.Stat(kind.File(s.PID()))
	return nsutil.ID{Dev: uint64(st.Dev), Ino: st.Ino}, err
}
