package inspect

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

const newAll = unix.CLONE_NEWCGROUP | unix.CLONE_NEWIPC | unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS

// container makes what a careful runtime makes, less some kinds, with steps of its own
// before it leaves the host's root directory behind.
func container(t *testing.T, less uintptr, ids []syscall.SysProcIDMap, steps ...[]string) int {
	t.Helper()
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := root; dir != "/tmp" && dir != "/"; dir = filepath.Dir(dir) {
		_ = os.Chmod(dir, 0o755) // its root is another user's
	}
	attr := &syscall.SysProcAttr{Cloneflags: newAll &^ less, UidMappings: ids, GidMappings: ids}
	if ids != nil {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.GidMappingsEnableSetgroups = true
		attr.Credential = &syscall.Credential{}
	}
	plan := [][]string{
		{"private-but", "-"}, {"private", "/"},
		{"mount", "tmpfs", root}, {"mkdir", root + "/proc"}, {"mount", "proc", root + "/proc"},
		{"mkdir", root + "/dev/shm"}, {"mount", "tmpfs", root + "/dev/shm"},
	}
	if less&unix.CLONE_NEWNET == 0 {
		plan = append(plan, []string{"mkdir", root + "/sys"}, []string{"mount", "sysfs", root + "/sys"})
	}
	for _, step := range steps {
		own := slices.Clone(step)
		for i := range own {
			own[i] = strings.ReplaceAll(own[i], "ROOT", root)
		}
		plan = append(plan, own)
	}
	return inmate(t, attr, append(plan, []string{"pivot", root})...)
}

func examine(t *testing.T, pid int) *Report {
	t.Helper()
	m, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.Process(pid)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// expectKind fails the test unless a kind has the verdict, for a reason that has all of the words.
func expectKind(t *testing.T, r *Report, kind nsutil.Kind, want Verdict, words ...string) {
	t.Helper()
	k, _ := r.Of(kind)
	if k.Verdict != want {
		t.Errorf("%s is %s, want %s: %q", kind, k.Verdict, want, k.Reasons)
		return
	}
	told := func(reason string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(reason, word) })
	}
	if len(words) > 0 && !slices.ContainsFunc(k.Reasons, told) {
		t.Errorf("%s: no reason has all of %q: %q", kind, words, k.Reasons)
	}
}

func TestContainerIsIsolated(t *testing.T) {
	needRoot(t)
	r := examine(t, container(t, 0, mapped(100000), []string{"hostname", "inmate"}))
	for _, kind := range nsutil.Kinds() {
		if kind == nsutil.Time {
			expectKind(t, r, kind, Shared, "clocks")
		} else {
			expectKind(t, r, kind, Isolated)
		}
	}
	in := r.Inside
	if in.Hostname == nil || *in.Hostname != "inmate" || *in.Processes != 1 || *in.ProcProcesses != 1 ||
		!slices.Equal(in.Links, []string{"lo"}) || *in.Mounts != 4 || !slices.Equal(in.UIDMap, [][3]uint32{{0, 100000, 65536}}) {
		t.Errorf("inside: %+v", in)
	}
	uts, _ := r.Of(nsutil.UTS)
	user, _ := r.Of(nsutil.User)
	if uts.Namespace.Owner != user.Namespace.ID || user.Namespace.Parent != r.Reference.Namespaces[nsutil.User] || *user.Namespace.OwnerUID != 0 {
		t.Errorf("owners: %+v, %+v", uts.Namespace, user.Namespace)
	}
	if held := uts.Namespace.Processes; len(held) != 1 || held[0] != *r.Target.Process {
		t.Errorf("held by %v", held)
	}
}

