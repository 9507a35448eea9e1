package vm

import (
	"fmt"
	"syscall"

	"github.com/nsconform/nsconform/vm/wire"
)

// How says how a machine ended.
type How string

// The ways in which a machine ends. Only after Finished are the records complete.
const (
	Finished     How = "finished"      // the job ended, all its records came, the guest powered off
	RecordsLost  How = "records lost"  // the job ended, but what came is not what was sent
	GuestCrashed How = "guest crashed" // the kernel panicked, or the machine stopped before the last record
	Hung         How = "hung"          // no record came for too long, or the guest did not power off
	NeverBooted  How = "never booted"  // the guest was never ready
	QEMUDied     How = "QEMU died"     // QEMU failed
	Cancelled    How = "cancelled"     // the context was
)

// Outcome is what came of a machine.
type Outcome struct {
	How How
	Why string // one line

	ExitCode int    // of the job; -1 if it has none
	Signal   int    // the signal that ended the job, or 0
	Output   string // the end of the job's stdout and stderr, which is known when it has ended
	Records  uint64 // how many came
	Dropped  uint64 // lines of the job that were no records
	Garbage  int64  // bytes from the guest that belonged to no message

	Spec        string   // that began last, by the console's markers; empty when none runs
	ConsoleTail []string // the console's last lines
	QEMUErrors  string   // the end of what QEMU said on stderr
	Boot        Boot     // zero if the guest was never ready
}

// evidence is all that the verdict on a machine is made of.
type evidence struct {
	cancelled  bool
	expired    string // the deadline that ended the machine, or empty
	ready      bool
	last       *wire.Last
	received   wire.Tally
	panicked   string // the console's line, or empty
	stopReason string // QMP's, empty if QEMU did not get that far
	qemuError  error  // QEMU's exit
	qemuStderr string
}

// QMP's reasons for a machine's end, of its ShutdownCause.
const (
	reasonPowerOff = "guest-shutdown"
	reasonReset    = "guest-reset"
)

// verdict weighs the evidence. A crash goes before all that may follow of it.
func (e *evidence) verdict() (How, string) {
	stopped := fmt.Sprintf("the guest stopped (%s)", e.stopReason)
	switch {
	case e.cancelled:
		return Cancelled, "interrupted"
	case e.panicked != "" && e.ready:
		return GuestCrashed, e.panicked
	case e.panicked != "":
		return NeverBooted, e.panicked
	case e.expired != "" && !e.ready:
		return NeverBooted, e.expired
	case e.expired != "":
		return Hung, e.expired
	case e.stopReason == "":
		return QEMUDied, qemuFailure(e.qemuError, e.qemuStderr)
	case !e.ready:
		return NeverBooted, stopped + " before it was ready"
	case e.last == nil:
		return GuestCrashed, stopped + " before its last record"
	case e.stopReason != reasonPowerOff:
		return GuestCrashed, stopped + " after its last record instead of powering off"
	case e.last.Records != e.received.Records || e.last.Checksum != e.received.Checksum:
		return RecordsLost, fmt.Sprintf("the guest sent %d records (checksum %08x), %d came (%08x)",
			e.last.Records, e.last.Checksum, e.received.Records, e.received.Checksum)
	case e.last.Error != "":
		return Finished, "the job could not be run: " + e.last.Error
	case e.last.Signal != 0:
		return Finished, fmt.Sprintf("the job was ended by signal %d (%v)", e.last.Signal, syscall.Signal(e.last.Signal))
	}
	return Finished, fmt.Sprintf("the job exited with %d", e.last.ExitCode)
}

func qemuFailure(err error, stderr string) string {
	if line := lastLine(stderr); line != "" {
		return line
	}
	if err != nil {
		return "QEMU: " + err.Error()
	}
	return "QEMU ended without giving a reason"
}
