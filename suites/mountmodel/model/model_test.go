package model

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lying is a kernel that lacks a rule.
type lying struct{ *World }

func (l lying) Do(s Step) error         { return result(l.World.Do(s)) }
func (l lying) Tables() (Tables, error) { return l.World.Tables(), nil }
func (lying) End()                      {}

// usual are the seed and the number of sequences of a usual run, and their length.
const usual, sequences, length = 360, 12, 30

// TestFindsEveryWrongRule holds that a kernel without one of the rules is found
// out by the sequences of a usual run, and that none of the steps that are told
// then could be left out.
func TestFindsEveryWrongRule(t *testing.T) {
	for name, rule := range map[string]Rule{
		"peers": PeersReceive, "slaves": SlavesReceive, "slaves of slaves": SlavesPassOn, "copies on slaves": CopiesOnSlavesAreSlaves,
		"under shared": UnderSharedIsShared, "beneath": CopiesGoBeneath, "unmounts on slaves": SlavesLoseToo, "busy": BusyIsSpared,
		"covers": CoverStays, "binds": BindsJoin, "recursive binds": UnbindableIsOmitted, "moved unbindables": UnbindableStaysPut,
		"shared parent": SharedParentKeeps, "new master": SlavesFindNewMaster, "lone slave": LoneSharedHasNoMaster,
		"copied namespace": CopiedSpaceJoins, "copied unbindables": CopiedUnbindableStays, "ended namespace": EndLeavesGroups,
	} {
		t.Run(name, func(t *testing.T) {
			begin := func() Kernel { return lying{Without(rule)} }
			for number := range sequences {
				d, err := Check(begin, New, Sequence(usual, number, length), 15, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if d != nil {
					t.Logf("sequence %d\n%s", number+1, d)
					needsAll(t, begin, d.Steps)
					return
				}
			}
			t.Error("it is not missed")
		})
	}
}

// needsAll fails where a difference can be seen with fewer steps.
func needsAll(t *testing.T, begin func() Kernel, steps []Step) {
	if len(steps) > 12 {
		t.Errorf("%d steps are told", len(steps))
	}
	for i := range steps {
		if d, _ := Compare(begin, New, slices.Delete(slices.Clone(steps), i, i+1), 1); d != nil {
			t.Errorf("step %d is not needed", i+1)
		}
	}
}

// TestFindsNothingWhereNothingIs holds that the model agrees with itself, and
// that a sequence is always the same.
func TestFindsNothingWhereNothingIs(t *testing.T) {
	for number := range 200 {
		steps := Sequence(2, number, length)
		if diff := cmp.Diff(steps, Sequence(2, number, length)); diff != "" {
			t.Fatalf("sequence %d, made again:\n%s", number, diff)
		}
		if d, err := Check(func() Kernel { return lying{New()} }, New, steps, 1, 0); d != nil || err != nil {
			t.Fatalf("sequence %d: %v %v", number, d, err)
		}
	}
}
