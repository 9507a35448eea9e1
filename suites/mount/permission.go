package mount

import (
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// operation is a call about what [yard] has mounted, and one that undoes it.
type operation struct {
	what string
	do   func(s *harness.Subject, dir string) error
	undo func(s *harness.Subject, dir string) error
}

func unmounting(target string, flags int) func(s *harness.Subject, dir string) error {
	return func(s *harness.Subject, dir string) error { return s.Umount(dir+target, flags) }
}

func remounting(target string, flags int) func(s *harness.Subject, dir string) error {
	return func(s *harness.Subject, dir string) error {
		return s.Mount("none", dir+target, "", unix.MS_REMOUNT|flags, "")
	}
}

func changing(target string, flags int) func(s *harness.Subject, dir string) error {
	return func(s *harness.Subject, dir string) error { return s.Mount("none", dir+target, "", flags, "") }
}

// mountings are what mount(2) does, by all of its ways.
func mountings() []operation {
	tmpfs := func(s *harness.Subject, dir string) error { return s.Mount("none", dir+"/a", "tmpfs", 0, "") }
	bind := func(flags int) func(s *harness.Subject, dir string) error {
		return func(s *harness.Subject, dir string) error { return s.Mount(dir+"/a", dir+"/b", "", flags, "") }
	}
	back := func(s *harness.Subject, dir string) error { return s.Mount(dir+"/b", dir+"/a", "", unix.MS_MOVE, "") }
	return []operation{
		{"mount", tmpfs, unmounting("/a", 0)},
		{"bind", bind(unix.MS_BIND), unmounting("/b", 0)},
		{"bind all", bind(recursive), unmounting("/b", 0)},
		{"move", bind(unix.MS_MOVE), back},
		{"remount", remounting("/a", unix.MS_RDONLY), remounting("/a", 0)},
		{"remount one", remounting("/a", unix.MS_BIND|unix.MS_RDONLY), remounting("/a", unix.MS_BIND)},
		{"share", changing("/a", unix.MS_SHARED), changing("/a", unix.MS_PRIVATE)},
		{"make private", changing("/a", unix.MS_PRIVATE), changing("/a", unix.MS_PRIVATE)},
		{"share all", changing("/a", unix.MS_SHARED|unix.MS_REC), changing("/a", unix.MS_PRIVATE|unix.MS_REC)},
	}
}

// unmountings are what umount(2) does, by all of its ways.
func unmountings() []operation {
	again := func(s *harness.Subject, dir string) error { return s.Mount("none", dir+"/a", "tmpfs", 0, "") }
	all := []operation{{"umount", unmounting("/a", 0), again}}
	for what, flags := range map[string]int{"detach": unix.MNT_DETACH, "not follow": unix.UMOUNT_NOFOLLOW} {
		all = append(all, operation{what, unmounting("/a", flags), again})
	}
	return append(all, operation{"expire", func(s *harness.Subject, dir string) error {
		if err := s.Umount(dir+"/a", unix.MNT_EXPIRE); err != unix.EAGAIN {
			return err
		}
		return s.Umount(dir+"/a", unix.MNT_EXPIRE)
	}, again})
}

// yard has s mount a tmpfs at dir/a, beside an empty directory dir/b.
func yard(s *harness.Subject, dir string) {
	Arrange(s.Mkdir(dir + "/b"))
	Arrange(s.Mkdir(dir + "/a"))
	mounts.Tmpfs(s, dir+"/a")
}

// expectMay claims that s may do and undo everything, or nothing and is told so.
func expectMay(may bool, s *harness.Subject, dir string, operations []operation) {
	for _, o := range operations {
		if !may {
			expectRefused(s, unix.EPERM, func() error { return o.do(s, dir) }, "%s by %s", o.what, s.Name())
			continue
		}
		before := table(s)
		Expect(o.do(s, dir)).To(Succeed(), "%s by %s", o.what, s.Name())
		if o.what != "make private" {
			Expect(table(s)).NotTo(Equal(before), o.what)
		}
		Expect(o.undo(s, dir)).To(Succeed(), "undo %s by %s", o.what, s.Name())
	}
}

// ownersMayForce says whether the kernel surely lets who owns a file system force
// an unmount of it. Earlier ones did so only to root of the machine, unless they
// have "umount: Allow superblock owners to force umount".
func ownersMayForce() bool {
	return Get(nsutil.RunningUpstream()).AtLeast(nsutil.Version{Major: 6, Minor: 15})
}

// mayForce says whether the suite may surely force an unmount.
func mayForce() bool { return !Nested() || ownersMayForce() }

// holding returns a child of s with these capabilities and no others.
func holding(s *harness.Subject, caps ...int) *harness.Subject {
	child := Get(s.Fork())
	var set uint64
	for _, c := range caps {
		set |= 1 << c
	}
	Arrange(child.Capset(harness.Capabilities{Effective: set, Permitted: set}))
	return child
}

// lacking returns a child of s without the capabilities.
func lacking(s *harness.Subject, caps ...int) *harness.Subject {
	child := Get(s.Fork())
	Arrange(child.DropCapabilities(caps...))
	return child
}

var _ = Specs("Permission", Label("mount"), func() {
	for _, row := range []struct {
		name       string
		operations func() []operation
		proves     Labels
	}{
		{"mount", mountings, Proves("mount-without-cap-in-owner-eperm")},
		{"umount", unmountings, Proves("mount-umount-without-cap-in-owner-eperm")},
	} {
		name, operations, proves := row.name, row.operations, row.proves

		It("to "+name+" is with CAP_SYS_ADMIN, and no other capability", proves, func() {
			s, dir := mounts.Stage(harness.Named("root"))
			yard(s, dir)
			suspended := Get(s.Fork())
			Arrange(suspended.Capset(harness.Capabilities{Permitted: 1 << unix.CAP_SYS_ADMIN}))
			expectMay(false, lacking(s, unix.CAP_SYS_ADMIN), dir, operations())
			expectMay(false, suspended, dir, operations())
			expectMay(true, holding(s, unix.CAP_SYS_ADMIN), dir, operations())
			expectMay(true, s, dir, operations())
		})

		It("to "+name+" is with CAP_SYS_ADMIN in the owner of the mount namespace, or above, not below or beside", proves, func() {
			owner := Spawn(harness.Cloned(nsutil.User, nsutil.Mnt), harness.Mapped(onlyRoot), harness.Named("owner"))
			Arrange(owner.MakePrivate())
			dir := T().TempDir()
			mounts.Tmpfs(owner, dir)
			yard(owner, dir)
			above, beside := Spawn(harness.Joined(owner, nsutil.Mnt), harness.Named("above")), Spawn(harness.Joined(owner, nsutil.Mnt), harness.Named("beside"))
			Arrange(beside.Unshare(unix.CLONE_NEWUSER))
			Arrange(beside.MapIDs(onlyRoot, onlyRoot))
			below := Get(owner.Clone(unix.CLONE_NEWUSER))
			unmapped := Get(owner.Fork())
			Arrange(unmapped.Unshare(unix.CLONE_NEWUSER))
			Arrange(owner.WriteFile(procFile(below, "uid_map"), onlyRoot, 0))
			Arrange(owner.WriteFile(procFile(below, "gid_map"), onlyRoot, 0))
			for _, s := range []*harness.Subject{below, unmapped, beside} {
				Expect(Get(s.Capget()).Effective&(1<<unix.CAP_SYS_ADMIN)).NotTo(BeZero(), "%s has it in its own", s.Name())
				expectMay(false, s, dir, operations())
			}
			expectMay(true, owner, dir, operations())
			expectMay(true, above, dir, operations())
			expectMay(false, lacking(owner, unix.CAP_SYS_ADMIN), dir, operations())

			Expect(below.Unshare(unix.CLONE_NEWNS)).To(Succeed())
			Expect(below.Mount("none", dir+"/b", "tmpfs", 0, "")).To(Succeed(), "in one of its own")
			Expect(below.Umount(dir+"/b", 0)).To(Succeed())
		})
	}

	It("to force an unmount is with CAP_SYS_ADMIN in the owner of the file system, too", Proves("mount-umount-force-needs-cap-in-file-systems-owner-eperm"), func() {
		forced := []operation{
			{"force", unmounting("/a", unix.MNT_FORCE), nil}, {"force and detach", unmounting("/a", unix.MNT_FORCE|unix.MNT_DETACH), nil},
		}
		s, dir := mounts.Stage(harness.Named("root"))
		yard(s, dir)
		expectMay(false, lacking(s, unix.CAP_SYS_ADMIN), dir, forced)
		administrator := holding(s, unix.CAP_SYS_ADMIN)
		for _, operation := range forced {
			if mayForce() {
				Expect(operation.do(administrator, dir)).To(Succeed(), operation.what)
				mounts.Tmpfs(s, dir+"/a")
			}
		}
		for _, way := range harness.Ways() {
			owner := copied(s, way, owners()[len(owners())-1]...)
			Arrange(owner.Bind(dir+"/a", dir+"/a"))
			expectMay(false, owner, dir, forced)
			Expect(owner.Umount(dir+"/a", 0)).To(Succeed(), "without force")
			mounts.Tmpfs(owner, dir+"/a")
			if ownersMayForce() {
				Expect(owner.Umount(dir+"/a", unix.MNT_FORCE)).To(Succeed(), "a file system of its own")
			}
		}
	})
})
