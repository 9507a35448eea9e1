package vm

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/nsconform/nsconform/vm/guest"
	"github.com/nsconform/nsconform/vm/wire"
)

func (s *session) onEvent(name, reason string) {
	switch name {
	case "SHUTDOWN":
		s.seen.stopReason = reason
	case "RESUME":
		if s.beginning == restoring {
			s.onRestored()
		}
	}
}

func (s *session) onFrame(f wire.Frame, port *os.File) {
	switch f.Kind {
	case wire.KindReady:
		s.onReady(f.Payload, port)
	case wire.KindTaken:
		s.begin()
	case wire.KindRecord:
		s.begin()
		if s.recorded += len(f.Payload); s.recorded > maxRecords {
			s.fail(errFlood.Error())
			break
		}
		s.seen.received.Add(f.Payload)
		s.job.Record(f.Payload)
	case wire.KindLast:
		s.begin()
		s.onLast(f.Payload, port)
	}
	if f.Kind != wire.KindReady { // which a guest repeats that hears nothing
		s.sign = time.Now()
	}
	s.frames.Add(-1)
}

// onReady answers every ready: the guest repeats it until the job has come.
func (s *session) onReady(payload []byte, port *os.File) {
	var ready wire.Ready
	if json.Unmarshal(payload, &ready) != nil {
		return
	}
	switch s.beginning {
	case booting:
		s.boot.Port, s.boot.Problems = ready.Port, ready.Problems
		s.begin()
		if s.boot.VM.Exact {
			return // it has its job
		}
	case saving:
		if s.boot.Port == "" {
			s.boot.Port, s.boot.Problems = ready.Port, ready.Problems
			s.read(s.save)
		}
		return
	}
	s.sendJob(port)
}

// begin takes note of the first sign that the guest works: that it is ready,
// or, restored, that it has taken the job.
func (s *session) begin() {
	if s.seen.ready {
		return
	}
	s.seen.ready, s.sign = true, time.Now()
	s.boot.VM.BootSeconds = time.Since(s.begun).Seconds()
	s.boot.Restored = s.beginning == restoring
	if s.boot.VM.QEMU == "" {
		s.boot.VM.QEMU = s.qemuVersion()
	}
	s.job.Booted(s.boot)
	if s.terminal != nil {
		s.terminal.attach(s.process.console)
	}
}

// sendJob sends the job, unless it is on its way already: a restored guest may
// say that it is ready just then.
func (s *session) sendJob(port *os.File) {
	const again = 250 * time.Millisecond // less than the guest takes to repeat itself
	if time.Since(s.ordered) < again {
		return
	}
	s.ordered = time.Now()
	s.send(port, jobFrame(s.order))
}

// port returns the one that the guest uses.
func (s *session) port() *os.File {
	if guest.IsSerial(s.boot.Port) {
		return s.process.serial
	}
	return s.process.virtio
}

func (s *session) onLast(payload []byte, port *os.File) {
	var last wire.Last
	if s.seen.last == nil && json.Unmarshal(payload, &last) == nil {
		s.seen.last = &last
	}
	if !s.boot.VM.Exact {
		s.send(port, wire.Append(nil, wire.Frame{Kind: wire.KindAck, Payload: []byte("{}")}))
	}
}

// send does without an error: the guest repeats what is not answered, and a
// machine that has gone shows elsewhere.
func (s *session) send(port *os.File, frame []byte) {
	port.SetWriteDeadline(time.Now().Add(time.Second))
	if _, err := port.Write(frame); errors.Is(err, os.ErrDeadlineExceeded) {
		return
	}
}

// jobFrame completes the order with what has to be as fresh as possible.
func jobFrame(order wire.Job) []byte {
	order.Clock = time.Now().UnixNano()
	order.Entropy = make([]byte, 64)
	rand.Read(order.Entropy)
	payload, err := json.Marshal(order)
	if err != nil {
		panic(err) // a wire.Job always has a form in JSON
	}
	return wire.Append(nil, wire.Frame{Kind: wire.KindJob, Payload: payload})
}
