package reports

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSQUAD(t *testing.T) {
	begin := planned("a", "b", "c", "d", "e", "f")
	begin.Begin.Plan[5].Requirements = []string{"id-a"} // the worse of its specs counts
	r := fold(begin, ends("a", Pass), ends("b", Skipped), ends("c", Known), ends("d", Crash), ends("e", Pass), ends("f", Fail))
	var got map[string]string
	if err := json.Unmarshal(render(t, "squad", r), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"r/t/id-a": "fail", "r/t/id-b": "skip", "r/t/id-c": "xfail", "r/t/id-d": "fail", "r/t/id-e": "pass"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
