package reports

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nsconform/nsconform/reports/stats"
)

// WriteBench writes r's measurements in Go's benchmark format, which benchstat reads:
// the lines of configuration of each run, then a line per benchmark, boot and round.
// Two kernels of one report are compared by
//
//	benchstat -table exact -col kernel bench.txt
func WriteBench(w io.Writer, r *Report) error {
	var b strings.Builder
	for _, run := range r.Runs {
		if run.unit() != "" {
			benchRun(&b, run)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func benchRun(b *strings.Builder, r *Run) {
	config := benchConfigOf(r)
	for _, key := range benchKeys {
		fmt.Fprintf(b, "%s: %s\n", key, config[key])
	}
	b.WriteByte('\n')
	baseline := r.medians(r.Benchmark(simplestCall))
	for i := range r.Benchmarks {
		for _, m := range r.Benchmarks[i].Samples() {
			benchLine(b, r, m, baseline)
		}
	}
	b.WriteByte('\n')
}

func benchLine(b *strings.Builder, r *Run, m Measurement, baseline []stats.Round) {
	unit, scale := "ns/op", 1.0
	switch r.measure() {
	case inInstructions:
		unit = "instructions/op"
	case inGetppids:
		unit = "x-getppid"
		one := multiplesOf([]stats.Round{{Boot: m.Boot, Round: m.Round, Value: 1}}, baseline)
		if len(one) == 0 {
			return
		}
		scale = one[0].Value
	}
	d := m.distribution()
	fmt.Fprintf(b, "%s %d", benchName(m.Benchmark), d.N())
	for _, column := range []struct {
		prefix   string
		quantile float64
	}{{"", .5}, {"p90-", .9}, {"p99-", .99}} {
		v := d.Quantile(column.quantile)
		if scale != 1 {
			v, _ = strconv.ParseFloat(significant(v*scale), 64)
		}
		fmt.Fprintf(b, " %s %s%s", strconv.FormatFloat(v, 'f', -1, 64), column.prefix, unit)
	}
	if m.Rate > 0 && unit == "ns/op" {
		fmt.Fprintf(b, " %s op/s", strconv.FormatFloat(m.Rate, 'f', -1, 64))
	}
	b.WriteByte('\n')
}

// benchName makes a name of Go's benchmark format of a benchmark's: its first letter is
// upper-case, and it is one word.
func benchName(name string) string {
	var b strings.Builder
	b.WriteString("Benchmark")
	for i, r := range oneLine(name) {
		switch {
		case unicode.IsSpace(r):
			r = '_'
		case i == 0 && unicode.IsLower(r):
			r = unicode.ToUpper(r)
		}
		if i == 0 && !unicode.IsUpper(r) {
			b.WriteString("X_")
		}
		b.WriteRune(r)
	}
	if name == "" {
		b.WriteString("X_")
	}
	return b.String()
}

// benchKeys are the keys of a run's configuration, in the order in which they are
// written. All of them are for every run: a key keeps its value until the next.
var benchKeys = []string{
	"nsconform", "target", "kernel", "build", "machine", "cpus", "accel", "exact", "hz", "preempt",
	"clocksource", "mitigations", "cmdline", "tuning", "mounts", "namespaces",
}

func benchConfigOf(r *Run) map[string]string {
	config := map[string]string{"accel": "none", "exact": "false", "target": oneLine(r.Name)}
	if b := r.Begin; b != nil {
		config["nsconform"] = b.Version
	}
	if e := r.Environment; e != nil {
		maps.Copy(config, map[string]string{
			"kernel": e.Release, "build": e.Version, "machine": e.Machine, "cpus": strconv.Itoa(e.CPUs),
			"hz": e.Config["CONFIG_HZ"], "preempt": preemption(e), "clocksource": e.Clocksource,
			"mitigations": e.Tuning["mitigations"], "cmdline": e.Cmdline, "tuning": tuningText(e),
		})
		if e.VM != nil {
			config["accel"], config["exact"] = e.VM.Accelerator, strconv.FormatBool(e.VM.Exact)
		}
	}
	if c := r.census("before"); c != nil {
		config["mounts"], config["namespaces"] = strconv.Itoa(c.Mounts), c.namespacesText()
	}
	for key, value := range config {
		config[key] = strings.TrimSpace(oneLine(value))
	}
	return config
}

// preemption names the kernel's model of preemption as its configuration does.
func preemption(e *Environment) string {
	var on []string
	for _, key := range slices.Sorted(maps.Keys(e.Config)) {
		if model, is := strings.CutPrefix(key, "CONFIG_PREEMPT"); is && e.Config[key] == "y" {
			on = append(on, strings.ToLower("preempt"+model))
		}
	}
	return strings.Join(on, " ")
}

func tuningText(e *Environment) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(e.Tuning)) {
		if key != "mitigations" {
			parts = append(parts, key+"="+e.Tuning[key])
		}
	}
	return strings.Join(parts, " ")
}
