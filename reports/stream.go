package reports

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// MaxLine is the longest line of an event stream in bytes, its newline included.
const MaxLine = 16 << 20

// ErrLineTooLong is returned, wrapped, for an event of more than [MaxLine] bytes.
var ErrLineTooLong = errors.New("line of more than 16 MiB")

// Writer emits a stream of events. It is safe for concurrent use.
type Writer struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// NewWriter returns a Writer that emits to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Emit writes e as one line in one call of the underlying Write, so that nothing
// stays in a buffer. After a failed write the stream may end in half a line, so
// every later call returns that same error.
func (w *Writer) Emit(e Event) error {
	line, err := encode(e)
	if err != nil {
		return fmt.Errorf("encode %s event of run %q: %w", e.Type, e.Run, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if _, err := w.w.Write(line); err != nil {
		w.err = fmt.Errorf("write event stream: %w", err)
	}
	return w.err
}

func encode(e Event) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, err
	}
	if b.Len() > MaxLine {
		return nil, ErrLineTooLong
	}
	return b.Bytes(), nil
}

// ReadStream calls f with every event of a stream. Fields and event types it does
// not know are no error, nor is a last line that was cut short; any other line
// that is no event is, and ends the reading, as does an error of f.
func ReadStream(r io.Reader, f func(Event) error) error {
	buffered := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		line, err := readLine(buffered)
		cut := err == io.EOF
		if err != nil && !cut {
			return fmt.Errorf("read event stream: line %d: %w", number, err)
		}
		if err := readEvent(line, cut, f); err != nil {
			return fmt.Errorf("read event stream: line %d: %w", number, err)
		}
		if cut {
			return nil
		}
	}
}

func readEvent(line []byte, cut bool, f func(Event) error) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	e, err := ParseEvent(line)
	switch {
	case err == nil:
		return f(e)
	case cut:
		return nil
	}
	return err
}

// ParseEvent returns the event that one line of a stream holds.
func ParseEvent(line []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return e, fmt.Errorf("not an event: %w", err)
	}
	return e, nil
}

// readLine returns the next line; the error is io.EOF when no newline ends it.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > MaxLine {
			return nil, ErrLineTooLong
		}
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}
