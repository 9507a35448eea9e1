package wire

import "hash/crc32"

// Ready is what the guest says when it can take a job.
type Ready struct {
	Release string `json:"release"` // uname -r
	Port    string `json:"port"`    // the device the guest talks over
	// Problems are the steps that failed but can be done without: a module
	// that does not load, a file system that does not mount.
	Problems []string `json:"problems,omitempty"`
}

// Job is what the host asks the guest to do. It comes after [Ready], so that
// one booted machine can be saved and given any job later.
type Job struct {
	Args    []string `json:"args"`            // argv[1:] of the process
	Env     []string `json:"env,omitempty"`   // its environment besides PATH, HOME, TERM
	Clock   int64    `json:"clock"`           // the wall clock, in nanoseconds since 1970
	Entropy []byte   `json:"entropy"`         // for the kernel's random pool
	Shell   *Shell   `json:"shell,omitempty"` // a shell on the console instead of Args
}

// Shell asks for a shell on the guest's console.
type Shell struct {
	Interactive bool   `json:"interactive"`      // on a terminal, with job control
	Script      []byte `json:"script,omitempty"` // its input when it is not
	Rows        uint16 `json:"rows,omitempty"`
	Columns     uint16 `json:"columns,omitempty"`
}

// Last is the guest's mandatory last message.
type Last struct {
	ExitCode int    `json:"exit_code"`         // of the process; -1 if a signal ended it
	Signal   int    `json:"signal,omitempty"`  // that ended the process
	Output   string `json:"output,omitempty"`  // the end of its stdout and stderr
	Records  uint64 `json:"records"`           // how many it sent
	Checksum uint32 `json:"checksum"`          // of all of them, see [Tally]
	Dropped  uint64 `json:"dropped,omitempty"` // lines that were no record: too long, or no JSON object
	Error    string `json:"error,omitempty"`   // why the process could not be started
}

// Tally counts records and sums them up, on both sides alike.
type Tally struct {
	Records  uint64
	Checksum uint32
}

// Add counts one record.
func (t *Tally) Add(record []byte) {
	t.Records++
	t.Checksum = crc32.Update(t.Checksum, crc32.IEEETable, record)
}
