package spec

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

var turn *Turn // nil where no other process runs specs on this machine

// TakeTurns has this process run no spec beside others that it must not run beside.
func TakeTurns(t *Turn) { turn = t }

// Turn is how processes run specs at the same time on one machine: one that
// Ginkgo's decorator Serial marks, since it sets what is the whole machine's, runs
// beside no spec that carries one of its labels, nor beside another such spec.
type Turn struct{ fd int }

// NewTurn returns a file for [OpenTurn].
func NewTurn() (*os.File, error) {
	fd, err := unix.MemfdCreate("turn", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a file to take turns by: %w", err)
	}
	return os.NewFile(uintptr(fd), "turn"), nil
}

// OpenTurn opens the file at path, which all processes must share, for a turn.
func OpenTurn(path string) (*Turn, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0) // locks belong to an open file, so each needs its own
	if err != nil {
		return nil, fmt.Errorf("open the turn: %w", err)
	}
	return &Turn{fd}, nil
}

// The file's bytes are locked, three sorts of them: for each label a gate, by who
// waits, so that those who come later do not overtake him, and a room, by those
// who run; and one for all serial specs. They are taken in this order.
const (
	gates = 0
	rooms = 1 << 20
	noise = 1 << 21
)

// mine makes it this process's turn to run a spec, and returns what ends that.
func (t *Turn) mine(serial bool, labels []string) (done func()) {
	done, err := t.take(serial, labels)
	if err != nil {
		current.Broken(fmt.Sprintf("wait for a turn: %v", err))
	}
	if guard.Quiet = t.quiet; serial {
		guard.Quiet = nil // nobody else is serial now
	}
	return done
}

// take waits until this process may run a spec with these labels, and returns
// what ends that.
func (t *Turn) take(serial bool, labels []string) (done func(), err error) {
	kind := int16(unix.F_RDLCK)
	if serial {
		kind = unix.F_WRLCK
	}
	var held []int64
	done = func() {
		for _, at := range held {
			t.lock(unix.F_UNLCK, at)
		}
	}
	for _, at := range placesOf(labels) {
		err = errors.Join(err, t.lock(unix.F_WRLCK, gates+at), t.lock(kind, rooms+at), t.lock(unix.F_UNLCK, gates+at))
		held = append(held, rooms+at)
	}
	if serial {
		err = errors.Join(err, t.lock(unix.F_WRLCK, noise))
		held = append(held, noise)
	}
	return done, err
}

// quiet waits until no other process runs a serial spec, and keeps them from it
// until it is done. A serial spec need not call it.
func (t *Turn) quiet() (done func()) {
	t.lock(unix.F_RDLCK, noise)
	return func() { t.lock(unix.F_UNLCK, noise) }
}

// Quietly does something while no process runs a serial spec.
func (t *Turn) Quietly(do func() error) error {
	defer t.quiet()()
	return do()
}

// Close gives the turn up.
func (t *Turn) Close() { unix.Close(t.fd) }

// placesOf returns the labels' places, in the order in which everybody takes them.
func placesOf(labels []string) []int64 {
	var places []int64
	for _, label := range labels {
		h := fnv.New32a()
		io.WriteString(h, label)
		places = append(places, int64(h.Sum32()%(1<<20)))
	}
	slices.Sort(places)
	return slices.Compact(places)
}

func (t *Turn) lock(kind int16, at int64) error {
	err := t.lockBy(unix.F_OFD_SETLKW, kind, at)
	if err == unix.EINVAL { // the kernel has no locks that belong to an open file, but to a process
		err = t.lockBy(unix.F_SETLKW, kind, at)
	}
	return err
}

func (t *Turn) lockBy(command int, kind int16, at int64) error {
	for {
		err := unix.FcntlFlock(uintptr(t.fd), command, &unix.Flock_t{Type: kind, Start: at, Len: 1})
		if err != unix.EINTR {
			return err
		}
	}
}
