package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"time"

	"github.com/nsconform/nsconform/vm/wire"
	"golang.org/x/sys/unix"
)

const (
	// patience is how long a port may take nothing of the first message
	// until the next port is tried.
	patience = 5 * time.Second
	// repeatEvery is how often a message is sent until it is answered.
	repeatEvery = 500 * time.Millisecond
	// ackWait bounds the wait for the last record's acknowledgement: the host
	// ends the machine by itself when the last record does not come.
	ackWait = 20 * time.Second
)

// givenJob returns the job that is in the root file system, or nil.
func givenJob() *wire.Job {
	payload, err := os.ReadFile(JobFile)
	if err != nil {
		return nil
	}
	job := &wire.Job{}
	if json.Unmarshal(payload, job) != nil {
		return nil
	}
	return job
}

// awaitJob says ready on the first port that works, until the job comes. Where one
// is given the host only listens: ready is said once.
func awaitJob(paths, problems []string, given *wire.Job) (*port, wire.Job, error) {
	var failures []error
	for _, path := range paths {
		p, err := openPort(path)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		job, err := p.exchangeJob(problems, given)
		if err == nil {
			return p, job, nil
		}
		p.close()
		failures = append(failures, err)
		problems = append(problems, err.Error())
	}
	return nil, wire.Job{}, errors.Join(failures...)
}

func (p *port) exchangeJob(problems []string, given *wire.Job) (wire.Job, error) {
	ready := encode(wire.KindReady, wire.Ready{Release: release(), Port: p.path, Problems: problems})
	if given != nil {
		p.oneWay = true
		return *given, p.write(ready, patience)
	}
	var in inbox
	for {
		if err := p.write(ready, patience); err != nil {
			return wire.Job{}, err
		}
		for sent := time.Now(); time.Since(sent) < repeatEvery; {
			var job wire.Job
			if payload := in.receive(p, wire.KindJob); payload != nil && json.Unmarshal(payload, &job) == nil {
				return job, nil
			}
		}
	}
}

// sendLast sends the last message until the host acknowledges it, or once to one
// that only listens.
func (p *port) sendLast(last wire.Last) {
	frame := encode(wire.KindLast, last)
	if p.oneWay {
		p.write(frame, ackWait)
		p.drain()
		return
	}
	var in inbox
	for begin := time.Now(); time.Since(begin) < ackWait; {
		if p.write(frame, ackWait) != nil {
			return
		}
		for sent := time.Now(); time.Since(sent) < repeatEvery; {
			if in.receive(p, wire.KindAck) != nil {
				return
			}
		}
	}
}

// inbox collects what comes from the host, which is little: a job, an
// acknowledgement.
type inbox struct{ pending []byte }

const maxInbox = 2 * wire.MaxPayload

// receive returns the payload of a frame of the given kind, or nil if none
// came within [pollInterval].
func (in *inbox) receive(p *port, kind wire.Kind) []byte {
	buf := make([]byte, 64<<10)
	n := p.read(buf)
	in.pending = append(in.pending, buf[:n]...)
	if len(in.pending) > maxInbox {
		in.pending = in.pending[len(in.pending)-maxInbox:]
	}
	for {
		line, rest, ok := bytes.Cut(in.pending, []byte("\n"))
		if !ok {
			return nil
		}
		in.pending = rest
		f, err := wire.NewReader(bytes.NewReader(line)).Next()
		if err == nil && f.Kind == kind {
			return f.Payload
		}
	}
}

func encode(kind wire.Kind, message any) []byte {
	payload, err := json.Marshal(message)
	if err != nil {
		panic(err) // only for types that JSON has no form for
	}
	return wire.Append(nil, wire.Frame{Kind: kind, Payload: payload})
}

func release() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}
