package user

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
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
	{fstype: "overlay", promise: "user-mount-overlayfs-allowed", module: "overlay", option: "CONFIG_OVERLAY_FS", more: unix.CAP_DAC_OVERRIDE, options: layers, works: takesFiles},
	{fstype: "cgroup2", promise: "user-mount-fuse-and-cgroup2-allowed", owned: []nsutil.Kind{nsutil.Cgroup}, works: func(s *harness.Subject, dir string) {
		Expect(s.ReadFile(dir + "/cgroup.procs")).To(ContainSubstring("%d\n", s.PID()))
	}},
	{fstype: "fuse", promise: "user-mount-fuse-and-cgroup2-allowed", module: "fuse", option: "CONFIG_FUSE_FS", options: server, works: func(s *harness.Subject, dir string) {}},
}

func takesFiles(s *harness.Subject, dir string) {
	GinkgoHelper()
	Expect(s.WriteFile(dir+"/file", "text", unix.O_CREAT)).To(Succeed())
	Expect(s.ReadFile(dir + "/file")).To(Equal("text"))
}

func showsOwnProcesses(s *harness.Subject, dir string) {
	GinkgoHelper()
	Expect(s.Readlink(dir + "/self")).To(Equal(fmt.Sprint(Get(s.Getpid()))))
	Expect(s.Stat(dir + "/100")).Error().To(MatchError(unix.ENOENT))
}

func showsOwnDevices(s *harness.Subject, dir string) {
	GinkgoHelper()
	Expect(s.ReadFile(dir + "/class/net/lo/mtu")).To(Equal(fmt.Sprintln(ownMTU)))
}

func showsOwnQueues(s *harness.Subject, dir string) {
	GinkgoHelper()
	name := fmt.Sprintf("queue-%d", len(Get(s.ReadDir(dir))))
	Arrange(s.Close(Get(s.MqOpen(name, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR, nil))))
	Expect(s.ReadDir(dir)).To(ContainElement(name))
}

