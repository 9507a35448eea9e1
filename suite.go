package main

import (
	"fmt"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites"
	"github.com/nsconform/nsconform/vm/guest"
)

// streamFD is the descriptor on which a suite process writes its events, and
// turnFD that of the file by which those of this machine take turns.
const (
	streamFD = guest.RecordsFD
	turnFD   = streamFD + 1
)

// runSuite is a suite process.
func runSuite(text string) error {
	j, err := readJob(text)
	if err != nil {
		return usageError{err}
	}
	events, err := openStream()
	if err != nil {
		return err
	}
	config := suites.Config{
		Filter:     j.Filter,
		Containers: j.Containers,
		Gates:      j.Gates,
		Ended:      j.Ended,
		Seed:       j.Seed,
		Chance:     j.Chance,
		Slowdown:   j.Slowdown,
		Beside:     j.Beside,
		Mark:       j.Mark,
		AsLinux:    j.AsLinux,
		Emit:       func(e reports.Event) { mark(e); events.Emit(e) },
	}
	defer markEnd()
	if inGuest() {
		guest.DropPreciseTick()
	}
	if j.Mark != "" {
		config.Turn = fmt.Sprintf("/proc/self/fd/%d", turnFD)
	}
	if j.Mutant == nil {
		return suites.Run(config)
	}
	return runLiedTo(*j.Mutant, config)
}
