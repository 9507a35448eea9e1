package guest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/nsconform/nsconform/vm/wire"
	"golang.org/x/sys/unix"
)

// applyJob gives the machine, which may be a restored copy, its own time and
// its own randomness.
func applyJob(job wire.Job) {
	if job.Clock > 0 {
		now := unix.NsecToTimespec(job.Clock)
		unix.ClockSettime(unix.CLOCK_REALTIME, &now)
	}
	addEntropy(job.Entropy)
}

// addEntropy credits seed to the kernel's pool and makes its generator use it
// (random(4), RNDADDENTROPY, RNDRESEEDCRNG).
func addEntropy(seed []byte) {
	const maxSeed = 512
	seed = seed[:min(len(seed), maxSeed)]
	f, err := os.OpenFile("/dev/urandom", os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	pool := struct {
		bits, size int32
		seed       [maxSeed]byte
	}{bits: int32(len(seed) * 8), size: int32(len(seed))}
	copy(pool.seed[:], seed)
	unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.RNDADDENTROPY, uintptr(unsafe.Pointer(&pool)))
	unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.RNDRESEEDCRNG, 0)
}

// runJob runs the job, sends its records and returns the last message.
func runJob(job wire.Job, p *port, w *waiting) wire.Last {
	if job.Shell != nil {
		return runShell(job)
	}
	c, err := startChild(job, w)
	if err != nil {
		return wire.Last{ExitCode: -1, Error: err.Error()}
	}
	var tally wire.Tally
	var sendErr error
	for record := range c.records {
		tally.Add(record)
		if sendErr == nil {
			sendErr = p.write(wire.Append(nil, wire.Frame{Kind: wire.KindRecord, Payload: record}), 0)
		}
	}
	last := c.last()
	last.Records, last.Checksum = tally.Records, tally.Checksum
	if sendErr != nil {
		last.Error = sendErr.Error()
	}
	return last
}

// maxOutput is how much of the end of the job's stdout and stderr is kept.
const maxOutput = 64 << 10

// pipesLinger is how long a pipe may stay open after every process is gone.
const pipesLinger = 2 * time.Second

// child is the job's process.
type child struct {
	records chan []byte // closed when the process and its descendants are gone
	dropped uint64
	output  tail
	status  syscall.WaitStatus
	reaped  chan struct{} // closed when status is set
	outDone chan struct{} // closed when output is whole
}

// startChild gives the job to the process that waits for one, or starts one.
func startChild(job wire.Job, w *waiting) (*child, error) {
	if w != nil {
		if err := w.give(job); err != nil {
			w.giveUp()
			w = nil
		}
	}
	if w == nil {
		w = &waiting{}
		if err := w.start(job.Args, job.Env); err != nil {
			return nil, err
		}
	}
	c := &child{records: make(chan []byte, 64), output: tail{limit: maxOutput},
		reaped: make(chan struct{}), outDone: make(chan struct{})}
	go c.collectOutput(w.out)
	go c.forwardRecords(w.records)
	go func() {
		c.status = reapUntil(w.pid)
		close(c.reaped)
		killAll()
		w.records.SetReadDeadline(time.Now().Add(pipesLinger))
		w.out.SetReadDeadline(time.Now().Add(pipesLinger))
	}()
	return c, nil
}

// environment is the job's: what it asked for, after what every program needs.
func environment(more []string) []string {
	return append([]string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "TMPDIR=/tmp", "TERM=linux",
	}, more...)
}

func (c *child) collectOutput(r *os.File) {
	defer close(c.outDone)
	defer r.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := rest{r}.Read(buf)
		c.output.add(buf[:n])
		if err != nil {
			return
		}
	}
}

// rest reads a pipe to its end, or, after its deadline, what is in it: the host may
// take so long for what came before that the deadline passes meanwhile.
type rest struct{ pipe *os.File }

// Read implements [io.Reader].
func (r rest) Read(p []byte) (int, error) {
	n, err := r.pipe.Read(p)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return n, err
	}
	raw, err := r.pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	if err := raw.Control(func(fd uintptr) { n, _ = unix.Read(int(fd), p) }); err != nil {
		return 0, err
	}
	if n <= 0 {
		return 0, io.EOF
	}
	return n, nil
}

// forwardRecords hands on the lines that are records and counts the others.
func (c *child) forwardRecords(r *os.File) {
	defer close(c.records)
	defer r.Close()
	in := bufio.NewReaderSize(rest{r}, 64<<10)
	for {
		line, tooLong, err := readLine(in)
		switch {
		case tooLong:
			c.dropped++
		case len(line) == 0:
		case line[0] != '{' || !json.Valid(line):
			c.dropped++
		default:
			c.records <- line
		}
		if err != nil {
			return
		}
	}
}

// readLine returns a line of at most [wire.MaxPayload] bytes without its newline.
func readLine(in *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > wire.MaxPayload+len("\n") {
			line, tooLong = nil, true
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) > wire.MaxPayload {
			line, tooLong = nil, true
		}
		return line, tooLong, err
	}
}

// last is what to say of the child once its records have ended.
func (c *child) last() wire.Last {
	<-c.reaped
	<-c.outDone
	last := wire.Last{ExitCode: c.status.ExitStatus(), Output: c.output.String(), Dropped: c.dropped}
	if c.status.Signaled() {
		last.Signal = int(c.status.Signal())
	}
	return last
}

// tail keeps the end of a stream.
type tail struct {
	limit int
	kept  []byte
}

func (t *tail) add(b []byte) {
	t.kept = append(t.kept, b...)
	if over := len(t.kept) - t.limit; over > t.limit {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
}

// String returns the end of the stream, as valid UTF-8 in JSON's view.
func (t *tail) String() string {
	return string(t.kept[max(0, len(t.kept)-t.limit):])
}
