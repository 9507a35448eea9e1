package mount

import (
	"fmt"
	"path"
	"slices"
	"strconv"

	"github.com/moby/sys/mountinfo"
	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

var _ = Specs("A line of mountinfo", Label("mount"), func() {
	It("is left out when the mount is not below the process's root", Proves("mount-info-omits-outside-root"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/jail", "jail")
		Arrange(s.Mkdir(dir + "/jail/dir"))
		place(s, dir+"/jail/dir/in", "in")
		place(s, dir+"/jail-beside", "beside")
		place(s, dir+"/jail/out", "out")
		whole := table(s)
		for root, expect := range map[string][]string{"/jail": {"/", "/dir/in", "/out"}, "/jail/dir": {"/in"}, "/jail/out": {"/"}, "/jail/dir/in": {"/"}} {
			jailed := fork(s, func(child *harness.Subject) { Arrange(child.Chroot(dir + root)) })
			all := Get(mounts.Table(jailed))
			var points []string
			lines := map[int]bool{}
			for _, m := range all {
				points = append(points, m.Mountpoint)
				lines[m.ID] = true
			}
			Expect(points).To(ConsistOf(expect), "with the root %s", root)
			top := all[slices.IndexFunc(all, func(m *mountinfo.Info) bool { return m.Mountpoint == expect[0] })]
			Expect(lines).NotTo(HaveKey(top.Parent), "with the root %s", root)
			Expect(whole).To(ContainSubstring(fmt.Sprintf("\n%d %d ", top.ID, top.Parent)), "the parent is the same for all")
		}
	})

	It("has the mount point as seen from the process's root, whoever reads it", Proves("mount-info-mount-point-relative-to-root"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/jail", "jail")
		Arrange(s.Mkdir(dir + "/jail/proc"))
		Arrange(s.Bind("/proc", dir+"/jail/proc"))
		place(s, dir+"/jail/a", "a")
		place(s, dir+"/jail/a/b", "b")
		jailed := fork(s, func(child *harness.Subject) { Arrange(child.Chroot(dir + "/jail")); Arrange(child.Chdir("/")) })
		own, err := jailed.ReadFile("/proc/self/mountinfo")
		Expect(err).NotTo(HaveOccurred())
		Expect(own).To(Equal(table(jailed)), "as it reads it itself, and as the suite does")
		for _, m := range Get(mounts.Table(jailed)) {
			Expect(strconv.Itoa(m.ID)).To(Equal(mountID(jailed, m.Mountpoint)), "what %s leads it to", m.Mountpoint)
			outside := Get(mounts.At(s, path.Join(dir+"/jail", m.Mountpoint)))
			Expect(outside.ID).To(Equal(m.ID), "it is the same at %s for who has another root", outside.Mountpoint)
		}
		Expect(mounts.Below(jailed, "")).To(ConsistOf("", "proc", "a", "a/b"))
		Expect(jailed.ReadFile(procFile(s, "mountinfo"))).To(ContainSubstring(" "+dir+"/jail/a "), "that of another one is as seen from that one's root")
	})

	It("has the directory of the file system that is the mount's root", Proves("mount-info-root-field"), func() {
		s, dir := mounts.Stage()
		place(s, dir+"/fs", "file")
		Arrange(s.Mkdir(dir + "/fs/a"))
		Arrange(s.Mkdir(dir + "/fs/a/b c"))
		touch(s, dir+"/fs/a/b c/file")
		Arrange(s.Mkdir(dir + "/to"))
		touch(s, dir+"/to-file")
		for source, expect := range map[string]string{"": "/", "/a": "/a", "/a/b c": `/a/b\040c`} {
			Arrange(s.Bind(dir+"/fs"+source, dir+"/to"))
			Expect(fieldsAt(s, dir+"/to")[3]).To(Equal(expect))
			Expect(fieldsAt(s, dir+"/to")[2]).To(Equal(fieldsAt(s, dir+"/fs")[2]))
			if source == "/a" {
				Arrange(s.Bind(dir+"/to/b c", dir+"/to/b c"))
				Expect(fieldsAt(s, dir+"/to/b c")[3]).To(Equal(`/a/b\040c`), "of a part of a part")
				Arrange(s.Umount(dir+"/to/b c", 0))
			}
			Arrange(s.Umount(dir+"/to", 0))
		}
		for source, expect := range map[string]string{"/file": "/file", "/a/b c/file": `/a/b\040c/file`} {
			Arrange(s.Bind(dir+"/fs"+source, dir+"/to-file"))
			Expect(fieldsAt(s, dir+"/to-file")[3]).To(Equal(expect))
			Arrange(s.Umount(dir+"/to-file", 0))
		}
		Arrange(s.Bind(dir+"/fs/a", dir+"/to"))
		Arrange(s.Rename(dir+"/fs/a", dir+"/fs/renamed"))
		Expect(fieldsAt(s, dir+"/to")[3]).To(Equal("/renamed"), "as it is called now")
	})

	It("about the file of a namespace has that for the root, and nsfs for the type", Proves("mount-info-bound-ns-file"), func() {
		s, file := generations()
		oldest, youngest := s[0], s[2]
		for _, kind := range kinds.Built() {
			source := procFile(youngest, "ns/"+string(kind))
			Arrange(oldest.Bind(source, file))
			fields := fieldsAt(oldest, file)
			Expect(fields[3]).To(Equal(Get(oldest.Readlink(source))), "the root")
			Expect(fields[3]).To(Equal(fmt.Sprintf("%s:[%d]", kind, Get(oldest.Stat(file)).Ino)), "the root")
			Expect(fields[6:8]).To(Equal([]string{"-", "nsfs"}))
			Expect(fields[2]).To(Equal(device(oldest, file)))
			Arrange(oldest.Umount(file, 0))
		}
		Arrange(oldest.Bind(procFile(youngest, "ns/uts"), file))
		id := Get(youngest.NS(nsutil.UTS))
		Expect(fieldsAt(mounts.Beside(oldest), file)[3]).To(Equal(fmt.Sprintf("uts:[%d]", id.Ino)), "in a copy of the namespace")
	})

	It("has the mount's own options before those of the super block, which all mounts of it share", Proves("mount-info-mount-and-superblock-options"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/one"))
		Arrange(s.Mkdir(dir + "/two"))
		Arrange(s.Mount("none", dir+"/one", "tmpfs", 0, "size=64k"))
		Arrange(s.Bind(dir+"/one", dir+"/two"))
		for _, row := range []struct {
			flags int
			own   string
		}{
			{0, "rw,relatime"}, {unix.MS_RDONLY, "ro,relatime"}, {unix.MS_NOSUID, "rw,nosuid,relatime"}, {unix.MS_NODEV, "rw,nodev,relatime"},
			{unix.MS_NOEXEC, "rw,noexec,relatime"}, {unix.MS_NOATIME, "rw,noatime"}, {unix.MS_NODIRATIME, "rw,nodiratime,relatime"},
			{unix.MS_STRICTATIME, "rw"}, {unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME, "ro,nosuid,nodev,noexec,noatime"},
		} {
			Arrange(remount(s, dir+"/two", unix.MS_BIND|row.flags))
			one, two := fieldsAt(s, dir+"/one"), fieldsAt(s, dir+"/two")
			Expect([]string{one[5], two[5]}).To(Equal([]string{"rw,relatime", row.own}), "those of the mounts, with %#x", row.flags)
			Expect(two[9]).To(And(Equal(one[9]), HavePrefix("rw,"), ContainSubstring("size=64k")), "those of the super block")
		}
		for _, row := range []struct {
			flags int
			own   string
			super string
		}{
			{unix.MS_RDONLY, "ro,relatime", "ro"}, {unix.MS_SYNCHRONOUS, "rw,relatime", "rw,sync"},
			{unix.MS_LAZYTIME, "rw,relatime", "rw,lazytime"}, {0, "rw,relatime", "rw"},
		} {
			Arrange(s.Mount("none", dir+"/two", "", unix.MS_REMOUNT|unix.MS_RELATIME|row.flags, "size=128k"))
			one, two := fieldsAt(s, dir+"/one"), fieldsAt(s, dir+"/two")
			Expect([]string{one[5], two[5]}).To(Equal([]string{"rw,relatime", row.own}), "those of the mounts, with %#x", row.flags)
			Expect(two[9]).To(And(Equal(one[9]), HavePrefix(row.super+","), ContainSubstring("size=128k")), "those of the super block")
		}
	})
})
