package harness

import (
	"testing"

	"github.com/nsconform/nsconform/nsutil"
)

func TestMaps(t *testing.T) {
	m := nsutil.IDMap{{Inside: 0, Outside: 1000, Length: 1}, {Inside: 1, Outside: 100000, Length: 999}, {Inside: 4294967294, Outside: 7, Length: 1}}
	for _, test := range []struct {
		first, length uint32
		want          bool
	}{
		{0, 1, true}, {1, 999, true}, {998, 2, true}, {4294967294, 1, true},
		{0, 2, false}, {1, 1000, false}, {1000, 1, false}, {4294967294, 2, false}, {5, 4294967295, false},
	} {
		if got := covers(m, test.first, test.length); got != test.want {
			t.Errorf("%d ids from %d on: %v", test.length, test.first, got)
		}
	}
}
