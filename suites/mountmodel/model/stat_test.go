package model

import "testing"

func TestStat(t *testing.T) {
	var seqs [][]Step
	for n := 0; n < 1000; n++ {
		seqs = append(seqs, Sequence(7, n, 30))
	}
	fails, kinds, errs := 0, map[Kind]int{}, map[string]int{}
	size, spaces, slavesOfSlaves := 0, 0, 0
	for _, s := range seqs {
		w := New()
		for _, st := range s {
			kinds[st.Kind]++
			if e := w.Do(st); e != 0 {
				fails++
				errs[string(st.Kind)+" "+e.Error()]++
			}
			for i := range w.each(func(m *mount) bool { return m.master != 0 }) {
				for p := range w.members(w.mounts[i].master) {
					if w.mounts[p].master != 0 {
						slavesOfSlaves++
						goto next
					}
				}
			}
		next:
			size += w.size()
		}
		spaces += len(w.roots)
	}
	t.Log("fails", fails, kinds, errs, "size", size/30000, "spaces", spaces, "sos", slavesOfSlaves)
	for rule := Rule(1); rule < EndLeavesGroups<<1; rule <<= 1 {
		found, first := 0, -1
		for n, s := range seqs {
			if d, _ := compare(func() Kernel { return lying{Without(rule)} }, s, 10); d != nil {
				if found++; first < 0 {
					first = n
				}
			}
		}
		t.Logf("rule %d: %d of 1000, first %d", rule, found, first)
	}
}
