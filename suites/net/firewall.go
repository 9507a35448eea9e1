package net

import (
	"bytes"
	"encoding/binary"
	"errors"
	"syscall"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Of include/uapi/linux/netfilter/nf_tables.h and nfnetlink.h.
const (
	newTable, getTable, delTable, newChain = 0, 1, 2, 3

	tablesSubsystem      = 10
	batchBegin, batchEnd = 0x10, 0x11

	tableName                                      = 1
	chainTable, chainName, chainHook, chainPolicy  = 1, 3, 4, 5
	chainType, hookNumber, hookPriority, hookInput = 7, 1, 2, 1
)

// nfgenmsg is struct nfgenmsg.
type nfgenmsg struct {
	family   byte
	resource uint16
}

func (nfgenmsg) Len() int { return 4 }

func (m nfgenmsg) Serialize() []byte {
	return binary.BigEndian.AppendUint16([]byte{m.family, 0}, m.resource)
}

func filterMessage(kind, flags int, parts ...part) []byte {
	request := nl.NewNetlinkRequest(tablesSubsystem<<8|kind, flags)
	request.AddData(nfgenmsg{family: unix.NFPROTO_IPV4})
	for _, p := range parts {
		request.AddData(p)
	}
	return request.Serialize()
}

// filters sends s's changes to its firewall, all or none, and returns the first error.
func filters(s *harness.Subject, changes ...[]byte) error {
	socket, err := s.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_NETFILTER)
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		NeedModule("nfnetlink", "CONFIG_NETFILTER_NETLINK")
	}
	if err != nil {
		return err
	}
	defer s.Close(socket)
	var batch []byte
	for _, border := range []int{batchBegin, batchEnd} {
		request := nl.NewNetlinkRequest(border, 0)
		request.AddData(nfgenmsg{resource: tablesSubsystem})
		batch = append(batch, request.Serialize()...)
		if border == batchBegin {
			batch = append(batch, bytes.Join(changes, nil)...)
		}
	}
	if _, err := s.Write(socket, batch); err != nil {
		return err
	}
	for answered := 0; answered < len(changes); {
		for _, m := range Get(syscall.ParseNetlinkMessage(Get(s.Read(socket, 16<<10)))) {
			if errno := -int32(binary.NativeEndian.Uint32(m.Data)); errno != 0 {
				return unix.Errno(errno)
			}
			answered++
		}
	}
	return nil
}

// closed has s drop what comes in, by a table with a name.
func closed(s *harness.Subject, table string) error {
	err := filters(s,
		filterMessage(newTable, createNew|unix.NLM_F_ACK, text(tableName, table)),
		filterMessage(newChain, createNew|unix.NLM_F_ACK, text(chainTable, table), text(chainName, "chain"),
			attribute(chainHook|unix.NLA_F_NESTED, nil, big(hookNumber, hookInput), big(hookPriority, 0)),
			big(chainPolicy, 0 /* NF_DROP */), text(chainType, "filter")))
	if errors.Is(err, unix.EOPNOTSUPP) {
		NeedModule("nf_tables", "CONFIG_NF_TABLES")
	}
	return err
}

// opened undoes [closed].
func opened(s *harness.Subject, table string) error {
	return filters(s, filterMessage(delTable, unix.NLM_F_ACK, text(tableName, table)))
}

// firewall returns the names of the tables that s can see.
func firewall(s *harness.Subject) ([]string, error) {
	answers, err := ask(s, unix.NETLINK_NETFILTER, filterMessage(getTable, unix.NLM_F_DUMP))
	var all []string
	for _, a := range answers {
		all = append(all, string(bytes.TrimRight(attributes(a.payload, 4)[tableName], "\x00")))
	}
	return all, err
}

// big is a number as netfilter's attributes have it.
func big(kind int, value uint32) *nl.RtAttr {
	return nl.NewRtAttr(kind, binary.BigEndian.AppendUint32(nil, value))
}

var _ = Specs("Network namespaces:", Label("net"), func() {
	It("firewall rules belong to one of them", Proves("net-firewall-rules-per-namespace"), func() {
		here, there := lit("here"), lit("there")
		member := Get(here.Fork())
		ears := map[*harness.Subject]int{}
		for _, s := range []*harness.Subject{here, there} {
			ears[s] = Get(bound(s, unix.SOCK_DGRAM, at("127.0.0.1:7777")))
		}
		passes := func(s *harness.Subject) []string {
			Expect(say(s, "knock", at("127.0.0.1:7777"))).To(Succeed())
			all, err := heard(s, ears[s])
			Expect(err).NotTo(HaveOccurred())
			return all
		}
		through := Equal([]string{"knock"})
		Expect(passes(here)).To(through)

		Expect(closed(here, "wall")).To(Succeed())
		Expect(passes(here)).To(BeEmpty(), "where the rule is")
		Expect(passes(there)).To(through, "where it is not")
		Expect(firewall(member)).To(ConsistOf("wall"))
		Expect(firewall(there)).To(BeEmpty())
		Expect(opened(there, "wall")).To(MatchError(unix.ENOENT), "one elsewhere cannot take it away")
		Expect(passes(here)).To(BeEmpty())

		Expect(closed(there, "wall")).To(Succeed(), "the name is free there")
		below := Get(here.Clone(unix.CLONE_NEWNET))
		Expect(firewall(below)).To(BeEmpty(), "a new one has no rules")
		Expect(opened(here, "wall")).To(Succeed())
		Expect(passes(here)).To(through)
		Expect(passes(there)).To(BeEmpty(), "one rule there stays")
		Expect(firewall(here)).To(BeEmpty())
		Expect(firewall(there)).To(ConsistOf("wall"))
	})
})
