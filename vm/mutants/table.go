package mutants

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed module/*.c module/*.h module/Makefile
var source embed.FS

// Mutant is an entry of the module's tables.
type Mutant struct {
	Name         string   // says the lie: "uts-unshare-shares"
	Lie          string   // explains it, in a sentence
	Topic        string   // of the table's file: "uts" of uts.c and uts_names.c
	Functions    []string // that are probed; "a|b" means the first that the kernel has
	Requirements []string // that must be seen broken; of one of [Costs], none
}

// The macros of module/mutant.h, as the tables write them.
var (
	stringsPattern = `((?:"(?:[^"\\]|\\.)*"\s*)+)`
	entryPattern   = regexp.MustCompile(`MUTANT\(\s*` + stringsPattern + `,\s*` + stringsPattern + `,\s*BREAKS\(\s*` + stringsPattern + `\)`)
	probePattern   = regexp.MustCompile(`PROBE\(\s*(SYSCALL\(\s*)?` + stringsPattern)
	stringPattern  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// Table returns every mutant that breaks a promise, in the order of the tables'
// files and within them.
func Table() []Mutant { return slices.DeleteFunc(slices.Clone(table()), breaksNothing) }

// Costs returns the mutants that break no promise: they only cost more than the
// kernel as it is. They are for benchmarks; no spec could notice them.
func Costs() []Mutant {
	return slices.DeleteFunc(slices.Clone(table()), func(m Mutant) bool { return !breaksNothing(m) })
}

func breaksNothing(m Mutant) bool { return len(m.Requirements) == 0 }

var table = sync.OnceValue(func() []Mutant {
	var all []Mutant
	files := sources()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) != ".c" {
			continue
		}
		topic, _, _ := strings.Cut(strings.TrimSuffix(path.Base(name), ".c"), "_")
		all = append(all, parse(topic, files[name])...)
	}
	return all
})

// sources returns the module's files by name.
func sources() map[string]string {
	files := map[string]string{}
	names, err := fs.Glob(source, "module/*")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, name := range names {
		text, err := fs.ReadFile(source, name)
		if err != nil {
			panic(err) // what is embedded can be read
		}
		files[path.Base(name)] = string(text)
	}
	return files
}

func parse(topic, text string) []Mutant {
	var found []Mutant
	entries := entryPattern.FindAllStringSubmatchIndex(text, -1)
	for i, at := range entries {
		end := len(text)
		if i+1 < len(entries) {
			end = entries[i+1][0]
		}
		m := Mutant{
			Topic:        topic,
			Name:         literal(text[at[2]:at[3]]),
			Lie:          literal(text[at[4]:at[5]]),
			Requirements: strings.Fields(literal(text[at[6]:at[7]])),
		}
		for _, probe := range probePattern.FindAllStringSubmatch(text[at[1]:end], -1) {
			function := literal(probe[2])
			if probe[1] != "" {
				function = "sys_" + function
			}
			m.Functions = append(m.Functions, function)
		}
		found = append(found, m)
	}
	return found
}

// literal returns the value of C string literals that follow one another.
func literal(text string) string {
	var value strings.Builder
	for _, quoted := range stringPattern.FindAllString(text, -1) {
		part, err := strconv.Unquote(quoted)
		if err != nil {
			panic(fmt.Sprintf("the table has %s, which Go reads differently", quoted))
		}
		value.WriteString(part)
	}
	return value.String()
}

// Select returns the mutants that one of patterns names, a name or a pattern for
// names such as "uts-*", in the table's order; without patterns, all.
func Select(patterns ...string) ([]Mutant, error) {
	if len(patterns) == 0 {
		return Table(), nil
	}
	chosen := map[string]bool{}
	for _, pattern := range patterns {
		any := false
		for _, m := range Table() {
			matches, err := path.Match(pattern, m.Name)
			if err != nil {
				return nil, fmt.Errorf("%q is no pattern: %w", pattern, err)
			}
			if matches || m.Topic == pattern {
				chosen[m.Name], any = true, true
			}
		}
		if !any {
			return nil, fmt.Errorf("no mutant is called %q; see nsconform mutants --list", pattern)
		}
	}
	return slices.DeleteFunc(Table(), func(m Mutant) bool { return !chosen[m.Name] }), nil
}
