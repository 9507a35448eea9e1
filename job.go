package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/spec"
)

// job is what a suite process, the one that runs the specs, on this host or in
// a guest, is told in its only argument.
type job struct {
	Filter     string               `json:"filter"`
	Containers []int                `json:"containers"`
	Gates      map[string]spec.Gate `json:"gates"`
	Ended      []uint64             `json:"ended,omitempty"` // see [suites.Config]
	Seed       int64                `json:"seed"`
	Chance     spec.Random          `json:"chance,omitzero"` // if any
	Slowdown   float64              `json:"slowdown"`
	Beside     int                  `json:"beside,omitempty"` // see [suites.Config]
	Mark       string               `json:"mark,omitempty"`
	AsLinux    nsutil.Version       `json:"as_linux,omitzero"` // see [suites.Config]
	// Mutant makes the kernel of the guest lie first: the name of a mutant, or
	// empty for the module alone. Nil leaves the kernel as it is.
	Mutant *string `json:"mutant,omitempty"`
}

// suiteArg is the first argument of a suite process.
const suiteArg = "suite"

// plainJob is how long a job may be as it is. An argument has 128 KiB at most
// (execve(2), MAX_ARG_STRLEN), which that of all specs nearly takes; to compress a
// short one would take an emulated guest longer than to read it.
const plainJob = 32 << 10

// args returns the command line of a suite process.
func (j job) args() []string {
	text, err := json.Marshal(j)
	if err != nil {
		panic(err) // a job is plain data
	}
	if len(text) > plainJob {
		text = compress(text)
	}
	return []string{suiteArg, string(text)}
}

// compress returns text compressed, in letters.
func compress(text []byte) []byte {
	var b bytes.Buffer
	letters := base64.NewEncoder(base64.StdEncoding, &b)
	compressed := gzip.NewWriter(letters)
	compressed.Write(text) // to memory: none of these fails
	compressed.Close()
	letters.Close()
	return b.Bytes()
}

// readJob reads what args has written.
func readJob(text string) (j job, err error) {
	var in io.Reader = strings.NewReader(text)
	if !strings.HasPrefix(text, "{") {
		if in, err = gzip.NewReader(base64.NewDecoder(base64.StdEncoding, in)); err != nil {
			return j, fmt.Errorf("read the job: %w", err)
		}
	}
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		return j, fmt.Errorf("read the job: %w", err)
	}
	return j, nil
}
