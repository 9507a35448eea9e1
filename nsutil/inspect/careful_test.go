package inspect

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

func TestOpensNothingButNamespaces(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo") // to open one waits for a writer
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, "/", "/proc/self/status", "/dev/null"} {
		if fd, err := openNamespaceFile(path); !errors.Is(err, ErrNoNamespace) {
			t.Errorf("%s: %d, %v", path, fd, err)
		}
	}
	fd, err := openNamespaceFile("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if kind, err := nsutil.TypeOf(fd); kind != nsutil.Net || err != nil {
		t.Errorf("it is of kind %q: %v", kind, err)
	}
}

func TestFollowsNoLinkInARoot(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/proc", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	d, err := openProcDir(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	for _, path := range []string{dir + "/link", dir + "/link/1", "/proc/self/root", "/proc/self/ns/net"} {
		if fd, err := d.openInRoot(path); !errors.Is(err, unix.ELOOP) {
			t.Errorf("%s: %d, %v", path, fd, err)
		}
	}
	fd, err := d.openInRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
}

func TestWaitsForNobody(t *testing.T) {
	answer, late := make(chan int), make(chan int)
	_, err := within(time.Millisecond, func() (int, error) { return <-answer, nil }, func(n int, _ error) { late <- n })
	if !errors.Is(err, errStuck) {
		t.Errorf("error %v", err)
	}
	answer <- 7
	if n := <-late; n != 7 {
		t.Errorf("what came late is %d", n)
	}
	if n, err := within(time.Hour, func() (int, error) { return 8, unix.EIO }, nil); n != 8 || err != unix.EIO {
		t.Errorf("what came in time is %d, %v", n, err)
	}
}

func TestParseLinks(t *testing.T) {
	text := "Inter-|   Receive |  Transmit\n face |bytes    packets|bytes\n    lo:       0 0\neth0.7@x: 1 2\n"
	got, err := parseLinks(strings.NewReader(text))
	if diff := cmp.Diff([]string{"lo", "eth0.7@x"}, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	many := strings.Repeat("  lo: 0\n", maxLinks+1)
	if got, err := parseLinks(strings.NewReader(many)); len(got) != maxLinks || err == nil {
		t.Errorf("%d links, %v", len(got), err)
	}
}

// A thread that has joined a namespace leaves nothing of it to the process.
func TestJoiningLeavesNoTrace(t *testing.T) {
	needRoot(t)
	pid := inmate(t, newNamespaces(unix.CLONE_NEWUTS|unix.CLONE_NEWNS), []string{"hostname", "there"})
	fd, err := openNamespaceFile(nsutil.UTS.File(pid))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	mnt, err := openNamespaceFile(nsutil.Mnt.File(pid))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(mnt)
	for range 30 {
		if n, err := namesIn(fd); err != nil || n.Hostname != "there" {
			t.Fatalf("%+v, %v", n, err)
		}
		if err := inMountNamespace(mnt, func(*os.File) error { return nil }); err != nil {
			t.Fatal(err)
		}
		s, err := look(os.Getpid(), make([]byte, 4096))
		if err != nil || len(s.threads) > 0 {
			t.Fatalf("threads elsewhere: %+v, %v", s.threads, err)
		}
	}
}

func TestSeesThreadsAndChildrenToCome(t *testing.T) {
	needRoot(t)
	pid := inmate(t, nil, []string{"thread", "net"}, []string{"thread", "time"})
	m, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	kinds := []nsutil.Kind{}
	for _, n := range m.Namespaces {
		if slices.ContainsFunc(n.Threads, func(h ThreadHolder) bool { return h.Process.PID == pid }) {
			kinds = append(kinds, n.Kind)
			if n.Owner == 0 || len(n.Processes) > 0 {
				t.Errorf("%+v", n)
			}
		}
	}
	if diff := cmp.Diff([]nsutil.Kind{nsutil.Net, nsutil.Time}, kinds); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNoTarget(t *testing.T) {
	m, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range []int{-1, 0, 1 << 30} {
		if _, err := m.Process(pid); !errors.Is(err, ErrNoProcess) {
			t.Errorf("process %d: %v", pid, err)
		}
	}
	if _, err := m.Pin("/dev/null"); !errors.Is(err, ErrNoNamespace) {
		t.Errorf("/dev/null: %v", err)
	}
	if _, err := m.Pin("/nowhere"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("/nowhere: %v", err)
	}
}

func TestLearnsOfWhoHasBegunSince(t *testing.T) {
	needRoot(t)
	m, err := Look()
	if err != nil {
		t.Fatal(err)
	}
	pid := inmate(t, newNamespaces(unix.CLONE_NEWUTS))
	for range 2 {
		r, err := m.Process(pid)
		if err != nil {
			t.Fatal(err)
		}
		uts, _ := r.Of(nsutil.UTS)
		if uts.Namespace == nil || len(uts.Namespace.Processes) != 1 || uts.Namespace.Owner == 0 {
			t.Errorf("%+v", uts.Namespace)
		}
	}
}
