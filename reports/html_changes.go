package reports

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// changeSection is what changed from one run to the next.
type changeSection struct {
	Before, After string
	Kinds         []kindOfChange
	Facts         []changedFact
	Open          bool
}

// changedFact is a line of the environment that is another.
type changedFact struct{ Name, Before, After string }

// kindOfChange is the specs that changed alike in kind, by what they were and are.
type kindOfChange struct {
	Kind  ChangeKind
	Count int
	Turns []turn
}

// turn is the specs that were one thing and are another.
type turn struct {
	Before, After turnSide
	Specs         []turnedSpec
	Open          bool
}

type turnSide struct {
	Verdict Verdict // "" for nothing
	Code    string
}

type turnedSpec struct{ Name, Anchor, Evidence string }

// unfoldedTurns is how many specs of one turn are not too many at once.
const unfoldedTurns = 10

// newChangeSections compares each run that has specs with the one before it.
func newChangeSections(r *Report, a *anchors) []changeSection {
	var all []changeSection
	columns := newColumns(r)
	for i := 1; i < len(columns); i++ {
		before, after := columns[i-1].run, columns[i].run
		s := changeSection{Before: before.Name, After: after.Name, Open: len(columns) == 2}
		for _, c := range Changes(before, after) {
			s.add(c, after.Name, a)
		}
		s.Facts = changedFacts(before.Environment, after.Environment)
		all = append(all, s)
	}
	return all
}

func (s *changeSection) add(c SpecChange, run string, a *anchors) {
	i := slices.IndexFunc(s.Kinds, func(k kindOfChange) bool { return k.Kind == c.Kind })
	if i < 0 {
		i = len(s.Kinds)
		s.Kinds = append(s.Kinds, kindOfChange{Kind: c.Kind})
	}
	k := &s.Kinds[i]
	k.Count++
	before, after := newTurnSide(c.Before), newTurnSide(c.After)
	j := slices.IndexFunc(k.Turns, func(t turn) bool { return t.Before == before && t.After == after })
	if j < 0 {
		j = len(k.Turns)
		k.Turns = append(k.Turns, turn{Before: before, After: after})
	}
	t := &k.Turns[j]
	name := c.Result().Spec
	t.Specs = append(t.Specs, turnedSpec{name, a.of(name), a.result(run, name)})
	t.Open = len(t.Specs) <= unfoldedTurns
}

// changedFacts tells what may be why: the configuration and what else decides whether
// a spec applies.
func changedFacts(before, after *Environment) []changedFact {
	if before == nil || after == nil {
		return nil
	}
	was, is := decidingFacts(before), decidingFacts(after)
	var all []changedFact
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(slices.Collect(maps.Keys(was)), maps.Keys(is))))) {
		if was[name] != is[name] && !followsMemory(name, was[name], is[name]) {
			all = append(all, changedFact{name, was[name], is[name]})
		}
	}
	return all
}

// followsMemory reports whether a limit is only another because the machine has more or
// less memory: none that somebody has set to refuse all.
func followsMemory(name, before, after string) bool {
	return strings.HasPrefix(name, "sysctl.user/max_") && before != "0" && after != "0"
}

func decidingFacts(e *Environment) map[string]string {
	facts := map[string]string{"machine": e.Machine, "lsm": e.LSM, "uid": strconv.Itoa(e.UID), "capabilities": strings.Join(e.Capabilities, " ")}
	for name, value := range e.Sysctls {
		facts["sysctl."+name] = value
	}
	maps.Copy(facts, e.Config)
	return facts
}

func newTurnSide(s *SpecResult) turnSide {
	if s == nil {
		return turnSide{}
	}
	return turnSide{s.Verdict, s.because()}
}
