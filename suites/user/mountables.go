package user

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// mountable is a type of file systems that root of a user namespace may mount.
type mountable struct {
	fstype  string
	promise string
	owned   []nsutil.Kind // whose namespace must be the user namespace's own, beside the mount namespace
	module  string        // that has it, and the option
	option  string
	more    int                                        // a capability that it takes beside CAP_SYS_ADMIN
	options func(st *stage, s *harness.Subject) string // to mount it with
	works   func(s *harness.Subject, dir string)
}

var mountables = []mountable{
	{fstype: "proc", promise: "user-mount-proc-allowed", owned: []nsutil.Kind{nsutil.PID}, works: showsOwnProcesses},
	{fstype: "sysfs", promise: "user-mount-sysfs-allowed", owned: []nsutil.Kind{nsutil.Net}, works: showsOwnDevices},
	{fstype: "devpts", promise: "user-mount-devpts-allowed", works: func(s *harness.Subject, dir string) {
		Expect(s.ReadDir(dir)).To(ConsistOf("ptmx"))
	}},
	{fstype: "tmpfs", promise: "user-mount-tmpfs-allowed", works: takesFiles},
	{fstype: "ramfs", promise: "user-mount-ramfs-allowed", works: takesFiles},
	{fstype: "mqueue", promise: "user-mount-mqueue-allowed", owned: []nsutil.Kind{nsutil.IPC}, works: showsOwnQueues},
	{
		fstype: "overlay", promise: "user-mount-overlayfs-allowed", module: "overlay", option: "CONFIG_OVERLAY_FS",
		more: unix.CAP_DAC_OVERRIDE, options: layers, works: takesFiles,
	},
	{
		fstype: "cgroup2", promise: "user-mount-fuse-and-cgroup2-allowed", owned: []nsutil.Kind{nsutil.Cgroup},
		works: func(s *harness.Subject, dir string) {
			Expect(s.ReadFile(dir + "/cgroup.procs")).To(ContainSubstring("%d\n", s.PID()))
		},
	},
	{
		fstype: "fuse", promise: "user-mount-fuse-and-cgroup2-allowed", module: "fuse", option: "CONFIG_FUSE_FS",
		options: server, works: func(*harness.Subject, string) {}, // nobody serves it
	},
}

func takesFiles(s *harness.Subject, dir string) {
	Expect(s.WriteFile(dir+"/file", "text", unix.O_CREAT)).To(Succeed())
	Expect(s.ReadFile(dir + "/file")).To(Equal("text"))
}

func showsOwnProcesses(s *harness.Subject, dir string) {
	Expect(s.Readlink(dir + "/self")).To(Equal(fmt.Sprint(Get(s.Getpid()))))
	Expect(s.Stat(dir + "/100")).Error().To(MatchError(unix.ENOENT))
}

func showsOwnDevices(s *harness.Subject, dir string) {
	Expect(s.ReadFile(dir + "/class/net/lo/mtu")).To(Equal(fmt.Sprintln(ownMTU)))
}

func showsOwnQueues(s *harness.Subject, dir string) {
	name := fmt.Sprintf("queue-%d", len(Get(s.ReadDir(dir))))
	Arrange(s.Close(Get(s.MqOpen(name, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR, nil))))
	Expect(s.ReadDir(dir)).To(ContainElement(name))
}

// layers returns the options of an overlay of new directories.
func layers(_ *stage, s *harness.Subject) string {
	dir := T().TempDir()
	Arrange(s.Mount("none", dir, "tmpfs", 0, ""))
	for _, name := range []string{"/lower", "/upper", "/work"} {
		Arrange(s.Mkdir(dir + name))
	}
	return fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir, dir, dir)
}

// server returns the options of a FUSE file system that nobody serves.
func server(st *stage, s *harness.Subject) string {
	fd, err := s.Open(st.fuse, unix.O_RDWR)
	if err != nil {
		fd, err = s.Open("/dev/fuse", unix.O_RDWR)
	}
	return fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", Get(fd, err))
}
