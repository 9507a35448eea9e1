package inspect

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func ptr[T any](v T) *T { return &v }

func hosts() map[nsutil.Kind]uint64 {
	return map[nsutil.Kind]uint64{
		nsutil.Cgroup: 4026531835, nsutil.IPC: 4026531839, nsutil.Mnt: 4026531832, nsutil.Net: 4026531833,
		nsutil.PID: 4026531836, nsutil.Time: 4026531834, nsutil.User: 4026531837, nsutil.UTS: 4026531838,
	}
}

var (
	systemd    = Process{1, "systemd"}
	containerd = Process{77, "containerd"}
	nginx      = Process{4242, "ngi\x1b[31mnx"}
	worker     = Process{4250, "worker"}
)

func sampleReference() Reference {
	return Reference{Process: systemd, Init: true, Outermost: true, Namespaces: hosts()}
}

// sampleReport is of a container that does not keep much apart.
func sampleReport() *Report {
	own := Holders{Processes: []Process{nginx, worker}}
	host := Holders{Processes: []Process{systemd, containerd, nginx, worker}}
	pinned := own
	pinned.Pins = []Pin{
		{"/run/netns/a\nb", 4026531832, systemd}, {"/run/netns/a\nb", 4026532300, nginx}, {"/run/other", 4026531832, systemd},
	}
	pinned.Descriptors = []Descriptor{{5, containerd}}
	pinned.Threads = []ThreadHolder{{78, containerd}}
	pinned.ForChildren = []Process{worker}
	owner := own
	owner.Owns, owner.Children = 5, 1
	ns := func(kind nsutil.Kind, id, unique uint64, h Holders) *Namespace {
		return &Namespace{Kind: kind, ID: id, Unique: unique, Owner: 4026532301, OwnerUID: ptr(uint32(1000)), Holders: h}
	}
	return &Report{
		Schema: Schema, Target: Target{Process: &nginx, UID: ptr(uint32(100000))}, Reference: sampleReference(),
		Kinds: []KindReport{
			{Kind: nsutil.Cgroup, Verdict: Leaking, Reasons: []string{"the host's hierarchy shows from its root on: /sys/fs/cgroup"}, Namespace: ns(nsutil.Cgroup, 4026532305, 17, own)},
			{Kind: nsutil.IPC, Verdict: Isolated, Reasons: []string{}, Namespace: ns(nsutil.IPC, 4026532303, 18, own)},
			{Kind: nsutil.Mnt, Verdict: Leaking, Reasons: []string{
				"/data is in peer group 1 with the host's /: mounts and unmounts go both ways",
				"descriptor 7 is a directory outside of its root: /root/\u202egnp, on the host's /",
			}, Notes: []string{"/etc/hosts receives from the host's /, peer group 1"}, Namespace: ns(nsutil.Mnt, 4026532300, 0, own)},
			{Kind: nsutil.Net, Verdict: Isolated, Reasons: []string{}, Namespace: ns(nsutil.Net, 4026532306, 0, pinned)},
			{Kind: nsutil.PID, Verdict: Unknown, Reasons: []string{"not seen: what its /proc shows: permission denied"}, Namespace: ns(nsutil.PID, 4026532304, 0, own)},
			{Kind: nsutil.Time, Verdict: Shared, Reasons: []string{"its clocks are the host's"}, Namespace: &Namespace{
				Kind: nsutil.Time, ID: 4026531834, Owner: 4026531837, OwnerUID: ptr(uint32(0)), Holders: host}},
			{Kind: nsutil.User, Verdict: Isolated, Reasons: []string{}, Namespace: &Namespace{
				Kind: nsutil.User, ID: 4026532301, Owner: 4026531837, Parent: 4026531837, OwnerUID: ptr(uint32(1000)), Holders: owner}},
			{Kind: nsutil.UTS, Verdict: Shared, Reasons: []string{"this kernel has no uts namespaces"}},
		},
		Inside: Inside{
			Processes: ptr(2), ProcProcesses: ptr(2), Links: []string{"lo", "eth0"}, Mounts: ptr(24), Hostname: ptr("b\x07x"), Domainname: ptr("(none)"),
			Cgroups: []CgroupPlace{{Path: "/docker/7", Inside: "/"}, {Controllers: []string{"memory"}, Path: "/m"}, {Controllers: []string{"cpu"}, Path: "/"}},
			UIDMap:  [][3]uint32{{0, 100000, 65536}}, GIDMap: [][3]uint32{}, MonotonicOffset: ptr(int64(90e9)), BoottimeOffset: ptr(int64(-1e9)),
		},
		Unseen: []string{"its hostname and domainname: join uts namespace: operation not permitted"},
	}
}

func sampleMachine() *Machine {
	m := &Machine{Schema: Schema, Reference: sampleReference(), Unseen: []string{}}
	for kind, id := range hosts() {
		n := &Namespace{Kind: kind, ID: id, Owner: 4026531837, OwnerUID: ptr(uint32(0)), Holders: Holders{Processes: []Process{systemd, containerd, nginx, worker}}}
		m.Namespaces = append(m.Namespaces, n)
	}
	m.Namespaces = append(m.Namespaces, sampleReport().Kinds[3].Namespace,
		&Namespace{Kind: nsutil.PID, ID: 4026532310, Parent: 4026531836, Holders: Holders{Processes: []Process{}}})
	c := census{}
	for _, n := range m.Namespaces {
		c[n.ID] = n
	}
	m.Namespaces = c.sorted()
	own := hosts()
	own[nsutil.Net] = 4026532306
	m.Rooms = []*Room{
		{Namespaces: hosts(), Own: []nsutil.Kind{}, Processes: []Process{systemd, containerd}},
		{Namespaces: own, Own: []nsutil.Kind{nsutil.Net}, Processes: []Process{nginx, worker}},
	}
	return m
}

func TestGoldens(t *testing.T) {
	pin := &Report{Schema: Schema, Target: Target{Path: "/run/netns/x"}, Reference: Reference{Process: containerd, Namespaces: hosts()},
		Kinds: sampleReport().Kinds[3:4], Inside: Inside{Links: []string{"lo"}}, Unseen: []string{}}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"report.txt":   func(b *bytes.Buffer) error { return sampleReport().WriteText(b, Style{}) },
		"report.color": func(b *bytes.Buffer) error { return sampleReport().WriteText(b, Style{Color: true}) },
		"report.json":  func(b *bytes.Buffer) error { return sampleReport().WriteJSON(b) },
		"pin.txt":      func(b *bytes.Buffer) error { return pin.WriteText(b, Style{}) },
		"machine.txt":  func(b *bytes.Buffer) error { return sampleMachine().WriteText(b, Style{}) },
		"machine.json": func(b *bytes.Buffer) error { return sampleMachine().WriteJSON(b) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.Bytes())
			if filepath.Ext(name) != ".color" {
				harmless(t, b.String())
			}
		})
	}
}

// harmless fails the test if text has anything but printable characters and newlines.
func harmless(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("not valid UTF-8")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' }); i >= 0 {
		t.Errorf("unprintable %q", text[i:i+1])
	}
}

func TestKindReportIsOneLine(t *testing.T) {
	k := KindReport{Kind: nsutil.Mnt, Verdict: Leaking, Reasons: []string{"/a\x1b[31m\nb is", "so"}}
	if got, want := k.String(), `mnt: leaking: /a\x1b[31m\x0ab is; so`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (KindReport{Kind: nsutil.UTS, Verdict: Isolated}).String(); got != "uts: isolated" {
		t.Error(got)
	}
}
