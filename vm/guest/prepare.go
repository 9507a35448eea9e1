package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// mount is one file system of the guest.
type mount struct {
	source, target, fstype, options string
	flags                           uintptr
}

const tight = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC

var mounts = []mount{
	{"proc", "/proc", "proc", "", tight},
	{"sysfs", "/sys", "sysfs", "", tight},
	{"devtmpfs", "/dev", "devtmpfs", "mode=0755", unix.MS_NOSUID},
	{"devpts", "/dev/pts", "devpts", "mode=0620,ptmxmode=0666,gid=5", unix.MS_NOSUID | unix.MS_NOEXEC},
	{"tmpfs", "/dev/shm", "tmpfs", "mode=1777", unix.MS_NOSUID | unix.MS_NODEV},
	{"tmpfs", "/run", "tmpfs", "mode=0755", unix.MS_NOSUID | unix.MS_NODEV},
	{"tmpfs", "/tmp", "tmpfs", "mode=1777", 0},
	{"cgroup2", "/sys/fs/cgroup", "cgroup2", "", tight},
}

// prepare makes the system a usable one. What fails is told, not fatal.
func prepare() (problems []string) {
	problem := func(err error) {
		if err != nil {
			problems = append(problems, err.Error())
		}
	}
	problem(leaveRootfs())
	for _, m := range mounts {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			problem(err)
		}
		if err := unix.Mount(m.source, m.target, m.fstype, m.flags, m.options); err != nil {
			problem(fmt.Errorf("mount %s on %s: %w", m.fstype, m.target, err))
		}
	}
	for link, target := range map[string]string{
		"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0",
		"/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2",
	} {
		problem(os.Symlink(target, link))
	}
	problem(unix.Sethostname([]byte("nsconform")))
	openUserNamespaces()
	problem(loopbackUp())
	for _, err := range loadModules() {
		problem(err)
	}
	return problems
}

// openUserNamespaces lets the unprivileged make user namespaces where a
// distribution's kernel does not by default, unless its command line says so.
func openUserNamespaces() {
	cmdline, _ := os.ReadFile("/proc/cmdline")
	for name, value := range map[string]string{"unprivileged_userns_clone": "1", "apparmor_restrict_unprivileged_userns": "0"} {
		if !strings.Contains(string(cmdline), "kernel."+name) {
			os.WriteFile("/proc/sys/kernel/"+name, []byte(value), 0) // few kernels have it
		}
	}
}

func loopbackUp() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring up loopback: %w", err)
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("bring up loopback: %w", err)
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("bring up loopback: %w", err)
	}
	return nil
}

// loadModules loads what the host put into the initramfs, in its order.
func loadModules() (failures []error) {
	order, err := os.ReadFile(ModulesOrder)
	if err != nil {
		return nil
	}
	for name := range strings.FieldsSeq(string(order)) {
		if err := loadModule(filepath.Join(ModulesDir, name)); err != nil {
			failures = append(failures, fmt.Errorf("load module %s: %w", name, err))
		}
	}
	return failures
}

func loadModule(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.FinitModule(int(f.Fd()), "", 0)
}
