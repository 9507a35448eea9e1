package reports

import (
	"cmp"
	"slices"
	"strings"
)

// runtimeTable is what came of the programs that make containers: a row per program and
// run, and a column per kind of namespace.
type runtimeTable struct {
	Kinds []string // the last one may be "", of specs that are about none or about all
	Rows  []runtimeRow
}

// runtimeRow is what came of one program in a run.
type runtimeRow struct {
	Runtime string
	Version string // "" where the program is not there
	Run     *Run
	Specs   [][]SpecResult // by the table's kinds
	Command string         // that runs the row by itself
}

// servers are the programs whose versions matter, where a row is not called like them.
var servers = map[string]string{"cri": "containerd"}

// version returns that of a program of the table, with the name where it is another
// one's: "1.21", "containerd 1.7.24".
func (e *Environment) version(program string) string {
	if server := servers[program]; server != "" && e.Tools[server] != "" {
		return server + " " + e.Tools[server]
	}
	return e.Tools[program]
}

// kindOrder is that of the columns.
var kindOrder = []string{"pid", "net", "mnt", "uts", "ipc", "user", "cgroup", "time"}

// newRuntimeTable is nil where no spec is of such a program.
func newRuntimeTable(r *Report) *runtimeTable {
	var programs []string
	t := &runtimeTable{}
	for _, run := range r.Runs {
		for _, s := range run.Results {
			if s.Runtime == "" {
				continue
			}
			if !slices.Contains(programs, s.Runtime) {
				programs = append(programs, s.Runtime)
			}
			if !slices.Contains(t.Kinds, s.Kind) {
				t.Kinds = append(t.Kinds, s.Kind)
			}
		}
	}
	if len(programs) == 0 {
		return nil
	}
	slices.SortFunc(t.Kinds, func(a, b string) int {
		return cmp.Or(cmp.Compare(kindRank(a), kindRank(b)), strings.Compare(a, b))
	})
	for _, program := range programs {
		for _, run := range r.Runs {
			if slices.ContainsFunc(run.Results, func(s SpecResult) bool { return s.Runtime == program }) {
				t.Rows = append(t.Rows, newRuntimeRow(run, program, t.Kinds))
			}
		}
	}
	return t
}

func kindRank(kind string) int {
	if i := slices.Index(kindOrder, kind); i >= 0 {
		return i
	}
	if kind == "" {
		return len(kindOrder) + 1
	}
	return len(kindOrder)
}

func newRuntimeRow(run *Run, program string, kinds []string) runtimeRow {
	row := runtimeRow{Runtime: program, Run: run, Specs: make([][]SpecResult, len(kinds)), Command: runtimeCommand(run, program)}
	if run.Environment != nil {
		row.Version = run.Environment.version(program)
	}
	for _, s := range run.Results {
		if s.Runtime == program {
			i := slices.Index(kinds, s.Kind)
			row.Specs[i] = append(row.Specs[i], s)
		}
	}
	return row
}

// titles are those of the columns of kinds.
func (t *runtimeTable) titles() []string {
	titles := slices.Clone(t.Kinds)
	if i := slices.Index(titles, ""); i >= 0 {
		titles[i] = "other"
	}
	return titles
}

// name is the program's, with its version.
func (row runtimeRow) name() string { return strings.TrimSpace(row.Runtime + " " + row.Version) }

// runtimeCommand is the command that runs all specs of a program, of the same version and
// on the same kernel as a run did.
func runtimeCommand(run *Run, program string) string {
	if run.Begin == nil {
		return ""
	}
	args := run.Begin.Args
	words := []string{"nsconform", "test", program}
	inMachine := run.Environment != nil && run.Environment.VM != nil
	if slices.Contains(args, "--here") && !inMachine {
		words = append(words, "--here")
	} else {
		words = append(words, "--kernel", run.Begin.Target)
	}
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "--with="):
			words = append(words, arg)
		case arg == "--with" && i+1 < len(args):
			words = append(words, arg, args[i+1])
		}
	}
	for i, word := range words {
		words[i] = shellQuoted(word)
	}
	return strings.Join(words, " ")
}
