package net

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Of include/uapi/linux/net_namespace.h and if_link.h.
const (
	netnsaNSID, netnsaPID, netnsaFD = 1, 2, 3
	netnsaTarget, netnsaCurrent     = 4, 5
	iflaTarget                      = 46
	none                            = -1
)

// assign has s give the namespace of other an id, or have the kernel choose one if it is none.
func assign(s, other *harness.Subject, id int) error {
	fd := Get(s.OpenNS(other, nsutil.Net))
	defer s.Close(fd)
	return order(s, unix.RTM_NEWNSID, 0, rtgenmsg{}, number(netnsaNSID, id), number(netnsaFD, fd))
}

// rtgenmsg is struct rtgenmsg for AF_UNSPEC, padded.
type rtgenmsg struct{}

func (rtgenmsg) Len() int          { return 4 }
func (rtgenmsg) Serialize() []byte { return make([]byte, 4) }

// idOf returns the id that the namespace of other has in that of s.
func idOf(s, other *harness.Subject) (int, error) {
	fd := Get(s.OpenNS(other, nsutil.Net))
	defer s.Close(fd)
	byFD, err := askForID(s, number(netnsaFD, fd))
	if err != nil {
		return 0, err
	}
	byPID, err := askForID(s, number(netnsaPID, other.PID()))
	Expect(byPID, err).To(Equal(byFD), "as the namespace of a process and as that of a descriptor")
	return byFD, nil
}

func askForID(s *harness.Subject, what ...part) (int, error) {
	answers, err := route(s, unix.RTM_GETNSID, 0, append([]part{rtgenmsg{}}, what...)...)
	if err != nil {
		return 0, err
	}
	return integer(attributes(answers[0].payload, 4)[netnsaNSID]), nil
}

// ids returns the ids that a dump names, and for each what the attribute
// NETNSA_CURRENT_NSID says, if it is there.
func ids(s *harness.Subject, what ...part) (map[int]int, error) {
	socket := Get(s.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE))
	defer s.Close(socket)
	Arrange(s.Setsockopt(socket, unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)) // else a dump's attributes are ignored
	request := nl.NewNetlinkRequest(unix.RTM_GETNSID, unix.NLM_F_DUMP)
	for _, p := range append([]part{rtgenmsg{}}, what...) {
		request.AddData(p)
	}
	answers, err := askOn(s, socket, request.Serialize())
	all := map[int]int{}
	for _, a := range answers {
		found := attributes(a.payload, 4)
		id := integer(found[netnsaNSID])
		all[id] = none
		if current, ok := found[netnsaCurrent]; ok {
			all[id] = integer(current)
		}
	}
	return all, err
}

// namesBy returns the devices of the namespace that has an id in that of s.
func namesBy(s *harness.Subject, id int) ([]string, error) {
	answers, err := route(s, unix.RTM_GETLINK, unix.NLM_F_DUMP, nl.NewIfInfomsg(unix.AF_UNSPEC), number(iflaTarget, id))
	var all []string
	for _, a := range answers {
		all = append(all, parseLink(a.payload).name)
	}
	return withoutFallbacks(all), err
}