// layers returns the options of an overlay of new directories.
func layers(_ *stage, s *harness.Subject) string {
	GinkgoHelper()
	dir := T().TempDir()
	Arrange(s.Mount("none", dir, "tmpfs", 0, ""))
	for _, name := range []string{"/lower", "/upper", "/work"} {
		Arrange(s.Mkdir(dir + name))
	}
	return fmt.Sprintf("lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir, dir, dir)
}

// server returns the options of a FUSE file system that nobody serves.
func server(st *stage, s *harness.Subject) string {
	GinkgoHelper()
	fd, err := s.Open(st.fuse, unix.O_RDWR)
	if err != nil {
		fd, err = s.Open("/dev/fuse", unix.O_RDWR)
	}
	return fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", Get(fd, err))
}

// mounter returns root of a new user namespace of alice's, in a mount namespace
// and others that this owns. It begins with the mounts of the stage.
func (st *stage) mounter(flags int) *harness.Subject {
	GinkgoHelper()
	s := as(st.Subject, alice, alice, alice)
	Arrange(s.Unshare(unix.CLONE_NEWUSER | flags))
	settle(s, nil, mapping)
	if flags&unix.CLONE_NEWNET != 0 {
		Arrange(kinds.SetMTU(s, ownMTU))
	}
	return Get(s.Fork())
}

// stage is a process whose mount namespace those of mounters begin with.
type stage struct {
	*harness.Subject
	fuse string // the device, for everybody
}

// ownMTU tells the loopback device of a mounter's own network namespace from others.
const ownMTU = 7777

// newStage returns one with a mount namespace where procfs and sysfs, if it
// can mount them, are wholly in sight: else they may not be mounted from there.
func newStage() *stage {
	GinkgoHelper()
	s := Spawn(harness.Cloned(nsutil.Mnt), harness.Named("stage"))
	Arrange(s.MakePrivate())
	for _, fstype := range []string{"proc", "sysfs"} {
		s.Mount("none", T().TempDir(), fstype, 0, "") // perhaps not
	}
	dir := T().TempDir()
	mounts.Tmpfs(s, dir)
	st := &stage{s, dir + "/fuse"}
	if st.Mknod(st.fuse, unix.S_IFCHR, unix.Mkdev(10, 229)) == nil { // not where the suite is root of a user namespace itself
		Arrange(st.Chmod(st.fuse, 0o666))
	}
	return st
}

func (m mountable) flags() (flags int) {
	for _, kind := range m.owned {
		flags |= kind.Flag()
	}
	return flags
}

// by is a way to mount a file system.
type by func(s *harness.Subject, dir, fstype, options string) error

// mountingWays are the two interfaces.
var mountingWays = map[string]by{
	"mount": func(s *harness.Subject, dir, fstype, options string) error {
		return s.Mount("none", dir, fstype, 0, options)
	},
	"fsopen": func(s *harness.Subject, dir, fstype, options string) error {
		fd, err := s.Fsopen(fstype)
		if err != nil {
			return err
		}
		defer s.Close(fd)
		for option := range strings.SplitSeq(options, ",") {
			if key, value, ok := strings.Cut(option, "="); ok {
				Arrange(s.FsconfigString(fd, key, value))
			}
		}
		if err := s.FsconfigCreate(fd); err != nil {
			return err
		}
		mount, err := s.Fsmount(fd, 0)
		if err != nil {
			return err
		}
		defer s.Close(mount)
		return s.MoveMount(mount, dir)
	},
}

// expect claims that s may, or may not, mount it.
func (m mountable) expect(may bool, s *harness.Subject, options, who string) {
	GinkgoHelper()
	dir := T().TempDir()
	outside := Get(os.Stat(dir))
	for how, mount := range mountingWays {
		before := Get(s.Stat(dir))
		if !may {
			Expect(mount(s, dir, m.fstype, options)).To(MatchError(unix.EPERM), "%s by %s, %s", m.fstype, how, who)
			Expect(Get(s.Stat(dir)).Dev).To(Equal(before.Dev))
			continue
		}
		Expect(mount(s, dir, m.fstype, options)).To(Succeed(), "%s by %s, %s", m.fstype, how, who)
		m.works(s, dir)
		Expect(os.SameFile(Get(os.Stat(dir)), outside)).To(BeTrue(), "it is not there outside")
		Expect(s.Umount(dir, unix.MNT_DETACH)).To(Succeed())
		if m.fstype == "fuse" {
			break // its descriptor serves one
		}
	}
}

var _ = Specs("Root of a user namespace", Label("user"), func() {
	for _, m := range mountables {
		promises := []string{m.promise}
		switch m.fstype {
		case "cgroup2":
			promises = append(promises, "user-mount-cgroup2-needs-cap-in-cgroupns-owner")
		case "proc":
			promises = append(promises, "user-mount-proc-without-own-pidns-eperm")
		}
		labels := Label("user")
		if m.module != "" {
			labels = Label(m.module)
		}
		It("can mount "+m.fstype+" where the mount namespace and what it shows belong to it, and not elsewhere", labels, Proves(promises...), func() {
			NeedUnprivileged()
			kinds.Need(append(m.owned, nsutil.User)...)
			if m.module != "" && !strings.Contains(string(Get(os.ReadFile("/proc/filesystems"))), "\t"+m.fstype+"\n") {
				NeedModule(m.module, m.option)
			}
			st := newStage()
			options := func(s *harness.Subject) string {
				if m.options == nil {
					return ""
				}
				return m.options(st, s)
			}
			s := st.mounter(unix.CLONE_NEWNS | m.flags())
			m.expect(true, s, options(s), "root of the owner")
			only := only(Get(s.Fork()), unix.CAP_SYS_ADMIN, m.more)
			m.expect(true, only, options(only), "with nothing but CAP_SYS_ADMIN")
			joined := Get(st.Fork())
			Arrange(joined.Setns(Get(joined.PidfdOpen(s.PID())), unix.CLONE_NEWUSER|unix.CLONE_NEWNS|m.flags()))
			joined = Get(become(joined, 0).Fork())
			m.expect(true, joined, options(joined), "who has joined")
			with := options(s)
			m.expect(false, without(Get(s.Fork()), unix.CAP_SYS_ADMIN), with, "without CAP_SYS_ADMIN")
			m.expect(false, suspend(Get(s.Fork()), unix.CAP_SYS_ADMIN), with, "with CAP_SYS_ADMIN, but not in effect")
			m.expect(false, unmapped(s), with, "from a user namespace below the owner")

			alone := st.mounter(m.flags())
			m.expect(false, alone, "", "in a mount namespace that it does not own")
			for _, kind := range m.owned {
				foreign := st.mounter(unix.CLONE_NEWNS | m.flags()&^kind.Flag())
				m.expect(false, foreign, "", "in a "+string(kind)+" namespace that it does not own")
				deeper := Get(s.Fork())
				Arrange(deeper.Unshare(unix.CLONE_NEWUSER | unix.CLONE_NEWNS | m.flags()&^kind.Flag()))
				m.expect(false, deeper, "", "in a "+string(kind)+" namespace that only its parent owns")
			}
		})
	}
})
