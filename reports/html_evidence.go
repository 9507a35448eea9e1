package reports

import (
	"slices"
	"strings"
)

// evidenceList is the specs that saw something, by topic, with all that is known of it.
type evidenceList struct {
	Topics []evidenceTopic
	Specs  int
}

type evidenceTopic struct {
	Name  string
	Cards []evidenceCard
	Runs  []runCount // that saw something
	Open  bool
}

// runCount is how many specs of a topic saw something in a run.
type runCount struct {
	Run   string
	Specs int
}

// evidenceCard is one spec with what it saw, in all runs that saw something.
type evidenceCard struct {
	Spec, Anchor, Topic, Location string
	Proves                        []Requirement
	Ways                          []evidenceWay
	Open                          bool
}

// evidenceWay is what runs saw that saw the same.
type evidenceWay struct {
	Verdict Verdict
	Was     Verdict // what an expected one would be otherwise
	Message string
	Leak    bool
	Known   *Deviation
	Seen    []sighting
}

// sighting is what one run did and saw.
type sighting struct {
	Anchor, Run string
	SpecResult
	Again string // the command that runs the spec again
}

// Of how many specs the page shows what they saw unfolded, and lists the names.
const (
	unfoldedCards  = 5
	unfoldedTopics = 30
)

// newEvidenceList collects what a selection of each run's results saw, and unfolds it
// where it is of no more than so many specs; nil for nothing.
func newEvidenceList(r *Report, a *anchors, selection func(*Run) []SpecResult, unfolded int) *evidenceList {
	var cards []evidenceCard
	places := map[string]int{}
	for i, run := range r.Runs {
		statements := run.requirements()
		for _, s := range selection(run) {
			place, ok := places[s.Spec]
			if !ok {
				place = len(cards)
				places[s.Spec] = place
				cards = append(cards, newEvidenceCard(s, statements, a))
			}
			cards[place].add(s, sighting{a.see(run.Name, i+1, s.Spec), run.Name, s, againLine(run, s)})
		}
	}
	if len(cards) == 0 {
		return nil
	}
	list := &evidenceList{Specs: len(cards)}
	for _, card := range cards {
		card.Open = len(cards) <= unfolded
		i := slices.IndexFunc(list.Topics, func(t evidenceTopic) bool { return t.Name == card.Topic })
		if i < 0 {
			i = len(list.Topics)
			list.Topics = append(list.Topics, evidenceTopic{Name: card.Topic, Open: len(cards) <= unfoldedTopics})
		}
		list.Topics[i].add(card)
	}
	slices.SortStableFunc(list.Topics, func(a, b evidenceTopic) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func (t *evidenceTopic) add(card evidenceCard) {
	t.Cards = append(t.Cards, card)
	for _, way := range card.Ways {
		for _, seen := range way.Seen {
			i := slices.IndexFunc(t.Runs, func(c runCount) bool { return c.Run == seen.Run })
			if i < 0 {
				i = len(t.Runs)
				t.Runs = append(t.Runs, runCount{Run: seen.Run})
			}
			t.Runs[i].Specs++
		}
	}
}

func newEvidenceCard(s SpecResult, statements map[string]Requirement, a *anchors) evidenceCard {
	card := evidenceCard{Spec: s.Spec, Anchor: a.of(s.Spec), Topic: s.Topic, Location: s.Location}
	for _, id := range s.Requirements {
		q := statements[id]
		q.ID = id
		card.Proves = append(card.Proves, q)
	}
	return card
}

func (c *evidenceCard) add(s SpecResult, seen sighting) {
	i := slices.IndexFunc(c.Ways, func(w evidenceWay) bool {
		return w.Verdict == s.Verdict && w.Was == s.Was && w.Message == s.Failure.Message && w.Leak == s.Failure.Leak && sameDeviation(w.Known, s.Known)
	})
	if i < 0 {
		i = len(c.Ways)
		c.Ways = append(c.Ways, evidenceWay{Verdict: s.Verdict, Was: s.Was, Message: s.Failure.Message, Leak: s.Failure.Leak, Known: s.Known})
	}
	c.Ways[i].Seen = append(c.Ways[i].Seen, seen)
}

func sameDeviation(a, b *Deviation) bool { return a == b || a != nil && b != nil && *a == *b }

// againLine is the command that runs a spec again.
func againLine(run *Run, s SpecResult) string {
	if run.Begin == nil || len(run.Begin.Args) == 0 || len(s.Requirements) == 0 {
		return ""
	}
	return commandLine(run.Begin) + " " + shellQuoted(s.Requirements[0])
}
