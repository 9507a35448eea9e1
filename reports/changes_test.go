package reports

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChanges(t *testing.T) {
	for _, c := range []struct {
		before, after Verdict
		want          ChangeKind // "" for no change
	}{
		{Pass, Pass, ""}, {Fail, Fail, ""}, {Skipped, Skipped, ""}, {Known, Known, ""},
		{Pass, Fail, BrokenSince}, {Pass, Crash, BrokenSince}, {Pass, Timeout, BrokenSince},
		{Pass, Broken, BrokenSince}, {Pass, Missing, BrokenSince},
		{Known, Fail, BrokenSince}, {Skipped, Fail, BrokenSince}, {Skipped, Missing, BrokenSince},
		{Fail, Pass, Fixed}, {Crash, Pass, Fixed}, {Timeout, Known, Fixed}, {Known, Pass, Fixed},
		{Missing, Pass, Differs}, {Broken, Pass, Differs}, // nothing was known of the kernel
		{Missing, Fail, Differs}, {Fail, Missing, Differs}, {Fail, Crash, Differs}, {Fail, Skipped, Differs},
		{XFail, XFail, ""}, {Pass, XFail, Differs}, {XFail, Fail, Differs}, {XFail, Crash, BrokenSince}, {XFail, Missing, BrokenSince}, // it was a fail
		{XFail, Pass, Fixed}, {XFail, XPass, Fixed}, {Fail, XPass, Fixed}, {Known, XPass, Fixed}, {Pass, XPass, Differs}, {XPass, Pass, Differs}, {XPass, Fail, BrokenSince},
		{Pass, Skipped, Differs}, {Skipped, Pass, Differs}, {Pass, Known, Differs}, {Known, Skipped, Differs},
	} {
		before, after := fold(planned("a"), ends("a", c.before)).Runs[0], fold(planned("a"), ends("a", c.after)).Runs[0]
		got := ChangeKind("")
		for _, change := range Changes(before, after) {
			got = change.Kind
		}
		if got != c.want {
			t.Errorf("%s then %s is %q, want %q", c.before, c.after, got, c.want)
		}
	}
}

func TestChangesAreSortedAndTellBothSides(t *testing.T) {
	before := fold(planned("a", "b", "c", "d", "e"), ends("a", Pass), ends("b", Fail), ends("c", Pass), ends("d", Skipped), ends("e", Pass)).Runs[0]
	after := fold(planned("f", "d", "c", "b", "a"), ends("a", Fail), ends("b", Pass), ends("c", Missing), ends("d", Pass), ends("f", Fail)).Runs[0]
	var got []string
	for _, c := range Changes(before, after) {
		text := fmt.Sprintf("%s %v:", c.Kind, c.Result().Requirements)
		for _, side := range []*SpecResult{c.Before, c.After} {
			if side == nil {
				text += " -"
				continue
			}
			text += " " + string(side.Verdict)
		}
		got = append(got, text)
	}
	want := []string{
		"broken [id-a]: pass fail", "broken [id-c]: pass missing", "fixed [id-b]: fail pass",
		"changed [id-d]: skip pass", "new [id-f]: - fail", "gone [id-e]: pass -",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnotherReasonIsAChange(t *testing.T) {
	other := ends("a", Skipped)
	other.Result.Skip.Code = SkipKconfig
	deviation := ends("b", Known)
	deviation.Result.Known.ID = "another-deviation"
	before := fold(planned("a", "b"), ends("a", Skipped), ends("b", Known)).Runs[0]
	after := fold(planned("a", "b"), other, deviation).Runs[0]
	for i, c := range Changes(before, after) {
		if c.Kind != Differs || c.Before != &before.Results[i] || c.After != &after.Results[i] {
			t.Errorf("change %d is %+v", i, c)
		}
	}
	if n := len(Changes(before, after)); n != 2 {
		t.Errorf("%d changes, want 2", n)
	}
}
