package inspect

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// planEnv makes this test binary an inmate: it does what the plan says, says that it
// is ready, and stays until its standard input ends.
const planEnv = "INSPECT_TEST_PLAN"

func TestMain(m *testing.M) {
	if plan, is := os.LookupEnv(planEnv); is {
		if err := serve(plan); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serve(plan string) error {
	var steps [][]string
	if err := json.Unmarshal([]byte(plan), &steps); err != nil {
		return err
	}
	for i, step := range steps {
		if step[0] == "unshare" { // it counts for the thread, which exec makes the main one
			runtime.LockOSThread()
			return goOnIn(nsutil.Kind(step[1]), steps[i+1:])
		}
		if err := deeds[step[0]](step[1:]); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(step, " "), err)
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// goOnIn has a new program do the rest, in a namespace of its own.
func goOnIn(kind nsutil.Kind, steps [][]string) error {
	if err := unix.Unshare(kind.Flag()); err != nil {
		return err
	}
	rest, err := json.Marshal(steps)
	if err != nil {
		return err
	}
	if err := os.Setenv(planEnv, string(rest)); err != nil {
		return err
	}
	return unix.Exec("/proc/self/exe", os.Args, os.Environ())
}

// deeds are what a plan may have an inmate do.
var deeds = map[string]func([]string) error{
	"hostname": func(a []string) error { return unix.Sethostname([]byte(a[0])) },
	"mkdir":    func(a []string) error { return os.MkdirAll(a[0], 0o755) },
	"mount": func(a []string) error { // type, point
		return unix.Mount("none", a[1], a[0], 0, "")
	},
	"bind": func(a []string) error { return unix.Mount(a[0], a[1], "", unix.MS_BIND, "") },
	"touch": func(a []string) error {
		f, err := os.Create(a[0])
		if err != nil {
			return err
		}
		return f.Close()
	},
	"private": func(a []string) error { return unix.Mount("", a[0], "", unix.MS_REC|unix.MS_PRIVATE, "") },
	"uncgroup": func(a []string) error { // unmounts the hierarchies but for one
		mounts, err := procDir{fd: unix.AT_FDCWD}.readMountsOf("/proc/self/mountinfo")
		for _, m := range slices.Backward(mounts) {
			if strings.HasPrefix(m.fstype, "cgroup") && m.point != a[0] {
				_ = unix.Unmount(m.point, unix.MNT_DETACH)
			}
		}
		return err
	},
	"slave": func(a []string) error { return unix.Mount("", a[0], "", unix.MS_SLAVE, "") },
	"open": func(a []string) error { // for good
		_, err := unix.Open(a[0], unix.O_RDONLY, 0)
		return err
	},
	"fchdir": func([]string) error { return unix.Fchdir(3) },
	"thread": func(a []string) error { return threadElsewhere(nsutil.Kind(a[0])) },
	"private-but": func(a []string) error {
		mounts, err := procDir{fd: unix.AT_FDCWD}.readMountsOf("/proc/self/mountinfo")
		for _, m := range mounts {
			if m.point != a[0] && m.shared != 0 {
				_ = unix.Mount("", m.point, "", unix.MS_PRIVATE, "") // but for what is covered
			}
		}
		return err
	},
	"pivot": func(a []string) error { // into a directory that is a mount
		if err := unix.Chdir(a[0]); err != nil {
			return err
		}
		if err := unix.PivotRoot(".", "."); err != nil {
			return err
		}
		if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
			return err
		}
		return unix.Chdir("/")
	},
}

// threadElsewhere has a thread, not the main one, be in a namespace of its own for good.
func threadElsewhere(kind nsutil.Kind) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			done <- threadElsewhere(kind)
		} else {
			done <- unix.Unshare(kind.Flag())
		}
		select {}
	}()
	return <-done
}

// stops has, by PID, what ends an inmate.
var stops = map[int]func(){}

// stop ends an inmate and waits for it.
func stop(t *testing.T, pid int) {
	t.Helper()
	stops[pid]()
}

// inmate starts a process in new namespaces that has done what the plan says.
func inmate(t *testing.T, attr *syscall.SysProcAttr, plan ...[]string) (pid int) {
	t.Helper()
	return inmateWith(t, nil, attr, plan...)
}

// inmateWith is inmate for one that inherits files, from descriptor 3 on.
func inmateWith(t *testing.T, files []*os.File, attr *syscall.SysProcAttr, plan ...[]string) (pid int) {
	t.Helper()
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), planEnv+"="+string(text))
	cmd.SysProcAttr, cmd.ExtraFiles = attr, files
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = stdout.(*os.File).SetReadDeadline(time.Now().Add(time.Minute))
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start an inmate: %v", err)
	}
	stops[cmd.Process.Pid] = sync.OnceFunc(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	t.Cleanup(stops[cmd.Process.Pid])
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the inmate says %q: %v", line, err)
	}
	return cmd.Process.Pid
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make namespaces and mounts")
	}
}

func newNamespaces(flags uintptr) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: flags}
}

// mapped is a user namespace's map of 65536 IDs from one on.
func mapped(from int) []syscall.SysProcIDMap {
	return []syscall.SysProcIDMap{{ContainerID: 0, HostID: from, Size: 65536}}
}