var _ = Specs("The id of a network namespace", Label("net"), func() {
	It("is valid in the namespace that has assigned it", Proves("net-nsid-valid-in-assigning-namespace"), func() {
		assigner, named, third := room("assigner"), room("named"), room("third")
		member := Get(assigner.Fork())
		Arrange(newLink(named, "of-named", "bridge", nil))
		Expect(assign(assigner, named, 5)).To(Succeed())
		for _, s := range []*harness.Subject{assigner, member} {
			Expect(idOf(s, named)).To(Equal(5))
			Expect(namesBy(s, 5)).To(ConsistOf("lo", "of-named"))
		}
		for _, s := range []*harness.Subject{named, third} {
			Expect(idOf(s, named)).To(Equal(none), "in %s", s.Name())
			Expect(idOf(s, assigner)).To(Equal(none), "in %s", s.Name())
			Expect(ids(s)).To(BeEmpty())
			_, err := namesBy(s, 5)
			Expect(err).To(MatchError(unix.EINVAL))
		}
		Expect(idOf(assigner, third)).To(Equal(none))

		Expect(assign(third, assigner, 5)).To(Succeed(), "the number may mean another one elsewhere")
		Expect(namesBy(third, 5)).To(ConsistOf("lo"))
		Expect(assign(third, named, 6)).To(Succeed(), "and this one may have another number")
		Expect(namesBy(third, 6)).To(ConsistOf("lo", "of-named"))
		Expect(idOf(assigner, named)).To(Equal(5))
		Expect(member.Join(named, nsutil.Net)).To(Succeed())
		Expect(idOf(member, named)).To(Equal(none), "it is the viewer's namespace that counts")
	})

	It("cannot be changed once it is assigned", Proves("net-nsid-cannot-change-eexist"), func() {
		assigner, named, third := room("assigner"), room("named"), room("third")
		Expect(assign(assigner, named, 5)).To(Succeed())
		for _, other := range []int{0, 5, 6, 0x7fffffff, none} {
			Expect(assign(assigner, named, other)).To(MatchError(unix.EEXIST), "another id, %d", other)
			Expect(idOf(assigner, named)).To(Equal(5))
		}
		Expect(assign(assigner, third, 5)).To(MatchError(unix.EEXIST), "an id that another one has")
		Expect(idOf(assigner, third)).To(Equal(none))
		Expect(ids(assigner)).To(Equal(map[int]int{5: none}))
		Expect(assign(assigner, third, 0)).To(Succeed())
		Expect(assign(assigner, assigner, 9)).To(Succeed(), "one may name itself")
		Expect(ids(assigner)).To(Equal(map[int]int{0: none, 5: none, 9: none}))
	})

	It("is assigned by the kernel when it needs one", Proves("net-nsid-assigned-on-demand"), func() {
		here, there, third := room("here"), room("there"), room("third")
		Expect(idOf(here, there)).To(Equal(none), "nobody needs one yet")
		connect(here, there, "to-there", "to-here")
		end, err := look(here, "to-there")
		Expect(err).NotTo(HaveOccurred())
		Expect(end.peerNSID).To(BeNumerically(">=", 0))
		Expect(idOf(here, there)).To(Equal(end.peerNSID))
		Expect(namesBy(here, end.peerNSID)).To(ConsistOf("lo", "to-here"))
		back, err := look(there, "to-here")
		Expect(err).NotTo(HaveOccurred())
		Expect(namesBy(there, back.peerNSID)).To(ConsistOf("lo", "to-there"), "the other side needs one, too")

		Expect(idOf(here, third)).To(Equal(none))
		Expect(assign(here, third, none)).To(Succeed(), "asked to choose one")
		chosen, err := idOf(here, third)
		Expect(err).NotTo(HaveOccurred())
		Expect(chosen).To(And(BeNumerically(">=", 0), Not(Equal(end.peerNSID))))
		Expect(namesBy(here, chosen)).To(ConsistOf("lo"))
	})

	It("is listed for another namespace, and translated", Proves("net-nsid-listed-and-translated"), func() {
		viewer, target, third, unknown := room("viewer"), room("target"), room("third"), room("unknown")
		Expect(assign(viewer, target, 5)).To(Succeed())
		Expect(assign(viewer, third, 7)).To(Succeed())
		Expect(assign(target, third, 3)).To(Succeed())
		Expect(assign(target, unknown, 4)).To(Succeed())
		Expect(assign(target, viewer, 8)).To(Succeed())

		Expect(ids(viewer)).To(Equal(map[int]int{5: none, 7: none}))
		Expect(ids(target)).To(Equal(map[int]int{3: none, 4: none, 8: none}))
		Expect(ids(viewer, number(netnsaTarget, 5))).To(Equal(map[int]int{3: 7, 4: none, 8: none}), "of the target, with the viewer's own")
		Expect(ids(viewer, number(netnsaTarget, 7))).To(BeEmpty())
		Expect(askForID(viewer, number(netnsaTarget, 5), number(netnsaNSID, 7))).To(Equal(3), "what the viewer calls 7 the target calls 3")
		Expect(askForID(viewer, number(netnsaTarget, 5), number(netnsaNSID, 5))).To(Equal(none), "the target has no id for itself")
		for _, wrong := range []part{number(netnsaTarget, 6), number(netnsaTarget, 3)} {
			_, err := ids(viewer, wrong)
			Expect(err).To(MatchError(unix.EINVAL), "an id that is not the viewer's")
		}
		_, err := askForID(viewer, number(netnsaNSID, 6))
		Expect(err).To(MatchError(unix.ENOENT))
	})
})
