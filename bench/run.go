package bench

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// Config says what to measure and how.
type Config struct {
	Names  []string // of the benchmarks
	Boot   int      // which of the machine's boots this is, from 1
	Rounds int
	Seed   int64 // of the experiments' order in each round
	// Exact says that the cycle counter counts instructions. What a round differs by
	// from the next is then what the state of the kernel costs, which others left.
	Exact bool
	// Slowdown multiplies all deadlines: 1 at full speed, more when emulated.
	Slowdown float64
	// Environment returns what this process runs on; its tuning is added.
	Environment func() *reports.Environment
	// Emit receives an event for the environment, one for each census, and one for each
	// benchmark and round.
	Emit func(reports.Event)
}

// calibration is how long the cycle counter is compared with the time: long enough
// for one part in a hundred thousand.
const calibration = 50 * time.Millisecond

// Run measures in this process, which should do nothing else.
func Run(c Config) error {
	if err := harness.Start(); err != nil {
		return err
	}
	harness.Quiet(-1)
	environment := c.Environment()
	environment.Tuning = tuning()
	c.Emit(reports.Event{Type: reports.Environs, Time: time.Now(), Environment: environment})
	rate := 1.0
	if !c.Exact {
		clock := harness.StartClock()
		time.Sleep(calibration)
		rate = clock.Rate()
	}
	limit := time.Duration(float64(10*time.Second) * c.Slowdown)
	if c.Exact {
		limit = time.Hour // of the guest's, which passes while it pauses
	}
	limits := harness.Limits{Call: limit, End: limit}
	all := of(c.Names)
	order := rand.New(rand.NewPCG(uint64(c.Seed), uint64(c.Boot)))
	c.census("before")
	for round := range c.Rounds {
		order.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, e := range all {
			l := &lab{experiment: e, exact: c.Exact, rate: rate}
			if !l.lacks() {
				l.measure(limits)
			}
			c.tell(l, round+1)
		}
	}
	c.census("after")
	return nil
}

// lacks says which feature the kernel does not have: for a reason, which makes it a
// skip, or for none.
func (l *lab) lacks() bool {
	for _, f := range l.needs {
		var lack *nsutil.NotSupportedError
		if !errors.As(nsutil.Supports(f), &lack) {
			continue
		}
		version, err := nsutil.RunningUpstream()
		config, _ := nsutil.RunningConfig()
		_, state := config.Lookup(lack.Config)
		switch {
		case err == nil && !version.AtLeast(lack.Since):
			l.skip = &reports.Skip{Code: reports.SkipKernelVersion, Text: lack.Error()}
		case lack.Config != "" && state == nsutil.OptionAbsent:
			l.skip = &reports.Skip{Code: reports.SkipKconfig, Text: lack.Error()}
		default:
			l.trouble = lack.Error()
		}
		return true
	}
	return false
}

// tell emits what a round has measured of the benchmarks that were asked for.
func (c Config) tell(l *lab, round int) {
	for i, b := range l.benchmarks {
		if !slices.Contains(c.Names, b.Name) {
			continue
		}
		m := &reports.Measurement{Benchmark: b.Name, Boot: c.Boot, Round: round, Unit: reports.Nanoseconds, Skip: l.skip, Error: l.trouble}
		if c.Exact {
			m.Unit = reports.Instructions
		}
		if l.skip == nil && l.trouble == "" {
			m.Values, m.Counts = l.distribution(l.taken[i].Ticks)
			m.Rate = l.rates[i]
		}
		for errno, n := range l.refused {
			if m.Refused == nil {
				m.Refused = map[string]int{}
			}
			m.Refused[unix.ErrnoName(errno)] = n
		}
		c.Emit(reports.Event{Type: reports.Measured, Time: time.Now(), Measurement: m})
	}
}
