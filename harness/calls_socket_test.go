package harness

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestPassingADescriptor(t *testing.T) {
	parent := NewScope(t, Limits{}).Spawn()
	a, b, err := parent.Socketpair(unix.SOCK_STREAM)
	if err != nil {
		t.Fatal(err)
	}
	sender, err := parent.Fork()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := sender.Syscall("memfd_create", unix.SYS_MEMFD_CREATE, "passed", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sender.Write(int(fd), []byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := sender.SendFd(a, int(fd)); err != nil {
		t.Fatal(err)
	}
	got, err := parent.ReceiveFd(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parent.Syscall("lseek", unix.SYS_LSEEK, got, 0, unix.SEEK_SET); err != nil {
		t.Fatal(err)
	}
	if text, err := parent.Read(got, 10); err != nil || string(text) != "text" {
		t.Errorf("the passed file holds %q, %v", text, err)
	}
}

func TestMessageIsShortened(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	a, b, err := s.Socketpair(unix.SOCK_DGRAM)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sendmsg(a, Message{Data: []byte("four")}, 0); err != nil {
		t.Fatal(err)
	}
	m, err := s.Recvmsg(b, 2, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if string(m.Data) != "fo" || m.Flags&unix.MSG_TRUNC == 0 || len(m.Control) != 0 {
		t.Errorf("received %+v", m)
	}
}

func TestClone3SetTID(t *testing.T) {
	s := NewScope(t, Limits{}).Spawn()
	s, err := s.Clone(unix.CLONE_NEWPID)
	if err != nil {
		t.Skip(err)
	}
	child, err := s.Clone3SetTID(CloneArgs{}, 777)
	if err != nil {
		t.Fatal(err)
	}
	if pid, err := child.Getpid(); err != nil || pid != 777 {
		t.Errorf("the child is %d, %v", pid, err)
	}
}
