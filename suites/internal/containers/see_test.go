package containers

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinks(t *testing.T) {
	const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  eth0: 1024      8    0    0    0     0          0         0     2048      16    0    0    0     0       0          0
`
	if diff := cmp.Diff([]string{"lo", "eth0"}, Links(text)); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestNumbers(t *testing.T) {
	if diff := cmp.Diff([]string{"1", "42"}, Numbers([]string{"1", "42", "self", "sys", "4x"})); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}
