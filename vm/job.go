package vm

import (
	"io"
	"time"

	"github.com/nsconform/nsconform/reports"
)

// Job is what a machine does, once. Record is required. All callbacks come
// from one goroutine, one at a time; while one runs no deadline passes.
type Job struct {
	// Args and Env are the job's process: PID 1 starts [Config]'s Init again
	// with these arguments and, besides PATH, HOME, TMPDIR and TERM, this
	// environment.
	Args []string
	Env  []string

	// SilenceDeadline bounds the time between records. It is meant for KVM
	// and is multiplied by [Slowdown] or [ExactSlowdown]. If 0: 30 s.
	SilenceDeadline time.Duration

	// SpecName returns the name of the spec that a mark stands for, "" for none: see
	// [guest.MarkSpecBegins]. If nil, marks are names.
	SpecName func(mark string) string

	Console   io.Writer               // gets everything the guest's console says; may be nil
	Booted    func(Boot)              // is called once, when the guest is ready, or restored; may be nil
	Record    func(line []byte)       // gets each record, a JSON object, in order
	Complaint func(reports.Complaint) // gets what the kernel complains about; may be nil
}

func (j *Job) fill() {
	if j.SilenceDeadline == 0 {
		j.SilenceDeadline = 30 * time.Second
	}
	if j.Console == nil {
		j.Console = io.Discard
	}
	if j.Booted == nil {
		j.Booted = func(Boot) {}
	}
	if j.Complaint == nil {
		j.Complaint = func(reports.Complaint) {}
	}
}
