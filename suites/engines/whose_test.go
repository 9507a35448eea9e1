package engines

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
)

func TestWords(t *testing.T) {
	e := engine{
		own: []nsutil.Kind{nsutil.Net},
		ways: map[nsutil.Kind]ways{
			nsutil.Net:  {own: "--net=none", another: "--net=container:%s"},
			nsutil.User: {own: "--uids=0:1:2 --gids=0:1:2", pathname: "--user=ns:%s"},
			nsutil.IPC:  {own: ""},
		},
	}
	first := &container{engine: e, name: "first"}
	for _, row := range []struct {
		options
		words []string
		net   whose
		user  whose
	}{
		{options{}, []string{"--net=none"}, own, host},
		{options{pod: "pod"}, nil, own, host},
		{joining(nsutil.Net, first), []string{"--net=container:first"}, another, host},
		{entering(nsutil.User, "/x"), []string{"--net=none", "--user=ns:/x"}, own, pathname},
		{with(nsutil.User, own), []string{"--gids=0:1:2", "--net=none", "--uids=0:1:2"}, own, own},
		{with(nsutil.IPC, own), []string{"--net=none"}, own, host},
	} {
		c := &container{engine: e, options: row.options}
		if diff := cmp.Diff(row.words, c.words()); diff != "" {
			t.Errorf("%+v: words (-want +got):\n%s", row.options, diff)
		}
		if net, user := c.whose(nsutil.Net), c.whose(nsutil.User); net != row.net || user != row.user {
			t.Errorf("%+v: the network is %d's, the user namespace %d's, want %d and %d", row.options, net, user, row.net, row.user)
		}
	}
	if e.has(nsutil.IPC, host) || !e.has(nsutil.IPC, own) || e.has(nsutil.PID, own) {
		t.Error("the engine has other ways than it says")
	}
}

// TestKindsGoTogether holds that a container told of one kind is told of those that an
// engine does not part from it, and of no others.
func TestKindsGoTogether(t *testing.T) {
	e := engine{own: []nsutil.Kind{nsutil.Net, nsutil.UTS, nsutil.IPC}, together: []nsutil.Kind{nsutil.Net, nsutil.UTS}}
	for _, row := range []struct {
		options
		net, uts, ipc whose
	}{
		{options{}, own, own, own},
		{with(nsutil.Net, host), host, host, own},
		{with(nsutil.UTS, host), host, host, own},
		{with(nsutil.IPC, host), own, own, host},
	} {
		c := &container{engine: e, options: row.options}
		if net, uts, ipc := c.whose(nsutil.Net), c.whose(nsutil.UTS), c.whose(nsutil.IPC); net != row.net || uts != row.uts || ipc != row.ipc {
			t.Errorf("%+v: network %d, UTS %d, IPC %d, want %d, %d and %d", row.options, net, uts, ipc, row.net, row.uts, row.ipc)
		}
	}
}
