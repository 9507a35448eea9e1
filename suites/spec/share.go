package spec

import (
	"fmt"

	"github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"
)

// Share is the part of the specs that a process runs, where several processes
// divide them: of every Of specs, in their order, that with the given Index. The
// zero value is all of them.
type Share struct {
	Index int `json:"index,omitempty"`
	Of    int `json:"of,omitempty"`
}

// has reports whether the spec at that place in the order is in the share.
func (s Share) has(place int) bool { return s.Of <= 1 || place%s.Of == s.Index }

var (
	share Share
	place int   // of the next spec in the order
	turn  *Turn // nil where no other process runs specs on this machine
)

// Divide has this process run a share; t, unless nil, is the turn that it takes
// with processes which run the other shares on the same machine.
func Divide(s Share, t *Turn) { share, turn = s, t }

// skipOthers ends a spec that is in another share.
func skipOthers() {
	mine := share.has(place)
	place++
	if !mine {
		ginkgo.Skip("another share's")
	}
}

// Turn keeps a spec that Ginkgo's decorator Serial marks from running beside any
// other spec of this machine, in whatever process.
type Turn struct{ fd int }

// The bytes of a turn's file that are locked: gate by who waits, so that those
// who come later do not overtake them, and room by those who run.
const (
	gateByte = iota
	roomByte
)

// OpenTurn opens the file at path, which all processes must share, for a turn.
func OpenTurn(path string) (*Turn, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0) // locks belong to an open file, so each needs its own
	if err != nil {
		return nil, fmt.Errorf("open the turn: %w", err)
	}
	return &Turn{fd}, nil
}

// take waits until this process may run a spec, and returns what ends that.
func (t *Turn) take(serial bool) (done func(), err error) {
	kind := int16(unix.F_RDLCK)
	if serial {
		kind = unix.F_WRLCK
	}
	for _, step := range []struct {
		kind int16
		at   int64
	}{{unix.F_WRLCK, gateByte}, {kind, roomByte}, {unix.F_UNLCK, gateByte}} {
		if err := t.lock(step.kind, step.at); err != nil {
			return nil, err
		}
	}
	return func() { t.lock(unix.F_UNLCK, roomByte) }, nil
}

func (t *Turn) lock(kind int16, at int64) error {
	for {
		err := unix.FcntlFlock(uintptr(t.fd), unix.F_OFD_SETLKW, &unix.Flock_t{Type: kind, Start: at, Len: 1})
		if err != unix.EINTR {
			return err
		}
	}
}
