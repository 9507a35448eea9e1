package vm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

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

// session is one machine from its start to its end. All its fields belong to
// the goroutine of run; the others only send events.
type session struct {
	config      *Config
	job         wire.Job
	terminal    terminal
	process     *process
	begin       time.Time
	slowdown    int
	qemuVersion func() string

	events     chan func()
	readers    int          // that have not ended
	frames     atomic.Int64 // that have come and are not handled yet
	console    lines
	complaints complaints
	seen       evidence
	boot       Boot
	garbage    int64
	// heard is when the console last spoke, sign when the guest last gave a
	// sign of life that moves its deadline.
	heard, sign time.Time
	panicAt     time.Time
}

func (s *session) run(ctx context.Context) *Outcome {
	defer s.process.close()
	s.sign = time.Now()
	s.events = make(chan func(), 64)
	s.complaints = complaints{slow: s.slowdown > 1, emit: s.config.Complaint}
	s.console.each = s.complaints.line
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
			in := wire.NewReader(port)
			for {
				frame, err := in.Next()
				if err != nil {
					s.events <- func() { s.garbage += in.Garbage }
					return
				}
				s.frames.Add(1)
				s.events <- func() { s.onFrame(frame, port) }
			}
		})
	}
	s.read(func() {
		watchQMP(s.process.qmp, func(reason string) {
			s.events <- func() { s.seen.stopReason = reason }
		})
	})
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
	s.config.Console.Write(chunk)
	s.console.write(chunk)
	if s.complaints.panicked != "" && s.panicAt.IsZero() {
		s.panicAt = time.Now()
	}
}

func (s *session) onFrame(f wire.Frame, port *os.File) {
	switch f.Kind {
	case wire.KindReady:
		s.onReady(f.Payload, port)
	case wire.KindRecord:
		s.seen.received.Add(f.Payload)
		s.config.Record(f.Payload)
	case wire.KindLast:
		s.onLast(f.Payload, port)
	}
	s.sign = time.Now()
	s.frames.Add(-1)
}

// onReady answers every ready: the guest repeats it until the job has come.
func (s *session) onReady(payload []byte, port *os.File) {
	var ready wire.Ready
	if json.Unmarshal(payload, &ready) != nil {
		return
	}
	if !s.seen.ready {
		s.seen.ready = true
		s.boot.Port, s.boot.Problems = ready.Port, ready.Problems
		s.boot.VM.BootSeconds = time.Since(s.begin).Seconds()
		s.boot.VM.QEMU = s.qemuVersion()
		s.config.Booted(s.boot)
		if s.terminal != nil {
			s.terminal.attach(s.process.console)
		}
	}
	s.send(port, jobFrame(s.job))
}

func (s *session) onLast(payload []byte, port *os.File) {
	var last wire.Last
	if s.seen.last == nil && json.Unmarshal(payload, &last) == nil {
		s.seen.last = &last
	}
	s.send(port, wire.Append(nil, wire.Frame{Kind: wire.KindAck, Payload: []byte("{}")}))
}

// send does without an error: the guest repeats what is not answered, and a
// machine that has gone shows elsewhere.
func (s *session) send(port *os.File, frame []byte) {
	port.SetWriteDeadline(time.Now().Add(time.Second))
	if _, err := port.Write(frame); errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
}

// checkTime ends a machine that has passed a deadline.
func (s *session) checkTime() {
	slow := time.Duration(s.slowdown)
	if time.Since(s.heard) > settle*slow {
		s.complaints.flush()
	}
	if s.seen.expired != "" || s.seen.cancelled || s.frames.Load() > 0 {
		return
	}
	limit, what := s.deadline()
	limit *= slow
	switch {
	case !s.panicAt.IsZero() && time.Since(s.panicAt) > panicGrace*slow:
		s.seen.expired = "the kernel panicked and did not stop"
	case limit > 0 && time.Since(s.sign) > limit:
		s.seen.expired = fmt.Sprintf(what, limit)
	default:
		return
	}
	s.stop()
}

// deadline is what the guest is waited for, unscaled; 0 means for ever.
func (s *session) deadline() (time.Duration, string) {
	switch {
	case !s.seen.ready:
		return s.config.BootDeadline, "the guest was not ready within %v"
	case s.seen.last != nil:
		return powerOffGrace, "the guest did not power off within %v of its last message"
	case s.terminal != nil:
		return 0, ""
	}
	return s.config.SilenceDeadline, "no record came for %v"
}

func (s *session) outcome() *Outcome {
	s.seen.panicked = s.complaints.panicked
	s.seen.qemuStderr = string(s.process.stderr.kept)
	o := &Outcome{
		ExitCode: -1, Records: s.seen.received.Records, Garbage: s.garbage,
		ConsoleTail: s.console.last, QEMUErrors: s.seen.qemuStderr, Boot: s.boot,
	}
	o.How, o.Why = s.seen.verdict()
	if last := s.seen.last; last != nil {
		o.ExitCode, o.Signal, o.Output, o.Dropped = last.ExitCode, last.Signal, last.Output, last.Dropped
	}
	return o
}
