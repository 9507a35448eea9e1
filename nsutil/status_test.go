package nsutil

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// containerStatus is what a 6.1 kernel shows of a container's init, cut to
// the lines up to its capabilities and a few others.
const containerStatus = "Name:\tmy\\n prog: x \n" +
	"Umask:\t0022\nState:\tS (sleeping)\nTgid:\t4515\nNgid:\t0\nPid:\t4515\nPPid:\t4509\nTracerPid:\t0\n" +
	"Uid:\t100000\t100001\t100002\t100003\nGid:\t4294967295\t0\t0\t0\nFDSize:\t256\n" +
	"Groups:\t4 24 4294967294 \n" +
	"NStgid:\t4515\t1\nNSpid:\t4515\t1\nNSpgid:\t4515\t1\nNSsid:\t4515\t0\n" +
	"VmPeak:\t    2928 kB\nThreads:\t3\nSigQ:\t0/96365\n" +
	"CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000200000\n" +
	"CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000001\nNoNewPrivs:\t0\n"

func TestParseStatus(t *testing.T) {
	got, err := ParseStatus(strings.NewReader(containerStatus))
	if err != nil {
		t.Fatal(err)
	}
	want := Status{
		Name: `my\n prog: x `, State: 'S', Tgid: 4515, Pid: 4515, PPid: 4509, Threads: 3,
		UID:    CredIDs{100000, 100001, 100002, 100003},
		GID:    CredIDs{4294967295, 0, 0, 0},
		Groups: []uint32{4, 24, 4294967294},
		NStgid: []int{4515, 1}, NSpid: []int{4515, 1}, NSpgid: []int{4515, 1}, NSsid: []int{4515, 0},
		CapPrm: 0x1ffffffffff, CapEff: 1 << unix.CAP_SYS_ADMIN, CapBnd: 0x1ffffffffff, CapAmb: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseStatusOfOldKernel(t *testing.T) {
	var old []string
	for line := range strings.Lines(containerStatus) {
		if !strings.HasPrefix(line, "NS") && !strings.HasPrefix(line, "CapAmb") {
			old = append(old, line)
		}
	}
	got, err := ParseStatus(strings.NewReader(strings.Join(old, "")))
	if err != nil || got.NSpid != nil || got.CapAmb != 0 {
		t.Errorf("without NSpid and CapAmb: %+v, %v", got, err)
	}
}

func TestParseStatusRefuses(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(containerStatus, old, new, 1) }
	for name, text := range map[string]string{
		"nothing":              "",
		"a line cut short":     containerStatus[:strings.Index(containerStatus, "1ffff")+2],
		"an end before Uid":    containerStatus[:strings.Index(containerStatus, "Uid:")],
		"an end before CapBnd": containerStatus[:strings.Index(containerStatus, "CapBnd:")],
		"a line with no colon": containerStatus + "garbage\n",
		"a field twice":        containerStatus + "Uid:\t0\t0\t0\t0\n",
		"three user IDs":       replace("100003", ""),
		"five user IDs":        replace("100003", "1 2"),
		"a negative ID":        replace("100003", "-1"),
		"an ID too large":      replace("100003", "4294967296"),
		"a negative pid":       replace("PPid:\t4509", "PPid:\t-1"),
		"a pid too large":      replace("PPid:\t4509", "PPid:\t2147483648"),
		"no pid":               replace("PPid:\t4509", "PPid:\t"),
		"two pids":             replace("PPid:\t4509", "PPid:\t1 2"),
		"a bad namespace pid":  replace("NSpid:\t4515\t1", "NSpid:\t4515\tx"),
		"a bad group":          replace("4 24", "4 root"),
		"no state":             replace("S (sleeping)", ""),
		"a long state":         replace("S (sleeping)", "SS (sleeping)"),
		"a bad set":            replace("000001ffffffffff", "0x1ff"),
		"a set too large":      replace("000001ffffffffff", "10000001ffffffffff"),
	} {
		if got, err := ParseStatus(strings.NewReader(text)); err == nil {
			t.Errorf("%s gives %+v, want an error", name, got)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add(containerStatus)
	f.Add(containerStatus[:200])
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseStatus(strings.NewReader(text))
		if err == nil && (s.State == 0 || s.Pid < 0 || !strings.HasSuffix(text, "\n")) {
			t.Errorf("%q gives %+v", text, s)
		}
		if err != nil && s.Name != "" {
			t.Errorf("an error comes with %+v", s)
		}
	})
}

func TestStatusOfSelf(t *testing.T) {
	s, err := StatusOf(0)
	if err != nil {
		t.Fatal(err)
	}
	if s.Pid != os.Getpid() || s.PPid != os.Getppid() || s.Threads < 2 || !slices.Contains(s.NSpid, s.Pid) {
		t.Errorf("status of this process: %+v", s)
	}
	if int(s.UID.Effective) != os.Geteuid() || int(s.GID.Real) != os.Getgid() {
		t.Errorf("IDs are %+v and %+v, want %d and %d", s.UID, s.GID, os.Geteuid(), os.Getgid())
	}
	groups, err := os.Getgroups()
	if err != nil || len(groups) != len(s.Groups) {
		t.Errorf("groups are %v, want %v, %v", s.Groups, groups, err)
	}
}

func TestCapSet(t *testing.T) {
	s := CapSet(1<<unix.CAP_SYS_ADMIN | 1<<63)
	if !s.Has(unix.CAP_SYS_ADMIN) || s.Has(unix.CAP_CHOWN) || !s.Has(63) || s.Has(64) || s.Has(-1) {
		t.Errorf("%v has the wrong capabilities", s)
	}
	if got := s.String(); got != "8000000000200000" {
		t.Errorf("String() = %q", got)
	}
}
