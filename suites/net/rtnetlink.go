package net

import (
	"encoding/binary"
	"fmt"
	"syscall"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// answer is one message of what the kernel answers to a netlink request.
type answer struct {
	kind    uint16
	payload []byte
}

// ask has s send one request on a netlink socket of its own, and returns what
// comes back before the acknowledgement or the end of the dump. The error is the
// errno that the kernel answers with.
func ask(s *harness.Subject, protocol int, request []byte) ([]answer, error) {
	socket := Get(s.Socket(unix.AF_NETLINK, unix.SOCK_RAW, protocol))
	defer s.Close(socket)
	return askOn(s, socket, request)
}

// askOn is ask on a socket that is open already.
func askOn(s *harness.Subject, socket int, request []byte) ([]answer, error) {
	if _, err := s.Write(socket, request); err != nil {
		return nil, err
	}
	var answers []answer
	for {
		messages, err := syscall.ParseNetlinkMessage(Get(s.Read(socket, 16<<10)))
		Arrange(err)
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_ERROR, unix.NLMSG_DONE:
				if errno := -int32(binary.NativeEndian.Uint32(m.Data)); errno > 0 {
					return nil, unix.Errno(errno)
				}
				return answers, nil
			}
			answers = append(answers, answer{m.Header.Type, m.Data})
		}
	}
}

// part is a piece of a request: a fixed header or an attribute.
type part = nl.NetlinkRequestData

// route has s make a request to rtnetlink(7): kind is RTM_*.
func route(s *harness.Subject, kind, flags int, parts ...part) ([]answer, error) {
	request := nl.NewNetlinkRequest(kind, flags)
	if flags&unix.NLM_F_DUMP != unix.NLM_F_DUMP {
		request.Flags |= unix.NLM_F_ACK
	}
	for _, p := range parts {
		request.AddData(p)
	}
	return ask(s, unix.NETLINK_ROUTE, request.Serialize())
}

// order is route for requests that are only acknowledged.
func order(s *harness.Subject, kind, flags int, parts ...part) error {
	_, err := route(s, kind, flags, parts...)
	return err
}

const createNew = unix.NLM_F_CREATE | unix.NLM_F_EXCL

func attribute(kind int, value []byte, children ...*nl.RtAttr) *nl.RtAttr {
	a := nl.NewRtAttr(kind, value)
	for _, child := range children {
		a.AddChild(child)
	}
	return a
}

func number(kind int, value int) *nl.RtAttr {
	return nl.NewRtAttr(kind, nl.Uint32Attr(uint32(value)))
}

func text(kind int, value string) *nl.RtAttr {
	return nl.NewRtAttr(kind, nl.ZeroTerminated(value))
}

// attributes returns those of a message that begins with a header of so many bytes.
func attributes(message []byte, header int) map[uint16][]byte {
	if len(message) < header {
		Arrange(fmt.Errorf("read a netlink message: %d bytes are shorter than its header", len(message)))
	}
	all := map[uint16][]byte{}
	for _, a := range Get(nl.ParseRouteAttr(message[header:])) {
		all[a.Attr.Type&nl.NLA_TYPE_MASK] = a.Value
	}
	return all
}

// integer reads an attribute of 32 bits.
func integer(value []byte) int { return int(int32(binary.NativeEndian.Uint32(value))) }
