package user

import (
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

// mounter returns root of a new user namespace of alice's, in a mount namespace
// and others that this owns. It begins with the mounts of the stage.
func (st *stage) mounter(flags int) *harness.Subject {
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
