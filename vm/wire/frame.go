// Package wire is how a guest and its host talk: framed, checksummed lines of
// JSON over a byte stream that may carry garbage.
//
// A frame is one line, "crc32 length kind payload\n", the CRC in eight
// hexadecimal digits and over all that follows the length. An empty line goes
// ahead of each frame, so that garbage without a newline spoils no frame.
package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
)

// MaxPayload is how many bytes a frame's payload may have. A longer one is
// never sent, and is garbage to a [Reader].
const MaxPayload = 1 << 20

// maxLine is a frame with the largest payload: crc, length, kind, spaces.
const maxLine = MaxPayload + 8 + 1 + 20 + 1 + 1 + 1

// Kind says what a frame's payload is.
type Kind byte

// The kinds of frames.
const (
	KindReady  Kind = 'R' // guest to host: a [Ready], repeated until the job comes
	KindTaken  Kind = 'T' // guest to host: the job has come
	KindRecord Kind = 'r' // guest to host: one record, a JSON object
	KindLast   Kind = 'L' // guest to host: a [Last], repeated until acknowledged
	KindJob    Kind = 'J' // host to guest: a [Job]
	KindAck    Kind = 'A' // host to guest: the last record has come
)

// Frame is one message.
type Frame struct {
	Kind    Kind
	Payload []byte // valid JSON without a newline
}

// Append appends f, encoded, to dst. The payload must not be longer than
// [MaxPayload] nor contain a newline.
func Append(dst []byte, f Frame) []byte {
	body := append([]byte{byte(f.Kind), ' '}, f.Payload...)
	dst = fmt.Appendf(dst, "\n%08x %d ", crc32.ChecksumIEEE(body), len(f.Payload))
	return append(append(dst, body...), '\n')
}

// Reader finds the frames in a stream. It never holds more than one frame's
// worth of it, whatever the stream has.
type Reader struct {
	// Garbage counts the bytes that belonged to no frame.
	Garbage int64

	in   *bufio.Reader
	line []byte
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, 64<<10)}
}

// Next returns the next intact frame; its payload is the caller's to keep.
// The error is the stream's: [io.EOF] at its end.
func (r *Reader) Next() (Frame, error) {
	for {
		line, err := r.nextLine()
		if f, ok := parse(line); ok {
			f.Payload = bytes.Clone(f.Payload)
			return f, nil
		}
		r.Garbage += int64(len(line))
		if err != nil {
			return Frame{}, err
		}
	}
}

// nextLine returns a line without its newline. What no frame can be long
// enough for is counted and thrown away.
func (r *Reader) nextLine() ([]byte, error) {
	r.line = r.line[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if len(r.line)+len(part) > maxLine+1 {
			r.Garbage += int64(len(r.line))
			r.line = r.line[:0]
		}
		r.line = append(r.line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimSuffix(r.line, []byte("\n")), err
	}
}

func parse(line []byte) (Frame, bool) {
	sum, rest, ok := bytes.Cut(line, []byte(" "))
	if !ok || len(sum) != 8 {
		return Frame{}, false
	}
	length, body, ok := bytes.Cut(rest, []byte(" "))
	if !ok || len(body) < 2 || body[1] != ' ' {
		return Frame{}, false
	}
	crc, err := strconv.ParseUint(string(sum), 16, 32)
	if err != nil || uint32(crc) != crc32.ChecksumIEEE(body) {
		return Frame{}, false
	}
	if n, err := strconv.Atoi(string(length)); err != nil || n != len(body)-2 {
		return Frame{}, false
	}
	return Frame{Kind: Kind(body[0]), Payload: body[2:]}, true
}
