package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// row is what lsns says of a namespace.
type row struct {
	Kind          string
	NProcs        int
	Parent, Owner uint64
}

// lsns returns what the tool of that name lists.
func lsns(t *testing.T) map[uint64]row {
	t.Helper()
	text, err := exec.Command("lsns", "--json", "-o", "NS,TYPE,NPROCS,PNS,ONS").Output()
	if err != nil {
		t.Skipf("lsns: %v", err)
	}
	var listed struct{ Namespaces []map[string]any }
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&listed); err != nil {
		t.Fatal(err)
	}
	rows := map[uint64]row{}
	for _, l := range listed.Namespaces {
		r := row{Kind: fmt.Sprint(l["type"])}
		var id uint64
		for column, into := range map[string]any{"ns": &id, "nprocs": &r.NProcs, "pns": &r.Parent, "ons": &r.Owner} {
			_, _ = fmt.Sscan(fmt.Sprint(l[column]), into) // null where there is none
		}
		rows[id] = r
	}
	return rows
}

func rowOf(n *Namespace) row {
	r := row{Kind: string(n.Kind), NProcs: len(n.Processes), Parent: n.Parent, Owner: n.Owner}
	if n.Kind == nsutil.User {
		r.Owner = 0 // lsns shows a user namespace's parent as its parent only, or as both
	}
	return r
}

// TestAgreesWithLsns compares all namespaces of this machine, with 20 containers planted.
// Processes come and go: what counts is what was the same before and after lsns ran.
func TestAgreesWithLsns(t *testing.T) {
	needRoot(t)
	planted := map[uint64]bool{}
	for i := range 20 {
		ids := mapped(100000 + 65536*i)
		if i%4 == 3 {
			ids = nil
		}
		pid := container(t, []uintptr{0, unix.CLONE_NEWNET, unix.CLONE_NEWIPC | unix.CLONE_NEWUTS}[i%3], ids)
		own, err := nsutil.OfProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		for kind, id := range own {
			if mine, err := nsutil.IDOf(kind.File(0)); err == nil && mine != id {
				planted[id.Ino] = true
			}
		}
	}
	if len(planted) < 100 {
		t.Fatalf("%d namespaces were planted", len(planted))
	}
	for range 20 {
		if compareWithLsns(t, planted) || t.Failed() {
			return
		}
	}
	t.Error("this machine's own namespaces never agree with lsns, although no process came or went")
}

// compareWithLsns compares what did not change meanwhile. It is false if the caller's
// own namespaces, with lsns in them, differ: a process may have come and gone.
func compareWithLsns(t *testing.T, planted map[uint64]bool) bool {
	t.Helper()
	before := stable(t)
	rows := lsns(t)
	after := stable(t)
	agree, compared := true, 0
	for id, r := range rows {
		b, a := before[id], after[id]
		if b == nil || a == nil || !cmp.Equal(b.Processes, a.Processes) {
			if planted[id] {
				t.Errorf("planted %v is not to be seen", r)
			}
			continue
		}
		want, got := r, rowOf(b)
		if want.Kind == string(nsutil.User) {
			want.Owner = 0
		}
		if slices.ContainsFunc(b.Processes, func(p Process) bool { return p.PID == os.Getpid() }) {
			if want.NProcs--; want != got { // lsns itself
				agree = false
			}
			continue
		}
		compared++
		if want != got {
			t.Errorf("namespace %d: lsns says %+v, inspect says %+v", id, want, got)
		}
	}
	for id, n := range before {
		if _, listed := rows[id]; !listed && len(n.Processes) > 0 && after[id] != nil && cmp.Equal(after[id].Processes, n.Processes) {
			t.Errorf("namespace %d: lsns does not list %+v", id, rowOf(n))
		}
	}
	for id := range planted {
		if _, listed := rows[id]; !listed {
			t.Errorf("lsns does not list the planted %d", id)
		}
	}
	if compared < len(planted) {
		t.Errorf("%d namespaces were compared, and %d planted", compared, len(planted))
	}
	return agree
}

func stable(t *testing.T) map[uint64]*Namespace {
	t.Helper()
	m, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	return m.census
}

// Namespaces that no process is in are found by what holds them.
func TestFindsWhatNoProcessIsIn(t *testing.T) {
	needRoot(t)
	host := sharedMount(t)
	ending := inmate(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWUTS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC,
		UidMappings: mapped(100000), GidMappings: mapped(100000)})
	own, err := nsutil.OfProcess(ending)
	if err != nil {
		t.Fatal(err)
	}
	pin := host + "/a pin"
	if err := nsutil.Pin(nsutil.Net.File(ending), pin); err != nil {
		t.Fatal(err)
	}
	held, err := os.Open(nsutil.UTS.File(ending))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	stop(t, ending)

	m, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	net, uts, user := m.census[own[nsutil.Net].Ino], m.census[own[nsutil.UTS].Ino], m.census[own[nsutil.User].Ino]
	if net == nil || len(net.Processes) != 0 || len(net.Pins) == 0 || net.Pins[0].Path != pin || net.Owner != own[nsutil.User].Ino {
		t.Errorf("pinned: %+v", net)
	}
	if uts == nil || len(uts.Descriptors) != 1 || uts.Descriptors[0].Process.PID != os.Getpid() || uts.Descriptors[0].FD != int(held.Fd()) {
		t.Errorf("open: %+v", uts)
	}
	if user == nil || user.Owns != 2 || user.Parent != m.Reference.Namespaces[nsutil.User] || user.OwnerUID == nil {
		t.Errorf("owner: %+v", user)
	}
	if n := m.census[own[nsutil.IPC].Ino]; n != nil {
		t.Errorf("gone: %+v", n)
	}

	r, err := m.Pin(pin)
	if err != nil {
		t.Fatal(err)
	}
	expectKind(t, r, nsutil.Net, Isolated)
	if len(r.Kinds) != 1 || !slices.Equal(r.Inside.Links, []string{"lo"}) {
		t.Errorf("the pin: %+v, %+v", r.Kinds, r.Inside)
	}
}