func TestPlantedMistakes(t *testing.T) {
	needRoot(t)
	host := sharedMount(t)
	link := nsutil.Net.File(os.Getpid())
	for _, c := range []struct {
		name    string
		pid     func(*testing.T) int
		kind    nsutil.Kind
		verdict Verdict
		words   []string
	}{
		{"host's network", func(t *testing.T) int { return container(t, unix.CLONE_NEWNET, nil) }, nsutil.Net, Shared, []string{"links", "'s"}},
		{"mounts go both ways", func(t *testing.T) int {
			return inmate(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}, []string{"private-but", host})
		}, nsutil.Mnt, Leaking, []string{host + " is in peer group ", "go both ways"}},
		{"host's /dev/mqueue", func(t *testing.T) int {
			queues := hostMount(t, "mqueue", "/dev/mqueue")
			return container(t, 0, nil, []string{"mkdir", "ROOT/queues"}, []string{"bind", queues, "ROOT/queues"})
		}, nsutil.IPC, Leaking, []string{"/queues has the", "'s POSIX message queues"}},
		{"host's cgroups", func(t *testing.T) int {
			cgroups := hostMount(t, "cgroup2", "/sys/fs/cgroup", "/sys/fs/cgroup/unified")
			return container(t, 0, nil, []string{"mkdir", "ROOT/cgroups"}, []string{"bind", cgroups, "ROOT/cgroups"})
		}, nsutil.Cgroup, Leaking, []string{"'s hierarchy shows from its root on: /cgroups"}},
		{"inherited directory", func(t *testing.T) int {
			return inmateWith(t, []*os.File{directory(t)}, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS})
		}, nsutil.Mnt, Leaking, []string{"descriptor 3 is a directory outside of its root", "'s /"}},
		{"working directory", func(t *testing.T) int {
			return inmateWith(t, []*os.File{directory(t)}, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}, []string{"fchdir"})
		}, nsutil.Mnt, Leaking, []string{"its working directory is a directory outside of its root"}},
		{"old root left open", func(t *testing.T) int { return container(t, 0, nil, []string{"open", "/"}) },
			nsutil.Mnt, Leaking, []string{"descriptor ", " is a directory outside of its root: /"}},
		{"root is root", func(t *testing.T) int { return container(t, 0, mapped(0)) }, nsutil.User, Leaking, []string{"uid 0 inside is the", "'s uid 0"}},
		{"no user namespace", func(t *testing.T) int { return container(t, 0, nil) }, nsutil.User, Shared, []string{"uid 0 inside is the", "'s uid 0"}},
		{"host's /proc", func(t *testing.T) int {
			return container(t, 0, nil, []string{"mkdir", "ROOT/host"}, []string{"bind", "/proc", "ROOT/host"})
		}, nsutil.PID, Leaking, []string{"/host shows the", "'s processes"}},
		{"/proc not mounted anew", func(t *testing.T) int {
			return inmate(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID})
		}, nsutil.PID, Leaking, []string{"/proc shows the", "'s processes"}},
		{"host's /sys", func(t *testing.T) int {
			return container(t, 0, nil, []string{"mkdir", "ROOT/hostsys"}, []string{"bind", "/sys", "ROOT/hostsys"})
		}, nsutil.Net, Leaking, []string{"/hostsys shows the", "'s links"}},
		{"host's /dev/shm", func(t *testing.T) int {
			return container(t, 0, nil, []string{"bind", "/dev/shm", "ROOT/dev/shm"})
		}, nsutil.IPC, Leaking, []string{"/dev/shm has the", "'s POSIX shared memory"}},
		{"open namespace", func(t *testing.T) int { return container(t, 0, nil, []string{"open", link}) },
			nsutil.Net, Leaking, []string{"descriptor ", "'s net namespace"}},
		{"pinned namespace inside", func(t *testing.T) int {
			return container(t, 0, nil, []string{"touch", "ROOT/ns"}, []string{"bind", link, "ROOT/ns"})
		}, nsutil.Net, Leaking, []string{"/ns is the", "'s net namespace"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			expectKind(t, examine(t, c.pid(t)), c.kind, c.verdict, c.words...)
		})
	}
}

func TestMountLeakIsOne(t *testing.T) {
	needRoot(t)
	host := sharedMount(t)
	inmate(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}, []string{"private-but", host},
		[]string{"mkdir", host + "/x"}, []string{"mount", "tmpfs", host + "/x"})
	mounts, err := procDir{fd: unix.AT_FDCWD}.readMountsOf("/proc/self/mountinfo")
	if _, there := topmost(mounts, host+"/x"); !there {
		t.Errorf("a mount in the inmate's namespace does not show: %v", err)
	}
}

func TestSlaveMountIsNoLeak(t *testing.T) {
	needRoot(t)
	host := sharedMount(t)
	r := examine(t, inmate(t, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}, []string{"private-but", host}, []string{"slave", host}))
	expectKind(t, r, nsutil.Mnt, Isolated)
	mnt, _ := r.Of(nsutil.Mnt)
	if len(mnt.Notes) != 1 || !strings.Contains(mnt.Notes[0], host+" receives from the ") {
		t.Errorf("notes: %q", mnt.Notes)
	}
}

func directory(t *testing.T) *os.File {
	t.Helper()
	dir, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

// hostMount returns where the host has a file system of the type, of a few places.
func hostMount(t *testing.T, fstype string, places ...string) string {
	t.Helper()
	mounts, err := procDir{fd: unix.AT_FDCWD}.readMountsOf("/proc/self/mountinfo")
	for _, place := range places {
		if m, there := topmost(mounts, place); there && m.fstype == fstype {
			return place
		}
	}
	t.Skipf("no %s is mounted here: %v", fstype, err)
	return ""
}

// sharedMount mounts a tmpfs whose mounts propagate to copies of this mount namespace.
func sharedMount(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := unix.Mount("", dir, "", unix.MS_SHARED, ""); err != nil {
		t.Fatal(err)
	}
	return dir
}
