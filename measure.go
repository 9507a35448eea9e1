package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/nsconform/nsconform/bench"
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/vm/mutants"
	"golang.org/x/sys/unix"
)

// measureArg is the first argument of the process that measures, on this host or in
// a guest.
const measureArg = "measure"

// measureJob is what it is told in its only other argument.
type measureJob struct {
	Names    []string `json:"names"` // of benchmarks
	Boot     int      `json:"boot"`
	Rounds   int      `json:"rounds"`
	Seed     int64    `json:"seed"`
	Exact    bool     `json:"exact,omitempty"`
	Slowdown float64  `json:"slowdown"`
	Mark     string   `json:"mark,omitempty"`
	Mutant   string   `json:"mutant,omitempty"`
}

func (j measureJob) args() []string {
	text, err := json.Marshal(j)
	if err != nil {
		panic(err) // a job is plain data
	}
	return []string{measureArg, string(text)}
}

// runMeasure is a process that measures.
func runMeasure(text string) error {
	var j measureJob
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return usageError{fmt.Errorf("read the job: %w", err)}
	}
	events, err := openStream()
	if err != nil {
		return err
	}
	if j.Mark != "" {
		if err := harness.Beside(j.Mark); err != nil {
			return err
		}
	}
	if j.Mutant != "" && j.Mutant != reports.NoMutant {
		if err := mutants.Tell(j.Mutant); err != nil {
			return err
		}
	}
	return bench.Run(bench.Config{
		Names: j.Names, Boot: j.Boot, Rounds: j.Rounds, Seed: j.Seed, Exact: j.Exact, Slowdown: j.Slowdown,
		Environment: suites.Environment,
		Emit:        func(e reports.Event) { events.Emit(e) },
	})
}

// openStream returns what this process writes its events to.
func openStream() (*reports.Writer, error) {
	// Where nobody has passed it, it may be a file that the runtime reads.
	if flags, err := unix.FcntlInt(streamFD, unix.F_GETFL, 0); err != nil || flags&unix.O_ACCMODE == unix.O_RDONLY {
		return nil, usageError{errors.New("suite and measure are no commands for people: use test and bench")}
	}
	unix.CloseOnExec(streamFD) // programs that specs run must not hold the stream open
	return reports.NewWriter(os.NewFile(streamFD, "stream")), nil
}
