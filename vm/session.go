package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/vm/wire"
)

const (
	tick = 100 * time.Millisecond
	// settle is how long a complaint may wait for the rest of its trace, and
	// panicGrace how long a panic may take to reset the machine. Both are
	// multiplied by the slowdown.
	settle     = 250 * time.Millisecond
	panicGrace = 5 * time.Second
	// powerOffGrace bounds the time from the last message to the machine's end.
	powerOffGrace = 10 * time.Second
)

// What is taken from a guest, which may be of any mind, in bytes: far more than any
// job's machine has to say.
const (
	maxConsole = 16 << 20
	maxRecords = 128 << 20
)

// beginning is how a machine comes to its job.
type beginning int

const (
	booting   beginning = iota
	saving              // it boots and is saved instead of getting a job
	restoring           // it goes on where another was saved
)

// terminal takes part in a machine's console; see [Shell].
type terminal interface {
	attach(console io.Writer) // the guest is ready: begin to send it what the user types
}

// session is one machine from its start to its end. All its fields belong to
// the goroutine of run; the others only send events.
type session struct {
	job         *Job
	order       wire.Job
	terminal    terminal
	beginning   beginning
	snapshot    *Snapshot     // to restore
	limit       time.Duration // for the beginning, unscaled
	qemuVersion func() string

	process    *process
	monitor    *monitor
	begun      time.Time
	slowdown   time.Duration
	events     chan func()
	readers    int          // that have not ended
	frames     atomic.Int64 // that have come and are not handled yet
	marks      marks
	console    lines
	complaints complaints
	seen       evidence
	boot       Boot
	garbage    int64
	said       int // by the console
	recorded   int
	state      []byte // when saved
	// heard is when the console last spoke, sign when the guest last gave a
	// sign of life that moves its deadline, ordered when the job was last sent.
	heard, sign, ordered time.Time
	panicAt              time.Time
}

// newSession returns a session that boots and does j.
func newSession(j *Job) *session {
	return &session{job: j, order: wire.Job{Args: j.Args, Env: j.Env}}
}

// run goes on until QEMU, which begun is the start of, has ended.
func (s *session) run(ctx context.Context, p *process, begun time.Time) *Outcome {
	defer p.close()
	s.process, s.begun, s.sign = p, begun, time.Now()
	s.monitor = newMonitor(p.qmp)
	s.slowdown = time.Duration(slowdown(s.boot.VM))
	s.events = make(chan func(), 16) // each may hold a frame
	s.complaints = complaints{slow: s.slowdown > 1, emit: s.job.Complaint}
	s.console.each = s.complaints.line
	s.marks.name = s.job.SpecName
	s.startReaders()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	cancelled := ctx.Done()
	exited := s.process.exited
	for s.readers > 0 || exited != nil {
		select {
		case event := <-s.events:
			event()
		case err := <-exited:
			s.seen.qemuError = err
			exited = nil
		case <-cancelled:
			cancelled = nil
			s.seen.cancelled = true
			s.stop()
		case <-ticker.C:
			s.checkTime()
		}
	}
	s.pass(s.marks.rest())
	s.console.end()
	s.complaints.flush()
	return s.outcome()
}

// stop ends QEMU, upon which the readers end as well.
func (s *session) stop() { go s.process.kill() }

func (s *session) startReaders() {
	s.read(func() {
		buf := make([]byte, 32<<10)
		for {
			n, err := s.process.console.Read(buf)
			if n > 0 {
				chunk := append([]byte(nil), buf[:n]...)
				s.events <- func() { s.onConsole(chunk) }
			}
			if err != nil {
				return
			}
		}
	})
	for _, port := range []*os.File{s.process.serial, s.process.virtio} {
		s.read(func() {
			in := wire.NewReader(s.reader(port))
			for {
				frame, err := in.Next()
				if err != nil {
					s.events <- func() { s.onPortEnds(in.Garbage, err) }
					return
				}
				s.frames.Add(1)
				s.events <- func() { s.onFrame(frame, port) }
			}
		})
	}
	s.read(func() {
		s.monitor.watch(func(name, reason string) {
			s.events <- func() { s.onEvent(name, reason) }
		})
	})
	if s.beginning == restoring {
		s.read(s.restore)
	}
}

