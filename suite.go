package main

import (
	"encoding/json"
	"fmt"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/suites/spec"
	"github.com/nsconform/nsconform/vm/guest"
)

// job is what a suite process, the one that runs the specs, on this host or in
// a guest, is told in its only argument.
type job struct {
	Filter     string               `json:"filter"`
	Containers []int                `json:"containers"`
	Gates      map[string]spec.Gate `json:"gates"`
	Seed       int64                `json:"seed"`
	Chance     spec.Random          `json:"chance,omitzero"` // if any
	Slowdown   float64              `json:"slowdown"`
	Beside     int                  `json:"beside,omitempty"` // see [suites.Config]
	Mark       string               `json:"mark,omitempty"`
	// Mutant makes the kernel of the guest lie first: the name of a mutant, or
	// empty for the module alone. Nil leaves the kernel as it is.
	Mutant *string `json:"mutant,omitempty"`
}

// suiteArg is the first argument of a suite process.
const suiteArg = "suite"

// streamFD is the descriptor on which a suite process writes its events, and
// turnFD that of the file by which those of this machine take turns.
const (
	streamFD = guest.RecordsFD
	turnFD   = streamFD + 1
)

// args returns the command line of a suite process.
func (j job) args() []string {
	text, err := json.Marshal(j)
	if err != nil {
		panic(err) // a job is plain data
	}
	return []string{suiteArg, string(text)}
}

// runSuite is a suite process.
func runSuite(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return usageError{fmt.Errorf("read the job: %w", err)}
	}
	events, err := openStream()
	if err != nil {
		return err
	}
	config := suites.Config{
		Filter:     j.Filter,
		Containers: j.Containers,
		Gates:      j.Gates,
		Seed:       j.Seed,
		Chance:     j.Chance,
		Slowdown:   j.Slowdown,
		Beside:     j.Beside,
		Mark:       j.Mark,
		Emit:       func(e reports.Event) { mark(e); events.Emit(e) },
	}
	defer markEnd()
	if j.Mark != "" {
		config.Turn = fmt.Sprintf("/proc/self/fd/%d", turnFD)
	}
	if j.Mutant == nil {
		return suites.Run(config)
	}
	return runLiedTo(*j.Mutant, config)
}
