package inspect

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// What a cgroup mount shows is relative: to the namespace of who reads mountinfo.
func TestCgroupMounts(t *testing.T) {
	needRoot(t)
	top := hostMount(t, "cgroup2", "/sys/fs/cgroup", "/sys/fs/cgroup/unified")
	outer, err := os.MkdirTemp(top, "nsconform-inspect-")
	if err != nil {
		t.Skipf("make a cgroup: %v", err)
	}
	inner := outer + "/inner"
	t.Cleanup(func() { _ = os.Remove(outer) })
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(inner) })
	for _, c := range []struct {
		name    string
		plan    [][]string
		verdict Verdict
		words   []string
	}{
		{"own", [][]string{{"bind", inner, "/mnt"}}, Isolated, nil},
		{"above its root", [][]string{{"bind", outer, "/mnt"}}, Leaking, []string{"cgroups above its root show: /mnt (/..)"}},
		{"all", [][]string{{"bind", top, "/mnt"}}, Leaking, []string{"'s hierarchy shows from its root on: /mnt"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, err := os.Open(inner)
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			attr := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, UseCgroupFD: true, CgroupFD: int(dir.Fd())}
			plan := slices.Concat([][]string{{"private", "/"}}, c.plan, [][]string{{"uncgroup", "/mnt"}, {"unshare", "cgroup"}})
			r := examine(t, inmate(t, attr, plan...))
			expectKind(t, r, nsutil.Cgroup, c.verdict, c.words...)
			place := r.Inside.Cgroups[slices.IndexFunc(r.Inside.Cgroups, func(c CgroupPlace) bool { return c.Controllers == nil })]
			if place.Inside != "/" || !strings.HasSuffix(place.Path, "/inner") {
				t.Errorf("it is in %+v", place)
			}
		})
	}
}

// A mount namespace that only a pin holds is read by joining it; what its mounts pin is found.
func TestPinnedMountNamespace(t *testing.T) {
	needRoot(t)
	host, private := sharedMount(t), privateMount(t)
	other := inmate(t, newNamespaces(unix.CLONE_NEWNET))
	net, err := nsutil.IDOf(nsutil.Net.File(other))
	if err != nil {
		t.Fatal(err)
	}
	pid := inmate(t, newNamespaces(unix.CLONE_NEWNS), []string{"private-but", host}, []string{"mount", "tmpfs", "/mnt"},
		[]string{"touch", "/mnt/net"}, []string{"bind", nsutil.Net.File(other), "/mnt/net"})
	pin := private + "/pin"
	if err := nsutil.Pin(nsutil.Mnt.File(pid), pin); err != nil {
		t.Fatal(err)
	}
	stop(t, pid)
	stop(t, other)

	m, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	if n := m.census[net.Ino]; n == nil || len(n.Pins) != 1 || n.Pins[0].Path != "/mnt/net" {
		t.Errorf("pinned in a mount namespace without a process: %+v", n)
	}
	r, err := m.Pin(pin)
	if err != nil {
		t.Fatal(err)
	}
	expectKind(t, r, nsutil.Mnt, Leaking, host+" is in peer group ")
	if r.Inside.Mounts == nil || *r.Inside.Mounts < 3 {
		t.Errorf("inside: %+v", r.Inside)
	}
}

func TestZombie(t *testing.T) {
	cmd := exec.Command("true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	var info unix.Siginfo // waits for its end, and leaves it a zombie
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	r := examine(t, cmd.Process.Pid)
	expectKind(t, r, nsutil.Net, Unknown, "it is a zombie")
}

func privateMount(t *testing.T) string {
	t.Helper()
	dir := sharedMount(t)
	if err := unix.Mount("", dir, "", unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	return dir
}
