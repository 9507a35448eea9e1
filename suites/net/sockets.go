package net

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/nsconform/nsconform/harness"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// at returns the struct sockaddr of "127.0.0.1:80" or "[::1]:80".
func at(address string) []byte {
	a := netip.MustParseAddrPort(address)
	b := binary.NativeEndian.AppendUint16(nil, uint16(family(a.Addr())))
	b = binary.BigEndian.AppendUint16(b, a.Port())
	if a.Addr().Is4() {
		return append(append(b, a.Addr().AsSlice()...), make([]byte, 8)...)
	}
	b = append(b, 0, 0, 0, 0)
	return append(append(b, a.Addr().AsSlice()...), 0, 0, 0, 0)
}

// named returns the struct sockaddr_un of a path, or of an abstract name that
// begins with "@".
func named(name string) []byte {
	b := binary.NativeEndian.AppendUint16(nil, unix.AF_UNIX)
	if name[0] == '@' {
		return append(append(b, 0), name[1:]...)
	}
	return append(append(b, name...), 0)
}

// familyOf returns the address family of a struct sockaddr.
func familyOf(address []byte) int { return int(binary.NativeEndian.Uint16(address)) }

// bound returns a socket of s that is bound to an address.
func bound(s *harness.Subject, kind int, address []byte) (int, error) {
	socket, err := s.Socket(familyOf(address), kind, 0)
	if err != nil {
		return -1, err
	}
	if err := s.BindSocket(socket, address); err != nil {
		s.Close(socket)
		return -1, err
	}
	return socket, nil
}

// listening is bound for a stream socket that takes connections.
func listening(s *harness.Subject, address []byte) (int, error) {
	return listeningFor(s, unix.SOCK_STREAM, address)
}

// listeningFor is listening for a socket of another kind that takes connections.
func listeningFor(s *harness.Subject, kind int, address []byte) (int, error) {
	socket, err := bound(s, kind, address)
	if err != nil {
		return -1, err
	}
	return socket, s.Listen(socket)
}

// dial returns a new socket of s that is connected to an address.
func dial(s *harness.Subject, kind int, address []byte) (int, error) {
	socket, err := s.Socket(familyOf(address), kind, 0)
	if err != nil {
		return -1, err
	}
	if err := s.Connect(socket, address); err != nil {
		s.Close(socket)
		return -1, err
	}
	return socket, nil
}

// say has s send a datagram to an address, from a new socket.
func say(s *harness.Subject, words string, address []byte) error {
	socket, err := s.Socket(familyOf(address), unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer s.Close(socket)
	return s.Sendto(socket, []byte(words), address)
}

// hear returns the next datagram that reaches a socket of s.
func hear(s *harness.Subject, socket int) (string, error) {
	if _, err := s.Poll(socket, unix.POLLIN, Patience()/4); err != nil {
		return "", err
	}
	data, _, err := s.Recvfrom(socket, 2048, unix.MSG_DONTWAIT)
	return string(data), err
}

// heard returns all datagrams that have reached a socket of s by now.
func heard(s *harness.Subject, socket int) ([]string, error) {
	all := []string{}
	for {
		data, _, err := s.Recvfrom(socket, 2048, unix.MSG_DONTWAIT)
		if errors.Is(err, unix.EAGAIN) {
			return all, nil
		} else if err != nil {
			return all, err
		}
		all = append(all, string(bytes.Clone(data)))
	}
}

// conversation has a client connect to a server's listening socket and the two
// exchange a word each way.
func conversation(client, server *harness.Subject, listener int, address []byte) error {
	return converse(client, server, unix.SOCK_STREAM, listener, address)
}

// converse is conversation by sockets of another kind.
func converse(client, server *harness.Subject, kind, listener int, address []byte) error {
	from, err := dial(client, kind, address)
	if err != nil {
		return err
	}
	defer client.Close(from)
	if _, err := server.Poll(listener, unix.POLLIN, Patience()/4); err != nil {
		return err
	}
	to, err := server.Accept(listener)
	if err != nil {
		return err
	}
	defer server.Close(to)
	for _, way := range []struct {
		writer, reader *harness.Subject
		in, out        int
	}{{client, server, from, to}, {server, client, to, from}} {
		if _, err := way.writer.Write(way.in, []byte("word")); err != nil {
			return err
		}
		got, err := way.reader.Read(way.out, 16)
		if err != nil {
			return err
		}
		if string(got) != "word" {
			return errors.New("another word arrived: " + string(got))
		}
	}
	return nil
}