// reader is what comes through a port.
func (s *session) reader(port *os.File) io.Reader {
	if s.boot.VM.Exact {
		return &growing{file: port, whole: s.process.done}
	}
	return port
}

func (s *session) read(loop func()) {
	s.readers++
	go func() {
		loop()
		s.events <- func() { s.readers-- }
	}()
}

func (s *session) onConsole(chunk []byte) {
	s.heard = time.Now()
	s.pass(s.marks.expand(chunk))
}

// pass passes on what the console has said, with the names of specs.
func (s *session) pass(said []byte) {
	s.keep(said)
	s.console.write(said)
	if s.complaints.panicked != "" && s.panicAt.IsZero() {
		s.panicAt = time.Now()
	}
}

// keep passes on what the console says, but not without end.
func (s *session) keep(chunk []byte) {
	switch s.said += len(chunk); {
	case s.terminal != nil, s.said <= maxConsole:
		s.job.Console.Write(chunk)
	case s.said-len(chunk) <= maxConsole:
		fmt.Fprintf(s.job.Console, "\nnsconform: the console says more than %d MiB: the rest is left out\n", maxConsole>>20)
	}
}

// checkTime ends a machine that has passed a deadline.
func (s *session) checkTime() {
	if time.Since(s.heard) > settle*s.slowdown {
		s.complaints.flush()
	}
	if s.seen.expired != "" || s.seen.cancelled || s.frames.Load() > 0 {
		return
	}
	limit, what := s.deadline()
	limit *= s.slowdown
	switch {
	case !s.panicAt.IsZero() && time.Since(s.panicAt) > panicGrace*s.slowdown:
		s.seen.expired = "the kernel panicked and did not stop"
	case limit > 0 && time.Since(s.sign) > limit:
		s.seen.expired = fmt.Sprintf(what, limit)
	default:
		return
	}
	s.stop()
}

// onPortEnds is called when no more comes through a port.
func (s *session) onPortEnds(garbage int64, err error) {
	s.garbage += garbage
	if errors.Is(err, errFlood) {
		s.fail(err.Error())
	}
}

// fail ends a machine that cannot go on.
func (s *session) fail(why string) {
	if s.seen.expired == "" {
		s.seen.expired = why
	}
	s.stop()
}

// deadline is what the guest is waited for, unscaled; 0 means for ever.
func (s *session) deadline() (time.Duration, string) {
	switch {
	case !s.seen.ready && s.beginning == restoring:
		return s.limit, "the restored guest did not take its job within %v"
	case !s.seen.ready:
		return s.limit, "the guest was not ready within %v"
	case s.seen.last != nil:
		return powerOffGrace, "the guest did not power off within %v of its last message"
	case s.terminal != nil:
		return 0, ""
	}
	return s.job.SilenceDeadline, "no record came for %v"
}

func (s *session) outcome() *Outcome {
	s.seen.panicked = s.complaints.panicked
	s.seen.qemuStderr = string(s.process.stderr.kept)
	o := &Outcome{
		ExitCode: -1, Records: s.seen.received.Records, Garbage: s.garbage,
		Spec: s.complaints.spec, ConsoleTail: s.console.last, QEMUErrors: s.seen.qemuStderr, Boot: s.boot,
	}
	o.How, o.Why = s.seen.verdict()
	if o.How == Finished && s.heard.IsZero() { // not even that it powers off
		s.job.Complaint(reports.Complaint{Kind: "no console", Lines: []string{
			"the kernel's console said nothing, so it cannot be known what the kernel complains about: build it with " + serialConsole,
		}})
	}
	if last := s.seen.last; last != nil {
		o.ExitCode, o.Signal, o.Output, o.Dropped = last.ExitCode, last.Signal, last.Output, last.Dropped
	}
	return o
}
