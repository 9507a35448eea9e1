package mount

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

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

// fieldsAt returns the fields of the line that the subject's mountinfo has about a
// point, which has one mount.
func fieldsAt(s *harness.Subject, point string) []string {
	GinkgoHelper()
	var found []string
	for line := range strings.Lines(table(s)) {
		if fields := strings.Fields(line); fields[4] == escaped(point) {
			Expect(found).To(BeNil(), "a second line about %s", point)
			found = strings.Split(strings.TrimSuffix(line, "\n"), " ")
		}
	}
	Expect(found).NotTo(BeNil(), "a line about %s", point)
	return found
}

// mountID returns the id that /proc/self/fdinfo tells of the mount that a path
// leads to.
func mountID(s *harness.Subject, path string) string {
	GinkgoHelper()
	fd := Get(s.Open(path, unix.O_PATH|unix.O_CLOEXEC))
	defer s.Close(fd)
	for line := range strings.Lines(Get(s.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd)))) {
		if id, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strings.TrimSpace(id)
		}
	}
	Fail("fdinfo has no mnt_id")
	return ""
}

// device returns a device's numbers as mountinfo has them.
func device(s *harness.Subject, path string) string {
	GinkgoHelper()
	dev := Get(s.Stat(path)).Dev
	return fmt.Sprintf("%d:%d", unix.Major(dev), unix.Minor(dev))
}

var _ = Specs("A line of mountinfo", Label("mount"), func() {
	It("has all fields in their order", Proves("mount-info-line-format"), func() {
		s, dir := mounts.Stage()
		below := fieldsAt(s, dir)
		for _, name := range []string{"plain", "with space", "with\ttab", "with\nnewline", `with\backslash`, `\040`, "with#hash", "ünï"} {
			point := dir + "/" + name
			Arrange(s.Mkdir(point))
			source := "of " + strings.ReplaceAll(name, "#", "") // which newer kernels have as an octal number there, too
			Arrange(s.Mount(source, point, "tmpfs", unix.MS_NOSUID|unix.MS_RDONLY, "size=64k"))
			fields := fieldsAt(s, point)
			Expect(fields).To(HaveLen(10), "%q", fields)
			Expect(fields[0]).To(Equal(mountID(s, point)), "the id")
			Expect(fields[1]).To(Equal(mountID(s, dir)), "the parent's id")
			Expect(fields[1]).To(Equal(below[0]), "the parent's id")
			Expect(fields[2]).To(Equal(device(s, point)), "the device")
			Expect(fields[3]).To(Equal("/"), "the root")
			Expect(fields[4]).To(Equal(escaped(point)), "the mount point")
			Expect(fields[5]).To(Equal("ro,nosuid,relatime"), "the options")
			Expect(fields[6:9]).To(Equal([]string{"-", "tmpfs", escaped(source)}), "no optional fields, the hyphen, type and source")
			Expect(strings.Split(fields[9], ",")).To(And(ContainElement("ro"), ContainElement("size=64k")), "the super block's options")
		}
	})

	It("has it for every mount, and nothing else", Proves("mount-info-line-format", "mount-info-optional-fields-end-with-hyphen"), func() {
		s, dir := mounts.Stage()
		furnish(s, dir)
		Arrange(s.Mount("none", dir+"/a", "", unix.MS_SHARED|unix.MS_REC, ""))
		text := table(s)
		Expect(text).To(HaveSuffix("\n"))
		for line := range strings.Lines(text) {
			Expect(line).To(MatchRegexp(`^\d+ \d+ \d+:\d+ \S+ /\S* (ro|rw)(,[a-z]+)*( (shared|master|propagate_from):[1-9]\d*| unbindable)* - \S+ \S* (ro|rw)(,\S+)*\n$`))
		}
		Expect(strings.Count(text, " "+dir+"/")).To(Equal(len(Get(mounts.Below(s, dir)))))
	})

	It("has no, one or more optional fields, and a hyphen after them", Proves("mount-info-optional-fields-end-with-hyphen"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/-"))
		Arrange(s.Mount("-", dir+"/-", "tmpfs", 0, ""))
		expect := func(s *harness.Subject, tags ...string) {
			GinkgoHelper()
			fields := fieldsAt(s, dir+"/-")
			Expect(fields).To(HaveLen(10+len(tags)), "%q", fields)
			for i, tag := range tags {
				Expect(fields[6+i]).To(MatchRegexp(tag))
			}
			Expect(fields[6+len(tags) : 9+len(tags)]).To(Equal([]string{"-", "tmpfs", "-"}))
			Expect(mounts.At(s, dir+"/-")).To(And(HaveField("FSType", "tmpfs"), HaveField("Source", "-")))
		}
		change := func(s *harness.Subject, flags int) { Arrange(s.Mount("none", dir+"/-", "", flags, "")) }
		expect(s)
		change(s, unix.MS_UNBINDABLE)
		expect(s, `^unbindable$`)
		change(s, unix.MS_SHARED)
		expect(s, `^shared:[1-9]\d*$`)
		slave := mounts.Beside(s)
		change(slave, unix.MS_SLAVE)
		expect(slave, `^master:[1-9]\d*$`)
		change(slave, unix.MS_SHARED)
		expect(slave, `^shared:[1-9]\d*$`, `^master:[1-9]\d*$`)
		change(slave, unix.MS_PRIVATE)
		expect(slave)
	})

	It("has an id that no other mount has at the time, in any namespace", Proves("mount-info-id-unique-at-a-time"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/on"))
		all := []*harness.Subject{s, mounts.Beside(s), mounts.Beside(s), Spawn(harness.Named("outside"))}
		seen := map[int]string{}
		for _, seer := range all {
			for _, m := range Get(mounts.Table(seer)) {
				Expect(seen).NotTo(HaveKey(m.ID), "of %s as %s sees it", m.Mountpoint, seer.Name())
				seen[m.ID] = m.Mountpoint
			}
		}
		var used []int
		reused := false
		for range 3 {
			before := ids(s)
			cover(s, dir+"/on", "file")
			id := Get(mounts.At(s, dir+"/on")).ID
			Expect(seen).NotTo(HaveKey(id))
			reused = reused || slices.Contains(used, id)
			used = append(used, id)
			Arrange(s.Mount("none", dir+"/on", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
			Expect(Get(mounts.At(s, dir+"/on")).ID).To(Equal(id), "it stays the same")
			Expect(ids(s)).To(ConsistOf(append(before, id)))
			Arrange(s.Umount(dir+"/on", 0))
		}
		Note("mount ids are reused at once: %t", reused)
	})

	It("about what is on top of another mount has that as parent", Proves("mount-info-parent-of-stacked"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/on"))
		parent := mountID(s, dir)
		for range 3 {
			mounts.Tmpfs(s, dir+"/on")
			id := mountID(s, dir+"/on")
			m := Get(mounts.At(s, dir+"/on"))
			Expect(strconv.Itoa(m.ID)).To(Equal(id), "the topmost is what a path leads to")
			Expect(strconv.Itoa(m.Parent)).To(Equal(parent))
			parent = id
		}
		place(s, dir+"/on/below", "below")
		Expect(strconv.Itoa(Get(mounts.At(s, dir+"/on/below")).Parent)).To(Equal(parent), "what is below has the topmost")
	})

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
