package harness

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	tapeSize  = 1 << 20
	tapeCount = 32
	codeSize  = 64 // steps; a power of two
	textSize  = 64 << 10
	// errnos is more than there are: the highest is EHWPOISON, 133.
	errnos = 256
)

// tape is the shared memory that a program is in, and that takes its samples.
type tape struct {
	length    uint32 // of the code
	times     uint64
	index     uint64 // how often the steps have been made
	limit     uint64 // ticks
	start     uint64 // a tick
	perMicro  uint64 // ticks
	sleepless bool

	kept         [registers]uintptr
	streams      [streams]track
	refusals     uint64
	refused      [errnos]uint32
	firstRefused uint32 // the step's place in the code, from 1

	code [codeSize]code
	text [textSize]byte // strings and structs

	samples [8]byte // to the tape's end
}

// code is a [Step] as the subject reads it.
type code struct {
	nr       uintptr
	args     [6]uintptr
	stride   [6]uintptr
	from     [6]uint8 // the register to add to the argument; 0 for none
	keep     uint8
	own, end uint8
	begin    bool
	clones   bool
	onStack  bool
	await    bool
	rest     bool
	ack      bool
	until    uint16
	children uint32 // how many of the steps behind it are the child's
}

// track is a stream under way.
type track struct {
	samples         unsafe.Pointer
	count, capacity uint64
	from, to        uint64
}

// tapes are all tapes.
type tapes struct {
	mu   sync.Mutex
	free []*tape
}

// newTapes maps memory that takes none before it is used.
func newTapes() (*tapes, error) {
	const size = tapeSize * tapeCount
	base, err := unix.MmapPtr(-1, 0, nil, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("map shared memory of %d bytes: %w", size, err)
	}
	all := &tapes{}
	for i := range tapeCount {
		all.free = append(all.free, (*tape)(unsafe.Add(base, i*tapeSize)))
	}
	return all, nil
}

func (all *tapes) take() (*tape, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(all.free) == 0 {
		return nil, fmt.Errorf("take a tape: %d programs run already", tapeCount)
	}
	t := all.free[len(all.free)-1]
	all.free = all.free[:len(all.free)-1]
	return t, nil
}

func (all *tapes) give(t *tape) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.free = append(all.free, t)
}

// load puts a program on the tape. What it returns copies back what the program
// has written to memory that was passed to it.
func (t *tape) load(p Program) (back []func(), err error) {
	*t = tape{sleepless: p.Sleepless, times: uint64(p.Times), start: p.Start, perMicro: TicksPerMicrosecond()}
	m := &marshaller{data: t.text[:], base: uintptr(unsafe.Pointer(&t.text))}
	var used [streams]bool
	if err := t.append(m, p.Steps, &used); err != nil {
		return nil, err
	}
	n := 0
	for _, u := range used {
		if u {
			n++
		}
	}
	if n == 0 {
		return m.back, nil
	}
	room := (tapeSize - int(unsafe.Offsetof(t.samples))) / 8 / n
	at := unsafe.Pointer(&t.samples)
	for i := range t.streams {
		if used[i] {
			t.streams[i] = track{samples: at, capacity: uint64(room)}
			at = unsafe.Add(at, 8*room)
		}
	}
	// The pages must be there before the first sample is written.
	clear(unsafe.Slice((*byte)(unsafe.Pointer(&t.samples)), min(tapeSize-int(unsafe.Offsetof(t.samples)), 8*n*p.Times)))
	return m.back, nil
}

func (t *tape) append(m *marshaller, steps []Step, used *[streams]bool) error {
	for _, st := range steps {
		if t.length == codeSize {
			return fmt.Errorf("load a program: it has more than %d steps", codeSize)
		}
		c := &t.code[t.length]
		t.length++
		if err := c.fill(m, st, int(t.times)); err != nil {
			return fmt.Errorf("load %s: %w", st.Call, err)
		}
		for _, s := range []Stream{st.Own, st.End} {
			if s > 0 {
				used[s-1] = true
			}
		}
		before := t.length
		if err := t.append(m, st.Child, used); err != nil {
			return err
		}
		c.children = t.length - before
	}
	return nil
}

func (c *code) fill(m *marshaller, st Step, times int) error {
	if st.Keep > registers || st.Own > streams || st.End > streams {
		return errors.New("no such register or stream")
	}
	*c = code{
		nr: st.NR, keep: uint8(st.Keep), own: uint8(st.Own), end: uint8(st.End), begin: st.Begin,
		clones: st.clones, onStack: st.onStack, await: st.await, rest: st.rest, ack: st.Ack, until: uint16(st.Until),
	}
	for i, arg := range st.Args {
		switch arg := arg.(type) {
		case kept:
			c.from[i] = uint8(arg)
		case each:
			c.args[i], c.stride[i] = uintptr(arg.first), uintptr(arg.stride)
		case eachOf:
			if len(arg) < times {
				return fmt.Errorf("%d texts are not enough for %d times", len(arg), times)
			}
			var err error
			if c.args[i], c.stride[i], err = m.table(arg); err != nil {
				return err
			}
		default:
			word, err := m.word(arg)
			if err != nil {
				return err
			}
			c.args[i] = word
		}
	}
	return nil
}

// table puts texts at equal distances, and returns where the first is and how far
// the next is from it.
func (m *marshaller) table(texts []string) (first, stride uintptr, err error) {
	width := 0
	for _, text := range texts {
		width = max(width, len(text)+1)
	}
	area, first, err := m.place(width * len(texts))
	if err != nil {
		return 0, 0, err
	}
	for i, text := range texts {
		copy(area[i*width:], text)
	}
	return first, uintptr(width), nil
}
