package model

import (
	"testing"
)

// lying is a kernel that lacks a rule.
type lying struct{ *World }

func (l lying) Do(s Step) error         { return unixError(l.World.Do(s)) }
func (l lying) Tables() (Tables, error) { return l.World.Tables(), nil }
func (lying) End()                      {}

// TestFindsEveryWrongRule holds that each rule matters: a kernel without it is
// found out, by a few steps.
func TestFindsEveryWrongRule(t *testing.T) {
	for rule := Rule(1); rule < EndLeavesGroups<<1; rule <<= 1 {
		begin := func() Kernel { return lying{Without(rule)} }
		found := -1
		for number := 0; number < 2000 && found < 0; number++ {
			d, err := Check(begin, Sequence(1, number, 30), 10)
			if err != nil {
				t.Fatal(err)
			}
			if d != nil {
				found = number
				t.Logf("rule %b: sequence %d\n%s", rule, number, d)
			}
		}
		if found < 0 {
			t.Errorf("rule %b is not missed", rule)
		}
	}
}
