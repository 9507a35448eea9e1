package ipc

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// object is a kind of IPC object, seen as something that has a key and holds one
// small number. A System V object's handle is its id, the same for all
// processes; a POSIX message queue's is a descriptor of the process that opened it.
type object struct {
	what   string // with its article
	word   string // as requirement ids name it
	option string // the kernel option that brings it
	open   func(s *harness.Subject, key, flags int) (handle int, err error)
	write  func(s *harness.Subject, handle, value int) error
	read   func(s *harness.Subject, handle int) (int, error) // takes a message out of a queue
	remove func(s *harness.Subject, key, handle int) error
}

// create are the flags of an open that makes a new object, its owner's alone.
const create = unix.IPC_CREAT | unix.IPC_EXCL | 0o600

// objects returns all kinds of IPC object.
func objects() []object {
	all := []object{queue}
	for _, x := range sysvs {
		all = append(all, x.object)
	}
	return all
}

var queue = object{
	what: "a POSIX message queue", word: "mq", option: "CONFIG_POSIX_MQUEUE",
	open: openQueue,
	write: func(s *harness.Subject, fd, value int) error {
		return s.MqSend(fd, string(rune(value)), 0)
	},
	read: func(s *harness.Subject, fd int) (int, error) {
		text, err := s.MqReceive(fd)
		return number(text), err
	},
	remove: func(s *harness.Subject, key, fd int) error {
		if err := s.MqUnlink(queueName(key)); err != nil {
			return err
		}
		return s.Close(fd)
	},
}

// small are the attributes of a queue that hardly counts against its user's
// limit, which queues of namespaces that are still being destroyed share.
var small = harness.MqAttr{MaxMsg: 4, MsgSize: 64}

// openQueue takes the flags of a System V get call.
func openQueue(s *harness.Subject, key, flags int) (int, error) {
	attr := small
	oflags := unix.O_RDWR | unix.O_NONBLOCK
	if flags&unix.IPC_CREAT != 0 {
		oflags |= unix.O_CREAT
	}
	if flags&unix.IPC_EXCL != 0 {
		oflags |= unix.O_EXCL
	}
	return s.MqOpen(queueName(key), oflags, &attr)
}

func queueName(key int) string { return fmt.Sprintf("nsconform-%x", key) }

// number is the number that a message holds; 0 for an empty one.
func number(text string) int {
	for _, r := range text {
		return int(r)
	}
	return 0
}

// firstKey is where free keys are looked for: "nscf".
const firstKey = 0x6e736366

// freeKey returns a key that no object in the suite's own IPC namespace has.
func freeKey() int {
	used := map[int]bool{}
	for _, x := range sysvs {
		// A kernel without System V IPC has no such file, and no keys.
		all, _ := nsutil.SysVObjects(x.kind)
		for _, o := range all {
			used[int(o.Key)] = true
		}
	}
	key := firstKey
	for used[key] {
		key++
	}
	return key
}

// listed returns the objects of kind that s sees in /proc/sysvipc.
func listed(s *harness.Subject, kind nsutil.SysV) ([]nsutil.SysVObject, error) {
	text, err := s.ReadFile("/proc/sysvipc/" + string(kind))
	if err != nil {
		return nil, err
	}
	return nsutil.ParseSysV(strings.NewReader(text))
}
